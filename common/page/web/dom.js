// Elements: h("a", {href: "#x", class: "n", onclick: f}, "text", child, [more]).
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on"))
      element.addEventListener(name.slice(2), value);
    else if (name === "style")
      element.style.cssText = value;
    else
      element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}
const designLink = (i, attributes = {}) => h("a", {href: `#${designs().name[i]}`, ...attributes}, designLabel(i));

// A block in one line, with places where it may break.
const blockText = (i) => designs().block[i].split(/(?<=[(=,])/).flatMap((part, k) => (k ? [h("wbr"), part] : [part]));

// A table: columns are {head, cell(row), number, row}: `number` aligns right, `row` heads its row.
function table(caption, columns, rows, attributes = {}) {
  const cell = (column, row) => {
    const value = column.cell(row);
    const classes = [column.number ? "n" : "", column.class || ""].join(" ").trim() || null;
    return column.row ? h("th", {scope: "row", class: classes}, value) : h("td", {class: classes}, value);
  };
  const heads = columns.map(
      (c) =>
          h("th", {scope: "col", class: c.number ? "n" : null, "aria-sort": c.sorted || null, title: c.title || null},
            c.head));
  // The name stands beside the table, not in it: there it would scroll away on a phone.
  return [
    h("p", {class: "caption"}, caption),
    h("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
      h("table", {"aria-label": caption, ...attributes}, h("thead", {}, h("tr", {}, heads)),
        h("tbody", {}, rows.map((row) => h("tr", {}, columns.map((column) => cell(column, row))))))),
  ];
}
const asTable = (caption, columns, rows) =>
    h("details", {}, h("summary", {}, "As a table"), table(caption, columns, rows));

// A drop-down with its label: choices are [value, text].
function choice(label, choices, value, change) {
  const select =
      h("select", {onchange: () => change(select.value)},
        choices.map(([v, text]) => h("option", {value: v, selected: v === value}, text)));
  return h("label", {}, label, select);
}
function fact(name, value, note) {
  return h(
      "div", {class: "card"},
      h("dl", {class: "fact"}, h("dt", {}, name),
        h("dd", {}, value, note ? h("span", {class: "note", style: "font-weight:400"}, note) : null)));
}
const tip = {
  show(text, x, y) {
    const box = document.getElementById("tip");
    box.textContent = text;
    box.hidden = false;
    const {width, height} = box.getBoundingClientRect();
    box.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 8))}px`;
    box.style.top = `${y + height + 24 > innerHeight ? y - height - 12 : y + 16}px`;
  },
  hide() {
    document.getElementById("tip").hidden = true;
  },
};
const inkOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

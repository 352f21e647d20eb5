// What a design changed of its parent: slot by slot, and line by line where a unit was rewritten.
const kContext = 3, kMostLines = 3000;

// Lines of a to lines of b by their longest common subsequence: [" ", line], ["-", line], ["+", line].
function lineDifference(a, b) {
  let start = 0, endA = a.length, endB = b.length;
  while (start < endA && start < endB && a[start] === b[start]) ++start;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    --endA;
    --endB;
  }
  const x = a.slice(start, endA), y = b.slice(start, endB);
  const length = Array.from({length: x.length + 1}, () => new Uint16Array(y.length + 1));
  for (let i = x.length - 1; i >= 0; --i) {
    for (let j = y.length - 1; j >= 0; --j)
      length[i][j] = x[i] === y[j] ? length[i + 1][j + 1] + 1 : Math.max(length[i + 1][j], length[i][j + 1]);
  }
  const out = a.slice(0, start).map((line) => [" ", line]);
  let i = 0, j = 0;
  while (i < x.length || j < y.length) {
    if (i < x.length && j < y.length && x[i] === y[j]) {
      out.push([" ", x[i]]);
      ++i;
      ++j;
    } else if (i < x.length && (j === y.length || length[i + 1][j] >= length[i][j + 1]))
      out.push(["-", x[i++]]);
    else
      out.push(["+", y[j++]]);
  }
  return out.concat(a.slice(endA).map((line) => [" ", line]));
}

// The changed lines with some around them; runs of unchanged ones become one line that says how many.
function shortDifference(lines) {
  const near = new Set();
  lines.forEach(([kind], i) => {
    if (kind !== " ")
      for (let k = i - kContext; k <= i + kContext; ++k) near.add(k);
  });
  const out = [];
  let skipped = 0;
  const close = () => {
    if (skipped) out.push(["…", plural(skipped, "line") + " unchanged"]);
    skipped = 0;
  };
  lines.forEach((line, i) => {
    if (near.has(i)) {
      close();
      out.push(line);
    } else
      ++skipped;
  });
  close();
  return out;
}

const differenceText = (lines, label) =>
    h("pre", {tabindex: "0", role: "region", "aria-label": label},
      lines.map(
          ([kind, line]) =>
              h("span",
                {class: kind === "+" ? "add" :
                     kind === "-"    ? "cut" :
                     kind === "…"    ? "same" :
                                       null},
                `${kind} ${line}\n`)));

// Every filled slot of a tree: path to {unit, arguments}.
function slotsOf(tree, path = "", out = new Map()) {
  if (!tree) return out;
  out.set(path, {unit: tree.unit, arguments: tree.arguments || {}});
  for (const [name, filler] of Object.entries(tree.slots || {})) slotsOf(filler, path ? `${path}.${name}` : name, out);
  return out;
}
const slotName = (path) => path || "the block";
function argumentText(before, after) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
      (n) => JSON.stringify(before[n]) !== JSON.stringify(after[n]));
  const text = (value) => (value === undefined ? "its default" : JSON.stringify(value));
  return names.map((n) => `${n}: ${text(before[n])} → ${text(after[n])}`).join(", ");
}

function renderDifference(parent, page, other) {
  const before = slotsOf(other.tree), after = slotsOf(page.tree);
  let changes = 0;
  const say = (...content) => {
    ++changes;
    parent.append(...content);
  };
  for (const path of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const a = before.get(path), b = after.get(path);
    if (!a)
      say(h("p", {}, h("code", {}, slotName(path)), ` is new: ${unitPage(b.unit).class}`));
    else if (!b)
      say(h("p", {}, h("code", {}, slotName(path)), ` is gone: it was ${unitPage(a.unit).class}`));
    else if (a.unit !== b.unit) {
      const [from, to] = [unitPage(a.unit), unitPage(b.unit)];
      say(
          h("p", {}, h("code", {}, slotName(path)),
            from.class === to.class ? `: ${to.class} was rewritten` : `: ${from.class} became ${to.class}`));
      const [x, y] = [from.source.split("\n"), to.source.split("\n")];
      if (x.length + y.length < kMostLines) {
        parent.append(
            h("details", {open: from.class === to.class || null}, h("summary", {}, "Line by line"),
              differenceText(shortDifference(lineDifference(x, y)), `difference at ${slotName(path)}`)));
      }
    }
    const words = a && b ? argumentText(a.arguments, b.arguments) : "";
    if (words) say(h("p", {}, h("code", {}, slotName(path)), ` has other arguments: ${words}`));
  }
  if (!changes) parent.append(h("p", {class: "soft"}, "The trees are the same."));
}

// The family tree on a canvas: ten thousand designs in a frame of a few milliseconds. Laid out by D3 into the view,
// then zoomed by position only, so that dots keep their size and part as one comes nearer.
const family = {
  layout: null,
  selected: null,
  order: "all"
};
const kRadialAbove = 120;

// Nodes with places in [0, 1]²: {i, x, y, parent}. The root that joins the seeds is not drawn.
function familyLayout(radial) {
  const {name, parents} = designs();
  const root = d3.stratify().id((d) => d.id).parentId((d) => d.parent)([
    {id: "root"}
  ].concat(name.map((_, i) => ({id: String(i), parent: parents[i].length ? String(parents[i][0]) : "root"}))));
  // Siblings from best to worst: the eye finds a family's head.
  const {difference} = designs();
  root.sort((a, b) => d3.descending(difference[a.id] ?? -99, difference[b.id] ?? -99) || a.id - b.id);
  const generations = Math.max(1, ...name.map((_, i) => generationOf(i)));
  d3.tree().size([1, 1]).separation(() => 1)(root);
  return root.descendants().slice(1).map((node) => {
    const i = Number(node.id), depth = generationOf(i) / generations;
    const angle = 2 * Math.PI * node.x, radius = 0.06 + 0.44 * depth;
    return {
      i,
      depth,
      parent: node.parent.id === "root" ? null : Number(node.parent.id),
      x: radial ? 0.5 + radius * Math.cos(angle) : 0.04 + 0.86 * depth,
      y: radial ? 0.5 + radius * Math.sin(angle) : 0.04 + 0.92 * node.x
    };
  });
}
const fateText = (i) => {
  const {fate, rung, reason} = designs();
  if (rung[i] >= 0) return `reached ${all().ladder.rungs[rung[i]].name}`;
  return fate[i] === "passed" ? "passed the gate, not trained" : `${fate[i]}${reason[i] ? ": " + reason[i] : ""}`;
};
const colorName = (i) => {
  const {rung, fate} = designs();
  if (rung[i] >= 0) return `--r${Math.min(rung[i], 5)}`;
  return fate[i] === "refused" ? "--r-refused" : "--r-open";
};
function familyRadius() {
  const known = designs().difference.filter(isNumber).sort(d3.ascending);
  const scale = d3.scaleLinear()
                    .domain([d3.quantile(known, 0.05) ?? 0, d3.quantile(known, 0.98) ?? 1])
                    .range([3, 8.5])
                    .clamp(true);
  return (i) => (isNumber(designs().difference[i]) ? scale(designs().difference[i]) : 2.4);
}

class FamilyView {
  constructor(parent, radial, announce) {
    this.announce = announce;
    this.nodes = familyLayout(radial);
    this.of = new Map(this.nodes.map((node) => [node.i, node]));
    this.children = d3.group ? d3.group(this.nodes, (n) => n.parent) :
                               new Map(d3.nest()
                                           .key((n) => n.parent)
                                           .entries(this.nodes)
                                           .map((e) => [e.key === "null" ? null : Number(e.key), e.values]));
    this.canvas = h("canvas", {
      tabindex: "0",
      role: "application",
      "aria-label":
          "Family tree. Arrow keys go to parent, child and siblings; Enter opens the design; plus and minus zoom."
    });
    parent.append(this.canvas);
    this.width = Math.max(260, contentWidth(parent));
    this.height = this.width < 620 ? Math.max(380, this.width) : 620;
    const place = (n) => [n.x * this.width, n.y * this.height];
    const radius = familyRadius();
    for (const node of this.nodes) {
      [node.px, node.py] = place(node);
      node.r = radius(node.i);
    }
    this.radial = radial;
    this.crowd =
        Math.sqrt((this.width * this.height) / this.nodes.length);  // pixels to a design, were they spread evenly
    this.tree = d3.quadtree(this.nodes, (n) => n.px, (n) => n.py);
    const ratio = Math.min(2, devicePixelRatio || 1);
    this.canvas.width = this.width * ratio;
    this.canvas.height = this.height * ratio;
    this.canvas.style.height = `${this.height}px`;
    this.context = this.canvas.getContext("2d");
    this.context.scale(ratio, ratio);
    this.zoom = d3.zoom().scaleExtent([0.8, 600]).on("zoom", () => this.later());
    d3.select(this.canvas).call(this.zoom).on("dblclick.zoom", null);
    this.listen();
    this.draw();
  }
  later() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }
  listen() {
    this.canvas.addEventListener("pointermove", (event) => {
      const node = this.nearest(event);
      this.canvas.style.cursor = node ? "pointer" : "grab";
      if (node)
        tip.show(this.describe(node), event.clientX, event.clientY);
      else
        tip.hide();
    });
    this.canvas.addEventListener("pointerleave", tip.hide);
    this.canvas.addEventListener("click", (event) => {
      const node = this.nearest(event);
      if (node) this.select(node);
    });
    this.canvas.addEventListener("dblclick", (event) => {
      const node = this.nearest(event);
      if (node) location.hash = designs().name[node.i];
    });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }
  nearest(event) {
    const box = this.canvas.getBoundingClientRect(), t = d3.zoomTransform(this.canvas);
    const [x, y] = t.invert([event.clientX - box.left, event.clientY - box.top]);
    return this.tree.find(x, y, 12 / t.k);
  }
  describe(node) {
    const d = designs();
    return `${designLabel(node.i)}${d.operation[node.i] ? `, ${d.operation[node.i]}` : ""}\n${fateText(node.i)}` +
        (isNumber(d.difference[node.i]) ? `\n${signed(d.difference[node.i])} bits/byte better than the baseline` : "");
  }
  key(event) {
    const node = this.of.get(family.selected) || this.nodes[0];
    const siblings = this.children.get(node.parent) || [node], at = siblings.indexOf(node);
    const next = {
      ArrowLeft: this.of.get(node.parent),
      ArrowRight: (this.children.get(node.i) || [])[0],
      ArrowUp: siblings[(at + siblings.length - 1) % siblings.length],
      ArrowDown: siblings[(at + 1) % siblings.length]
    };
    if (event.key in next) {
      if (next[event.key]) this.select(next[event.key], true);
    } else if (event.key === "Enter")
      location.hash = designs().name[node.i];
    else if (event.key === "+" || event.key === "=")
      this.zoomBy(1.6);
    else if (event.key === "-")
      this.zoomBy(1 / 1.6);
    else
      return;
    event.preventDefault();
  }
  zoomBy(factor) {
    this.zoom.scaleBy(d3.select(this.canvas), factor);
  }
  reset() {
    this.zoom.transform(d3.select(this.canvas), d3.zoomIdentity);
  }
  select(node, centre = false) {
    family.selected = node.i;
    if (centre) {
      const [x, y] = d3.zoomTransform(this.canvas).apply([node.px, node.py]);
      if (x < 20 || y < 20 || x > this.width - 20 || y > this.height - 20)
        this.zoom.translateTo(d3.select(this.canvas), node.px, node.py);
    }
    this.announce(node.i);
    this.later();
  }
  // The selected design, its ancestors by all parents, its descendants.
  relatives() {
    const out = new Set();
    if (family.selected === null || !this.of.has(family.selected)) return out;
    const up = [family.selected];
    while (up.length) {
      const i = up.pop();
      if (!out.has(i)) {
        out.add(i);
        up.push(...designs().parents[i]);
      }
    }
    const down = [family.selected], seen = new Set();
    while (down.length) {
      const i = down.pop();
      if (!seen.has(i)) {
        seen.add(i);
        out.add(i);
        down.push(...(this.children.get(i) || []).map((n) => n.i));
      }
    }
    return out;
  }
  draw() {
    const began = performance.now(), {context: c, width, height} = this, t = d3.zoomTransform(this.canvas);
    const kin = this.relatives(),
          share = Math.min(1, (this.crowd * t.k ** 0.7) / 22);  // dots shrink where they would cover
    c.clearRect(0, 0, width, height);
    for (const node of this.nodes) {
      node.sx = t.applyX(node.px), node.sy = t.applyY(node.py);
      node.seen = Math.max(1.2, node.r * share);
    }
    const inside = (n, pad) => n.sx > -pad && n.sy > -pad && n.sx < width + pad && n.sy < height + pad;
    this.links(c, kin, inside);
    const groups = new Map();
    for (const node of this.nodes) {
      if (!inside(node, 12)) continue;
      const name = colorName(node.i);
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(node);
    }
    // The higher rung lies on top.
    const order = ["--r-refused", "--r-open", ...d3.range(6).map((r) => `--r${r}`)].filter((name) => groups.has(name));
    for (const name of order) {
      c.fillStyle = inkOf(name);
      c.beginPath();
      for (const n of groups.get(name)) {
        if (n.seen < 2) {
          c.rect(n.sx - n.seen, n.sy - n.seen, 2 * n.seen, 2 * n.seen);
        } else {
          c.moveTo(n.sx + n.seen, n.sy);
          c.arc(n.sx, n.sy, n.seen, 0, 2 * Math.PI);
        }
      }
      c.fill();
    }
    this.labels(c, inside, kin);
    window.familyDrawn = {milliseconds: performance.now() - began, nodes: this.nodes.length, k: t.k};
  }
  links(c, kin, inside) {
    const straight = this.nodes.length > 2000 && d3.zoomTransform(this.canvas).k < 4;  // a curve costs thrice a line
    const path = (child, parent) => {
      if (this.radial || straight) {
        c.moveTo(parent.sx, parent.sy);
        c.lineTo(child.sx, child.sy);
        return;
      }
      const middle = (parent.sx + child.sx) / 2;
      c.moveTo(parent.sx, parent.sy);
      c.bezierCurveTo(middle, parent.sy, middle, child.sy, child.sx, child.sy);
    };
    c.lineWidth = 1;
    c.strokeStyle = inkOf("--line");
    c.beginPath();
    for (const node of this.nodes) {
      const parent = this.of.get(node.parent);
      if (parent && (inside(node, 0) || inside(parent, 0))) path(node, parent);
    }
    c.stroke();
    if (!kin.size) return;
    c.lineWidth = 1.8;
    c.strokeStyle = inkOf("--accent");
    c.beginPath();
    for (const i of kin)
      for (const p of designs().parents[i])
        if (kin.has(p)) path(this.of.get(i), this.of.get(p));
    c.stroke();
  }
  labels(c, inside, kin) {
    const seen = this.nodes.filter((n) => inside(n, 0));
    const taken = [], most = 160;
    const wanted = seen.length <= 1500 ? seen.slice().sort((a, b) => kin.has(b.i) - kin.has(a.i) || b.r - a.r) :
                                         seen.filter((n) => kin.has(n.i) || n.r > 7.5);
    c.font = "12px system-ui, sans-serif";
    c.fillStyle = inkOf("--ink");
    c.textBaseline = "middle";
    c.strokeStyle = inkOf("--card");
    c.lineWidth = 4;
    c.lineJoin = "round";  // a halo, so that a link does not strike a name through
    for (const n of wanted.slice(0, 600)) {
      if (taken.length >= most) break;
      const onRight = n.sx + n.seen + 66 < this.width;
      const x = onRight ? n.sx + n.seen + 4 : n.sx - n.seen - 64, y = n.sy;
      if (taken.some(([a, b]) => Math.abs(a - x) < 66 && Math.abs(b - y) < 14)) continue;
      taken.push([x, y]);
      c.strokeText(designLabel(n.i), x, y);
      c.fillText(designLabel(n.i), x, y);
    }
    const selected = this.of.get(family.selected);
    if (!selected) return;
    c.strokeStyle = inkOf("--ink");
    c.lineWidth = 2;
    c.beginPath();
    c.arc(selected.sx, selected.sy, selected.seen + 3, 0, 2 * Math.PI);
    c.stroke();
  }
}

function renderFamily(parent) {
  const n = designCount();
  if (!n) return void parent.append(h("p", {class: "soft"}, "No design yet."));
  if (family.layout === null) family.layout = n > kRadialAbove ? "radial" : "rows";
  const place = h("div", {class: "card"}), panel = h("div", {class: "card", "aria-live": "polite"});
  let view = null;
  const announce = (i) => {
    const d = designs();
    panel.replaceChildren(
        h("strong", {}, designLink(i)), ` ${d.operation[i]}${d.parents[i].length ? " of " : ""}`,
        d.parents[i].flatMap((p, k) => [k ? ", " : "", designLink(p)]), `: ${fateText(i)}. `,
        isNumber(d.difference[i]) ? `${signed(d.difference[i])} bits/byte better than the baseline. ` : "",
        h("span", {class: "soft"}, blockText(i)));
  };
  const build = () => {
    place.replaceChildren();
    view = new FamilyView(place, family.layout === "radial", announce);
  };
  parent.append(
      h("div", {class: "controls"},
        choice(
            "layout", [["rows", "generations from left to right"], ["radial", "generations from the middle"]],
            family.layout,
            (v) => {
              family.layout = v;
              build();
            }),
        h("button", {type: "button", onclick: () => view.zoomBy(1.8)}, "Zoom in"),
        h("button", {type: "button", onclick: () => view.zoomBy(1 / 1.8)}, "Zoom out"),
        h("button", {type: "button", onclick: () => view.reset()}, "Whole")),
      place);
  parent.append(legend(all().ladder.rungs.map((r, i) => ({color: rungColor(i), dot: true, text: r.name})).concat([
    {color: "var(--r-refused)", dot: true, text: "refused"}, {color: "var(--r-open)", dot: true, text: "not trained"}
  ])));
  panel.append(
      h("span", {class: "soft"},
        "Bigger dots are better at the highest rung they reached. Click a design for its kin, twice for its page."));
  parent.append(panel);
  build();
  if (family.selected !== null) announce(family.selected);
  parent.append(allDesigns());
}

// Every design, the refused too: what the canvas shows, as a table.
function allDesigns() {
  const details = h("details", {}, h("summary", {}, "All designs as a table")), place = h("div", {});
  const state = {filter: "", first: 0, most: 100};
  const draw = () => {
    const d = designs(), words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = d3.range(designCount()).filter((i) => {
      const text =
          `${d.name[i]} ${d.operation[i]} ${d.agent[i]} ${d.fate[i]} ${d.reason[i]} ${d.block[i]}`.toLowerCase();
      return words.every((w) => text.includes(w));
    });
    const turn = (by) => () => {
      state.first += by;
      draw();
    };
    place.replaceChildren(
        ...table(
            `${plural(kept.length, "design")}`,
            [
              {head: "design", row: true, cell: (i) => designLink(i)},
              {head: "parents", cell: (i) => d.parents[i].flatMap((p, k) => [k ? ", " : "", designLink(p)])},
              {head: "operation", cell: (i) => d.operation[i]}, {head: "fate", cell: fateText},
              {head: "better by", number: true, cell: (i) => signed(d.difference[i])},
              {head: "block", class: "block", cell: (i) => blockText(i)}
            ],
            kept.slice(state.first, state.first + state.most)),
        kept.length > state.most ?
            h("div", {class: "controls"},
              h("button", {type: "button", disabled: state.first === 0, onclick: turn(-state.most)}, "Previous"),
              h("button",
                {type: "button", disabled: state.first + state.most >= kept.length, onclick: turn(state.most)},
                "Next")) :
            "");
  };
  details.addEventListener("toggle", () => {
    if (details.open && !place.hasChildNodes()) draw();
  });
  details.append(
      h("div", {class: "controls"}, h("label", {}, "filter", h("input", {
                                        type: "search",
                                        placeholder: "refused duplicate",
                                        oninput: (event) => {
                                          state.filter = event.target.value;
                                          state.first = 0;
                                          draw();
                                        }
                                      }))),
      place);
  return details;
}

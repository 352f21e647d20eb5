// A design's tree of units, drawn by D3 from left to right; a click shows the unit's source below.
const argumentValue = (v) => (isNumber(v) ? String(Number(v.toPrecision(4))) : JSON.stringify(v));
function renderTree(parent, tree, choose) {
  const root = d3.hierarchy(
      {slot: "", node: tree}, (d) => Object.entries(d.node.slots || {}).map(([slot, node]) => ({slot, node})));
  const wide = Math.max(300, contentWidth(parent) - 10), narrow = wide < 620;
  const column = Math.max(narrow ? 132 : 170, Math.min(250, wide / (root.height + 1)));
  d3.tree().nodeSize([narrow ? 58 : 54, column])(root);
  const [low, high] = d3.extent(root.descendants(), (d) => d.x);
  const width = column * (root.height + 1), height = high - low + 66;
  const figure = h("figure", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Tree of units"});
  parent.append(figure);
  const svg = d3.select(figure)
                  .append("svg")
                  .attr("width", width)
                  .attr("height", height)
                  .attr("role", "img")
                  .attr(
                      "aria-label",
                      "Tree of units: " +
                          root.descendants()
                              .map((d) => `${d.data.slot || "block"} ${unitPage(d.data.node.unit).class}`)
                              .join(", "));
  const plot = svg.append("g").attr("transform", `translate(6,${33 - low})`);
  const box = column - 34;
  plot.selectAll("path")
      .data(root.links())
      .enter()
      .append("path")
      .attr("fill", "none")
      .style("stroke", "var(--r-open)")
      .attr(
          "d", (l) => d3.linkHorizontal()({source: [l.source.y + box, l.source.x], target: [l.target.y, l.target.x]}));
  const nodes = plot.selectAll("g")
                    .data(root.descendants())
                    .enter()
                    .append("g")
                    .attr("transform", (d) => `translate(${d.y},${d.x})`);
  nodes.append("rect")
      .attr("y", -20)
      .attr("width", box)
      .attr("height", 40)
      .attr("rx", 6)
      .style("fill", "var(--wash)")
      .style("stroke", "var(--r-open)");
  const fitted = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const letters = Math.floor((box - 14) / 7.4);
  nodes.append("text")
      .attr("x", 8)
      .attr("y", -3)
      .style("font-weight", 600)
      .text((d) => fitted(unitPage(d.data.node.unit).class, letters));
  nodes.append("text")
      .attr("x", 8)
      .attr("y", 13)
      .attr("class", "soft")
      .style("font-size", "11.5px")
      .text(
          (d) => fitted(
              [d.data.slot, ...Object.entries(d.data.node.arguments || {}).map(([k, v]) => `${k}=${argumentValue(v)}`)]
                  .filter(Boolean)
                  .join("  "),
              letters + 1));
  readable(
      nodes,
      (d) => `${d.data.slot ? `${d.data.slot}: ` : ""}${unitPage(d.data.node.unit).class}\n` +
          Object.entries(d.data.node.arguments || {}).map(([k, v]) => `${k} = ${JSON.stringify(v)}`).join("\n"));
  nodes.attr("tabindex", 0).attr("role", "button").style("cursor", "pointer").each(function(d) {
    this.addEventListener("click", () => choose(d.data.node.unit));
    this.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        choose(d.data.node.unit);
      }
    });
  });
}

function renderUnits(parent, tree) {
  const hashes = [...new Set([...slotsOf(tree).values()].map((slot) => slot.unit))];
  const places = new Map();
  renderTree(parent, tree, (hash) => {
    const details = places.get(hash);
    details.open = true;
    details.scrollIntoView({block: "nearest"});
  });
  for (const hash of hashes) {
    const unit = unitPage(hash);
    const details =
        h("details", {}, h("summary", {}, h("strong", {}, unit.class), ` ${unit.file || ""} `, h("code", {}, hash)));
    details.addEventListener("toggle", () => {
      if (details.children.length === 1)
        details.append(sourceText(unit.source || unit.fault || "", `source of ${unit.class}`));
    });
    places.set(hash, details);
    parent.append(details);
  }
}

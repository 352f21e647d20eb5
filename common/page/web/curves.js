// Loss curves: a line a design, the mean over its seeds, with a band from the lowest to the highest seed.
const curveView = {
  rung: null,
  x: "tokens",
  y: "loss",
  log: "yes",
  hidden: new Set()
};

// Points of a line: {x: tokens or FLOP, mean, low, high}, at the steps that all its seeds have.
function curvePoints(line, rung, x, y) {
  const [steps, values] = y === "loss" ? ["s", "l"] : ["vs", "vb"];
  const perStep = rung.batch_tokens * (x === "flops" ? line.flops_per_token : 1);
  const seeds = line.seeds.filter((seed) => seed[steps].length);
  if (!seeds.length || !isNumber(perStep)) return [];
  const tables = seeds.map((seed) => new Map(seed[steps].map((s, i) => [s, seed[values][i]])));
  const longest = seeds.reduce((a, b) => (b[steps].length > a[steps].length ? b : a));
  return longest[steps]
      .map((s) => {
        const at = tables.map((t) => t.get(s)).filter(isNumber);
        return {x: s * perStep, mean: d3.mean(at), low: d3.min(at), high: d3.max(at)};
      })
      .filter((p) => isNumber(p.mean) && p.x > 0);
}

function renderCurves(parent, lines, rung, {x, y, log}) {
  const drawn =
      lines.map((line, i) => ({...line, i, points: curvePoints(line, rung, x, y)})).filter((l) => l.points.length);
  if (!drawn.length) return void parent.append(h("p", {class: "soft"}, "No curve was logged for this choice."));
  const unit = y === "loss" ? "training loss, nats a token" : "validation, bits per byte";
  const f = frame(
      parent,
      `${unit} over ${x}: ` +
          drawn.map((l) => `${designs().name[l.design]} ends at ${fixed(l.points[l.points.length - 1].mean, 3)}`)
              .join(", "),
      {height: contentWidth(parent) < 620 ? 300 : 400});
  const points = drawn.flatMap((l) => l.points);
  const make = log ? d3.scaleLog : d3.scaleLinear;
  const sx = make().domain(d3.extent(points, (p) => p.x)).range([0, f.width]);
  const sy = make().domain(padded([d3.min(points, (p) => p.low), d3.max(points, (p) => p.high)], 0.04, log)).range([
    f.height, 0
  ]);
  bottomAxis(f, sx, x === "flops" ? "FLOP of training" : "tokens of training", x === "flops" ? power : count);
  leftAxis(f, sy, unit, (v) => String(Number(v.toPrecision(3))));
  const area = d3.area().x((p) => sx(p.x)).y0((p) => sy(p.low)).y1((p) => sy(p.high));
  const path = d3.line().x((p) => sx(p.x)).y((p) => sy(p.mean));
  for (const line of drawn) {
    if (line.seeds.length > 1)
      f.plot.append("path").attr("d", area(line.points)).style("fill", seriesColor(line.i)).attr("fill-opacity", 0.16);
    f.plot.append("path")
        .attr("d", path(line.points))
        .attr("fill", "none")
        .style("stroke", seriesColor(line.i))
        .attr("stroke-width", 1.8)
        .attr("stroke-dasharray", seriesDash(line.i));
  }
  followPointer(f, drawn, sx, sy, x, y);
  f.figure.append(legend(drawn.map((l) => ({
                                     color: seriesColor(l.i),
                                     dash: seriesDash(l.i),
                                     text: [l.label || designLink(l.design), ` ${plural(l.seeds.length, "seed")}`]
                                   }))));
  f.figure.append(asTable(
      `${unit}, at the end`,
      [
        {head: "line", row: true, cell: (l) => l.label || designLink(l.design)},
        {head: "seeds", number: true, cell: (l) => l.seeds.length},
        {head: "mean", number: true, cell: (l) => fixed(l.points[l.points.length - 1].mean)},
        {head: "lowest", number: true, cell: (l) => fixed(l.points[l.points.length - 1].low)},
        {head: "highest", number: true, cell: (l) => fixed(l.points[l.points.length - 1].high)},
        {head: x === "flops" ? "FLOP" : "tokens", number: true, cell: (l) => scaled(l.points[l.points.length - 1].x)},
      ],
      drawn));
}

// The line nearest to the pointer, named with its value there.
function followPointer(f, drawn, sx, sy, x, y) {
  const dot = f.plot.append("circle").attr("r", 4).style("display", "none");
  const catcher =
      f.plot.append("rect").attr("width", f.width).attr("height", f.height).attr("fill", "transparent").node();
  catcher.addEventListener("pointermove", (event) => {
    const box = catcher.getBoundingClientRect();
    const px = event.clientX - box.left, py = event.clientY - box.top;
    let best = null;
    for (const line of drawn) {
      const p = line.points[d3.scan(line.points, (a, b) => Math.abs(sx(a.x) - px) - Math.abs(sx(b.x) - px))];
      const far = Math.hypot(sx(p.x) - px, sy(p.mean) - py);
      if (!best || far < best.far) best = {line, p, far};
    }
    dot.style("display", null)
        .attr("cx", sx(best.p.x))
        .attr("cy", sy(best.p.mean))
        .style("fill", seriesColor(best.line.i));
    const range = best.line.seeds.length > 1 ? `\nseeds ${fixed(best.p.low)} to ${fixed(best.p.high)}` : "";
    tip.show(
        `${designs().name[best.line.design]}${best.line.label ? `, ${best.line.label}` : ""}: ${fixed(best.p.mean)} ${
            y === "loss" ? "nats a token" : "bits/byte"}` +
            `\nat ${x === "flops" ? flops(best.p.x) : `${count(best.p.x)} tokens`}${range}`,
        event.clientX, event.clientY);
  });
  catcher.addEventListener("pointerleave", () => {
    dot.style("display", "none");
    tip.hide();
  });
}

function renderCurveSection(parent) {
  const curves = all().curves;
  const having = curves.map((c, i) => i).filter((i) => curves[i].lines.length);
  if (!having.length) return void parent.append(h("p", {class: "soft"}, "No run has a log yet."));
  if (!having.includes(curveView.rung)) curveView.rung = having[having.length - 1];
  const place = h("div", {class: "card"});
  const draw = () => {
    place.replaceChildren();
    const rung = all().ladder.rungs[curveView.rung];
    renderCurves(place, curves[curveView.rung].lines, rung, {...curveView, log: curveView.log === "yes"});
  };
  const set = (key) => (value) => {
    curveView[key] = key === "rung" ? Number(value) : value;
    draw();
  };
  parent.append(
      h("div", {class: "controls"},
        choice("rung", having.map((i) => [i, curves[i].rung]).reverse(), curveView.rung, set("rung")),
        choice("against", [["tokens", "tokens"], ["flops", "FLOP"]], curveView.x, set("x")),
        choice("of", [["loss", "training loss"], ["validation", "validation bits per byte"]], curveView.y, set("y")),
        choice("axes", [["yes", "logarithmic"], ["no", "linear"]], curveView.log, set("log"))),
      place);
  draw();
}

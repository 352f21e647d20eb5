// Does a cheap rung tell the dear one? The designs on both, and how bits per byte fall with compute.
const transferView = {
  pair: null
};

const kPointsShown = 800;  // of more designs every second, third … is drawn; the correlations are those of all

function agreementText(name, [value, low, high]) {
  return `${name} ${fixed(value, 2)} (${fixed(low, 2)} to ${fixed(high, 2)})`;
}

// From the lowest end of an error bar to the highest.
const ends =
    (points, key, error) => [d3.min(points, (p) => p[key] - error(p)), d3.max(points, (p) => p[key] + error(p))];

function renderScatter(parent, pair) {
  const every = Math.ceil(pair.n / kPointsShown);
  const points =
      pair.designs.map((design, i) => ({design, x: pair.x[i], y: pair.y[i]})).filter((_, i) => i % every === 0);
  const f = frame(
      parent, `${pair.upper} over ${pair.lower}, bits per byte of ${plural(pair.n, "design")}`,
      {height: Math.min(440, Math.max(300, contentWidth(parent) * 0.6))});
  const sx =
      d3.scaleLinear().domain(padded(ends(points, "x", () => pair.lower_noise), 0.02)).range([0, f.width]).nice();
  const sy =
      d3.scaleLinear().domain(padded(ends(points, "y", () => pair.upper_noise), 0.02)).range([f.height, 0]).nice();
  bottomAxis(f, sx, `${pair.lower}, bits per byte`);
  leftAxis(f, sy, `${pair.upper}, bits per byte`);
  const bar = (x1, y1, x2, y2) => f.plot.append("line")
                                      .attr("x1", x1)
                                      .attr("y1", y1)
                                      .attr("x2", x2)
                                      .attr("y2", y2)
                                      .style("stroke", "var(--soft)")
                                      .attr("stroke-opacity", 0.4);
  if (points.length <= 400) {
    for (const p of points) {
      bar(sx(p.x - pair.lower_noise), sy(p.y), sx(p.x + pair.lower_noise), sy(p.y));
      bar(sx(p.x), sy(p.y - pair.upper_noise), sx(p.x), sy(p.y + pair.upper_noise));
    }
  }
  readable(
      f.plot.selectAll("circle")
          .data(points)
          .enter()
          .append("circle")
          .attr("cx", (p) => sx(p.x))
          .attr("cy", (p) => sy(p.y))
          .attr("r", 4.5)
          .style("fill", (p) => (generationOf(p.design) === 0 ? "var(--c1)" : "var(--c0)")),
      (p) => `${designLabel(p.design)}\n${pair.lower} ${fixed(p.x)}, ${pair.upper} ${fixed(p.y)}`,
      (p) => designs().name[p.design]);
  f.figure.append(
      legend([{color: "var(--c0)", dot: true, text: "proposal"}, {color: "var(--c1)", dot: true, text: "baseline"}]));
  f.figure.append(h(
      "p", {class: "note"},
      (every > 1 ? `One in ${every} designs is drawn. ` : "") +
          "Bars are one seed deviation of a rung. Only survivors of the lower rung and audits stand on the upper one: " +
          "correlations are those of a selected range."));
  f.figure.append(asTable(
      "The designs on both rungs",
      [
        {head: "design", row: true, cell: (p) => designLink(p.design)},
        {head: pair.lower, number: true, cell: (p) => fixed(p.x)},
        {head: pair.upper, number: true, cell: (p) => fixed(p.y)}
      ],
      points.slice(0, 500)));
}

function renderPair(parent, pair) {
  const none = "too few designs on both rungs: three at least, with different scores";
  const confidence = `${Math.round(100 * all().experiment.confidence)} % intervals over designs`;
  parent.append(
      h("p", {},
        pair.spearman ? `${plural(pair.n, "design")} on both: ${agreementText("Spearman's ρ", pair.spearman)}, ${
                            agreementText("Kendall's τ", pair.kendall)}, ` +
                `${agreementText("pairs ordered alike", pair.pairwise)}; ${confidence}.` :
                        `${plural(pair.n, "design")} on both: ${none}.`));
  if (pair.n > 0) renderScatter(parent, pair);
}

function renderFits(parent, fits) {
  const points = fits.flatMap((fit) => fit.flops.map((x, i) => ({x, y: fit.bits[i], error: fit.errors[i]})));
  const f = frame(parent, "Bits per byte over compute of the designs on two rungs or more", {height: 340});
  const sx = d3.scaleLog().domain(padded(d3.extent(points, (p) => p.x), 0.05, true)).range([0, f.width]);
  const sy = d3.scaleLog().domain(padded(ends(points, "y", (p) => p.error), 0.04, true)).range([f.height, 0]);
  bottomAxis(f, sx, "FLOP a run", power);
  leftAxis(f, sy, "bits per byte", (y) => String(Number(y.toPrecision(3))));
  fits.slice(0, 18).forEach((fit, i) => {
    const at = (x) => fit.coefficient * x ** -fit.exponent;
    const [first, last] = d3.extent(fit.flops);
    f.plot.append("line")
        .attr("x1", sx(first))
        .attr("x2", sx(last))
        .attr("y1", sy(at(first)))
        .attr("y2", sy(at(last)))
        .style("stroke", seriesColor(i))
        .attr("stroke-dasharray", seriesDash(i))
        .attr("stroke-width", 1.6);
    fit.flops.forEach((x, k) => {
      f.plot.append("line")
          .attr("x1", sx(x))
          .attr("x2", sx(x))
          .attr("y1", sy(fit.bits[k] - fit.errors[k]))
          .attr("y2", sy(fit.bits[k] + fit.errors[k]))
          .style("stroke", seriesColor(i));
      readable(
          f.plot.append("circle")
              .datum({fit, k})
              .attr("cx", sx(x))
              .attr("cy", sy(fit.bits[k]))
              .attr("r", 3.6)
              .style("fill", seriesColor(i)),
          (d) => `${designLabel(d.fit.design)} at ${d.fit.rungs[d.k]}\n${
              withError(d.fit.bits[d.k], d.fit.errors[d.k])} bits per byte\n${flops(d.fit.flops[d.k])}`,
          (d) => designs().name[d.fit.design]);
    });
  });
  f.figure.append(...table(
      "Fits of b = a·C^(−α): bits per byte b over compute C, by least squares of logarithms",
      [
        {head: "", cell: (fit) => seriesKey(fits.indexOf(fit))},
        {head: "design", row: true, cell: (fit) => designLink(fit.design)},
        {
          head: "α ± error",
          number: true,
          cell: (fit) => withError(fit.exponent, fit.error),
          title: "positive where compute helps"
        },
        {head: "a", number: true, cell: (fit) => scaled(fit.coefficient)},
        {
          head: "residual",
          number: true,
          cell: (fit) => (fit.rungs.length > 2 ? percent(fit.residual, 2) : kNone),
          title: "root mean square of log b; none with two points"
        },
        {
          head: "bits/byte",
          cell: (fit) => fit.bits.map(
              (b, k) => h("div", {style: "white-space:nowrap"}, `${fit.rungs[k]} ${withError(b, fit.errors[k])}`))
        },
      ],
      fits, {class: "wide"}));
  f.figure.append(h(
      "p", {class: "note"},
      "A line through two or three rungs of one corpus says nothing beyond them: compare slopes, do not extrapolate."));
}

function renderTransfer(parent) {
  const {pairs, fits} = all().transfer;
  const usable = pairs.map((p, i) => i).filter((i) => pairs[i].n > 0);
  const left = h("div", {class: "card"}, h("h3", {style: "margin-top:0"}, "Rung to rung"));
  const right = h("div", {class: "card"}, h("h3", {style: "margin-top:0"}, "Scaling"));
  parent.append(h("div", {class: "columns"}, left, right));
  const place = h("div", {});
  if (!usable.length) {
    left.append(h("p", {class: "soft"}, "No design stands on two rungs yet. Correlations need three or more on both."));
  } else {
    if (!usable.includes(transferView.pair)) transferView.pair = usable[0];
    const draw = () => {
      place.replaceChildren();
      renderPair(place, pairs[transferView.pair]);
    };
    if (usable.length > 1) {
      left.append(
          h("div", {class: "controls"},
            choice("rungs", usable.map((i) => [i, `${pairs[i].lower} → ${pairs[i].upper}`]), transferView.pair, (v) => {
              transferView.pair = Number(v);
              draw();
            })));
    }
    left.append(place);
    draw();
  }
  if (fits.length)
    renderFits(right, fits);
  else
    right.append(h("p", {class: "soft"}, "A fit needs a design trained on two rungs or more."));
}

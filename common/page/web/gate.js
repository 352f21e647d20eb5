// What was refused, where and why; and what the gate is worth, by blocks known to cheat or to be honest.
const kFates = [
  ["passed", "passed the gate", "var(--c2)"], ["review", "refused by review", "var(--c1)"],
  ["implement", "not built", "var(--c3)"], ["check", "refused by the gate", "var(--c4)"],
  ["unfinished", "unfinished", "var(--r-open)"]
];

// Stacked columns: rows are {key…}, `keys` are [key, name, color].
function stackedColumns(parent, label, rows, keys, {x, xName, yName, format = count}) {
  const f = frame(parent, label, {height: 280});
  const sx = d3.scaleBand().domain(rows.map(x)).range([0, f.width]).padding(rows.length > 40 ? 0.08 : 0.25);
  const total = (row) => d3.sum(keys, ([key]) => row[key] || 0);
  const sy = d3.scaleLinear().domain([0, d3.max(rows, total) || 1]).range([f.height, 0]).nice();
  const stride = Math.ceil(rows.length / ticksFor(f.width));
  f.plot.append("g")
      .attr("class", "axis")
      .attr("transform", `translate(0,${f.height})`)
      .call(d3.axisBottom(sx).tickSizeOuter(0).tickValues(rows.map(x).filter((_, i) => i % stride === 0)));
  f.plot.append("text")
      .attr("class", "axis-name")
      .attr("x", f.width)
      .attr("y", f.height + 38)
      .attr("text-anchor", "end")
      .text(xName);
  leftAxis(f, sy, yName, format);
  const layers = d3.stack().keys(keys.map(([key]) => key)).value((row, key) => row[key] || 0)(rows);
  layers.forEach((layer, k) => {
    const bars = f.plot.append("g")
                     .style("fill", keys[k][2])
                     .selectAll("rect")
                     .data(layer.map((part, i) => ({part, row: rows[i]})))
                     .enter()
                     .append("rect")
                     .attr("x", (d) => sx(x(d.row)))
                     .attr("width", Math.max(1, sx.bandwidth()))
                     .attr("y", (d) => sy(d.part[1]))
                     .attr("height", (d) => Math.max(0, sy(d.part[0]) - sy(d.part[1])));
    readable(bars, (d) => `${xName} ${x(d.row)}\n${keys[k][1]}: ${format(d.row[keys[k][0]] || 0)}`);
  });
  f.figure.append(legend(keys.map(([, name, color]) => ({color, dot: true, text: name}))));
  return f;
}

function renderRefusals(parent, refusals) {
  const total = d3.sum(refusals, (r) => r.n);
  if (!total) return void parent.append(h("p", {class: "soft"}, "Nothing has been refused yet."));
  const shown = refusals.slice(0, 14);
  const row = 30, wide = contentWidth(parent) > 560, left = wide ? 250 : 4;
  const f = frame(
      parent, `${plural(total, "refusal")}: ` + shown.map((r) => `${r.stage} ${r.kind} ${r.n}`).join(", "),
      {height: (wide ? row : row + 18) * shown.length + 30, margin: {top: 6, right: 46, bottom: 4, left}});
  const step = wide ? row : row + 18;
  const sx = d3.scaleLinear().domain([0, shown[0].n]).range([0, f.width]);
  const color = new Map(kFates.map(([key, , c]) => [key, c]));
  const groups =
      f.plot.selectAll("g.bar").data(shown).enter().append("g").attr("transform", (_, i) => `translate(0,${i * step})`);
  groups.append("rect")
      .attr("y", wide ? 0 : 18)
      .attr("height", row - 10)
      .attr("width", (r) => Math.max(2, sx(r.n)))
      .attr("rx", 2)
      .style("fill", (r) => color.get(r.stage));
  const name = (r) => `${r.stage}: ${r.kind}`;
  groups.append("text")
      .attr("x", wide ? -8 : 0)
      .attr("y", 14)
      .attr("text-anchor", wide ? "end" : "start")
      .text((r) => (name(r).length > 38 ? `${name(r).slice(0, 37)}…` : name(r)))
      .append("title")
      .text(name);
  groups.append("text")
      .attr("x", (r) => sx(r.n) + 6)
      .attr("y", wide ? 14 : 32)
      .attr("class", "soft")
      .text((r) => grouped(r.n));
  f.figure.append(asTable(
      "Refusals by reason",
      [
        {head: "stage", row: true, cell: (r) => r.stage}, {head: "reason", cell: (r) => r.kind},
        {head: "designs", number: true, cell: (r) => grouped(r.n)},
        {head: "share", number: true, cell: (r) => percent(r.n / total, 1)},
        {head: "for instance", cell: (r) => r.examples.flatMap((i, k) => [k ? ", " : "", designLink(i)])}
      ],
      refusals));
}

function renderCanaries(parent, canaries) {
  parent.append(h("h3", {style: "margin-top:0"}, "Canaries: what the gate is worth"));
  if (!canaries) {
    return void parent.append(
        h("p", {class: "soft"}, "Not measured in this experiment: ", h("code", {}, "bin/check --canaries --into EXP"),
          " judges known cheats and known honest blocks, and records what became of them."));
  }
  const [recall, low, high] = canaries.recall || [], [alarms, aLow, aHigh] = canaries.alarms || [];
  parent.append(
      h("div", {class: "cards"},
        fact(
            "cheats caught", `${canaries.caught} of ${canaries.cheats}`,
            `${percent(recall)} (${percent(low)} to ${percent(high)})`),
        fact(
            "honest blocks refused", `${canaries.false_alarms.length} of ${canaries.honest}`,
            `${percent(alarms)} (${percent(aLow)} to ${percent(aHigh)})`),
        fact("time", duration(canaries.seconds), `at ${canaries.scale || "the lowest rung"}`)));
  for (const [name, list] of [
           ["Cheats that passed, or were refused for something else", canaries.misses],
           ["False alarms", canaries.false_alarms]]) {
    if (list.length) parent.append(h("h3", {}, name), h("ul", {}, list.map((text) => h("li", {}, text))));
  }
  parent.append(h("p", {class: "note"}, `Intervals: Wilson’s, ${Math.round(100 * all().experiment.confidence)} %.`));
}

function renderGate(parent) {
  const {refusals, generations, canaries, checks} = all().gate;
  const left = h("div", {class: "card"}, h("h3", {style: "margin-top:0"}, "Refusals by reason"));
  const right = h("div", {class: "card"}, h("h3", {style: "margin-top:0"}, "Fates by generation"));
  parent.append(h("div", {class: "columns"}, left, right));
  renderRefusals(left, refusals);
  if (generations.length) {
    const f = stackedColumns(
        right, "Fates of the proposals by generation", generations, kFates,
        {x: (r) => r.generation, xName: "generation", yName: "designs"});
    f.figure.append(asTable(
        "Fates by generation",
        [{head: "generation", row: true, cell: (r) => r.generation}].concat(
            kFates.map(([key, name]) => ({head: name, number: true, cell: (r) => grouped(r[key])}))),
        generations));
  } else
    right.append(h("p", {class: "soft"}, "Only the baselines so far."));
  const card = h("div", {class: "card"});
  parent.append(card);
  renderCanaries(card, canaries);
  if (checks.length) {
    card.append(
        h("details", {}, h("summary", {}, "Time of the checks"),
          table(
              "Seconds of each check, over all designs",
              [
                {head: "check", row: true, cell: (c) => c.check},
                {head: "times", number: true, cell: (c) => grouped(c.n)},
                {head: "each", number: true, cell: (c) => duration(c.seconds / c.n)},
                {head: "together", number: true, cell: (c) => duration(c.seconds)}
              ],
              checks.slice().sort((a, b) => b.seconds - a.seconds))));
  }
}

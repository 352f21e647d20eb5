// The ladder as a pyramid: what was proposed at its foot, what is confirmed at its top; each level with its budget.
function pyramidLevels() {
  const {gates, rungs} = all().ladder;
  const levels = [
    {name: "proposed", n: gates.proposed, color: "var(--r-open)", text: "by the agent"},
    {name: "accepted", n: gates.accepted, color: "var(--r-open)", text: "by review"},
    {name: "built", n: gates.built, color: "var(--r-open)", text: "by the implementer"},
    {name: "passed", n: gates.passed, color: "var(--r-open)", text: "the gate: no leak, fits, trains"},
  ];
  rungs.forEach((rung, i) => levels.push({
    name: rung.name,
    n: rung.proposals,
    color: rungColor(i),
    rung,
    text: `${count(rung.parameters)} parameters, ${count(rung.tokens)} tokens a run` +
        (rung.runs ? `; ${plural(rung.runs, "run")}, ${flops(rung.flops)}, ${duration(rung.seconds)}` : "; no run yet"),
  }));
  const confirmed = new Set(all().standings.flatMap((s) => s.rows.design.filter((_, k) => s.rows.marks[k] & 2)));
  levels.push(
      {name: "confirmed", n: confirmed.size, color: "var(--good)", text: "on fresh seeds and a held-out shard"});
  return levels.reverse();
}

function renderPyramid(parent) {
  const levels = pyramidLevels();
  const narrow = contentWidth(parent) < 620;
  const row = narrow ? 58 : 40;
  const f = frame(
      parent, "Ladder: " + levels.slice().reverse().map((l) => `${l.name} ${l.n}`).join(", "),
      {height: row * levels.length + 6, margin: {top: 2, right: 4, bottom: 2, left: 4}});
  const most = Math.max(1, ...levels.map((l) => l.n));
  const middle = narrow ? f.width / 2 : f.width * 0.27;
  const half = d3.scaleLinear().domain([0, Math.log1p(most)]).range([3, middle - 8]);
  const at = (i) => half(Math.log1p(levels[i].n));
  const bar = narrow ? 32 : row - 5;
  const groups = f.plot.selectAll("g.level")
                     .data(levels)
                     .enter()
                     .append("g")
                     .attr("class", "level")
                     .attr("transform", (_, i) => `translate(0,${i * row})`);
  groups.append("path").attr("fill", (l) => l.color).attr("d", (l, i) => {
    const top = i === 0 ? at(i) * 0.8 : Math.min(at(i), (at(i - 1) + at(i)) / 2);
    return d3.line()([[middle - top, 0], [middle + top, 0], [middle + at(i), bar], [middle - at(i), bar]]) + "Z";
  });
  const inside = (l, i) => at(i) > 70;
  groups.append("text")
      .attr("y", bar / 2 + 5)
      .attr("class", (l, i) => (inside(l, i) ? "on" : ""))
      .attr("text-anchor", (l, i) => (inside(l, i) ? "middle" : "start"))
      .attr("x", (l, i) => (inside(l, i) ? middle : middle + at(i) + 8))
      .text((l) => `${l.name}  ${grouped(l.n)}`);
  groups.append("text")
      .attr("class", "soft")
      .attr("x", narrow ? middle : middle * 2 + 14)
      .attr("y", narrow ? bar + 15 : bar / 2 + 5)
      .attr("text-anchor", narrow ? "middle" : "start")
      .text((l) => (narrow ? l.text.split(";")[0] : l.text));
  f.figure.append(
      h("p", {class: "note"}, "Widths are logarithms of the number of designs; baselines are not counted."));
}

function renderLadder(parent) {
  const {experiment, ladder, agents} = all();
  const {gates, rungs} = ladder;
  const spent = d3.sum(rungs, (r) => r.flops || 0);
  parent.append(
      h("div", {class: "cards"},
        fact(
            "designs proposed", grouped(gates.proposed),
            `${plural(experiment.generations, "generation")}, ${experiment.closed} closed`),
        fact(
            "passed the gate", grouped(gates.passed),
            gates.proposed ? `${percent(gates.passed / gates.proposed)} of the proposals` : ""),
        fact(
            "runs", grouped(d3.sum(rungs, (r) => r.runs)),
            `${flops(spent)}, ${duration(d3.sum(rungs, (r) => r.seconds))} of training`),
        fact("models were paid", dollars(agents.all.dollars), `${count(agents.all.tokens)} tokens`)));
  const claims = all().standings.flatMap((s) => s.claims.map((c) => `${s.rung}: ${c}`));
  parent.append(
      h("div", {class: "card"}, h("h3", {style: "margin-top:0"}, claims.length ? "Confirmed" : "No claim is confirmed"),
        claims.length ?
            h("ul", {}, claims.map((c) => h("li", {}, c))) :
            h("p", {class: "soft"},
              "A claim needs fresh seeds, the confirmation shard and Holm's correction over the designs of its rung. " +
                  "Differences below may be noise.")));
  const place = h("div", {class: "card"});
  parent.append(place);
  renderPyramid(place);
  const noise = (r) => (r.runs ? `${withError(r.noise, null)} bits/byte` : kNone);
  place.append(asTable(
      "The rungs: what a run is, and what was spent",
      [
        {head: "rung", row: true, cell: (r) => r.name},
        {head: "parameters", number: true, cell: (r) => count(r.parameters)},
        {head: "width × blocks", number: true, cell: (r) => `${r.d_model} × ${r.n_blocks}`},
        {head: "context", number: true, cell: (r) => grouped(r.context)},
        {head: "tokens a run", number: true, cell: (r) => count(r.tokens)},
        {head: "FLOP a run", number: true, cell: (r) => scaled(r.run_flops)},
        {head: "asked", number: true, cell: (r) => grouped(r.asked)},
        {head: "trained", number: true, cell: (r) => grouped(r.trained)},
        {head: "diverged", number: true, cell: (r) => grouped(r.diverged)},
        {head: "audits", number: true, cell: (r) => grouped(r.audits)},
        {head: "runs", number: true, cell: (r) => grouped(r.runs)},
        {head: "spent", number: true, cell: (r) => flops(r.flops)},
        {head: "time", number: true, cell: (r) => duration(r.seconds)},
        {head: "seed noise", number: true, cell: noise, title: "deviation of a run over seeds"},
      ],
      rungs));
}

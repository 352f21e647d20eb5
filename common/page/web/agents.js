// Who proposed, how much of it was any good, and what it cost.
const perEach = (sum, n) => (n > 0 ? sum / n : NaN);

function yieldColumns(head, name) {
  return [
    {head, row: true, cell: name},
    {head: "proposals", number: true, cell: (y) => grouped(y.proposals)},
    {head: "accepted", number: true, cell: (y) => grouped(y.accepted)},
    {head: "built", number: true, cell: (y) => grouped(y.built)},
    {head: "passed", number: true, cell: (y) => `${grouped(y.passed)} (${percent(perEach(y.passed, y.proposals))})`},
    {head: "trained", number: true, cell: (y) => grouped(y.trained)},
    {head: "confirmed", number: true, cell: (y) => grouped(y.confirmed)},
    {
      head: "best",
      number: true,
      cell: (y) => signed(y.best),
      title: "bits per byte better than the baseline at the lowest rung"
    },
    {head: "attempts a unit", number: true, cell: (y) => fixed(perEach(y.attempts, y.units), 2)},
  ];
}

function renderValidRate(parent, generations) {
  const f = frame(
      parent,
      "Share of the proposals that passed the gate, by generation: " +
          generations.map((g) => `${g.generation}: ${percent(perEach(g.passed, g.proposals))}`).join(", "),
      {height: 260});
  const sx = d3.scaleLinear().domain(padded(d3.extent(generations, (g) => g.generation), 0.02)).range([0, f.width]);
  const sy = d3.scaleLinear().domain([0, 1]).range([f.height, 0]);
  const whole = d3.axisBottom(sx)
                    .ticks(Math.min(generations.length, ticksFor(f.width)))
                    .tickFormat(d3.format("d"))
                    .tickSizeOuter(0);
  f.plot.append("g").attr("class", "axis").attr("transform", `translate(0,${f.height})`).call(whole);
  f.plot.append("text")
      .attr("class", "axis-name")
      .attr("x", f.width)
      .attr("y", f.height + 38)
      .attr("text-anchor", "end")
      .text("generation");
  leftAxis(f, sy, "passed the gate", (v) => percent(v));
  const band = d3.area().x((g) => sx(g.generation)).y0((g) => sy(g.valid[1])).y1((g) => sy(g.valid[2]));
  if (generations.length > 1)
    f.plot.append("path").attr("d", band(generations)).style("fill", "var(--c0)").attr("fill-opacity", 0.15);
  f.plot.append("path")
      .attr("d", d3.line().x((g) => sx(g.generation)).y((g) => sy(g.valid[0]))(generations))
      .attr("fill", "none")
      .style("stroke", "var(--c0)")
      .attr("stroke-width", 2);
  if (generations.length === 1)
    f.plot.append("line")
        .attr("x1", sx(generations[0].generation))
        .attr("x2", sx(generations[0].generation))
        .attr("y1", sy(generations[0].valid[1]))
        .attr("y2", sy(generations[0].valid[2]))
        .style("stroke", "var(--c0)");
  readable(
      f.plot.selectAll("circle")
          .data(generations.length > 80 ? [] : generations)
          .enter()
          .append("circle")
          .attr("cx", (g) => sx(g.generation))
          .attr("cy", (g) => sy(g.valid[0]))
          .attr("r", 4)
          .style("fill", "var(--c0)"),
      (g) => `generation ${g.generation}: ${g.passed} of ${g.proposals}\n${percent(g.valid[0])} (${
          percent(g.valid[1])} to ${percent(g.valid[2])})`);
}

function renderAgents(parent) {
  const {all: sum, generations, operations, stages} = all().agents;
  const {experiment} = all();
  if (!sum.proposals)
    return void parent.append(h("p", {class: "soft"}, "No proposal yet: only the baselines are here."));
  const [valid, low, high] = sum.valid;
  const each = (n) => (n > 0 ? `${dollars(sum.dollars / n)}, ${duration(sum.seconds / n)}` : kNone);
  parent.append(
      h("div", {class: "cards"},
        fact(
            "valid proposals", percent(valid),
            `${sum.passed} of ${sum.proposals}, ${percent(low)} to ${percent(high)}; by ${experiment.agent}`),
        fact(
            "attempts a unit", fixed(perEach(sum.attempts, sum.units), 2),
            sum.units ? `${plural(sum.attempts, "attempt")} for ${plural(sum.units, "unit")} that passed` :
                        "no unit was written"),
        fact(
            "a valid design costs", each(sum.passed),
            `all stages together; ${count(perEach(sum.tokens, sum.passed))} tokens of models`),
        fact(
            "a confirmed improvement costs", each(sum.confirmed),
            sum.confirmed ? `${flops(sum.flops / sum.confirmed)} of training; ${plural(sum.confirmed, "design")}` :
                            "none is confirmed yet")));
  const left = h("div", {class: "card"}, h("h3", {style: "margin-top:0"}, "Valid rate")),
        right = h("div", {class: "card"}, h("h3", {style: "margin-top:0"}, "Cost by stage"));
  parent.append(h("div", {class: "columns"}, left, right));
  renderValidRate(left, generations);
  right.append(...table(
      "What the ledger holds",
      [
        {head: "stage", row: true, cell: (s) => s.stage}, {head: "times", number: true, cell: (s) => grouped(s.n)},
        {head: "time", number: true, cell: (s) => duration(s.seconds)},
        {head: "each", number: true, cell: (s) => duration(s.seconds / s.n)},
        {head: "tokens", number: true, cell: (s) => count(s.tokens)},
        {head: "money", number: true, cell: (s) => dollars(s.dollars)}
      ],
      stages));
  const money = [
    {head: "tokens", number: true, cell: (y) => count(y.tokens)},
    {head: "money", number: true, cell: (y) => dollars(y.dollars)},
    {head: "time", number: true, cell: (y) => duration(y.seconds)},
    {head: "money a valid one", number: true, cell: (y) => dollars(perEach(y.dollars, y.passed))}
  ];
  parent.append(
      h("div", {class: "card"},
        table(
            "By operation: what each kind of change came to", yieldColumns("operation", (y) => y.operation), operations,
            {class: "wide"})),
      h("details", {}, h("summary", {}, "By generation"),
        table(
            "By generation", yieldColumns("generation", (y) => y.generation).concat(money), generations,
            {class: "wide"})));
}

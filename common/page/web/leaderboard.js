// The leaderboard of a rung: sort by any column, filter, pick up to six designs and compare them.
const kRowsShown = 50, kMostCompared = 6;
const board = {
  rung: null,
  sort: null,
  down: false,
  filter: "",
  only: "",
  first: 0,
  picked: new Set()
};

function boardRows() {
  const rows = rowsOf(all().standings[board.rung].rows);
  let rank = 0;
  rows.forEach((row) => {
    row.rank = row.marks & (4 | 8 | 16 | 32) ? null : ++rank;
  });
  return rows;
}
function shownRows(rows) {
  const words = board.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (row) =>
      `${designs().name[row.design]} ${designs().block[row.design]} ${designs().operation[row.design]} ` +
      `${designs().agent[row.design]} ${marksOf(row.marks).map((m) => m[1]).join(" ")}`.toLowerCase();
  const kept = rows.filter(
      (row) => words.every((w) => text(row).toLowerCase().includes(w)) &&
          (!board.only || (board.only === "better" ? row.lower > 0 : row.marks & Number(board.only))));
  if (!board.sort) return kept;
  const value = (row) => (board.sort === "design" ? row.design : row[board.sort]);
  const order = board.down ? d3.descending : d3.ascending;
  return kept.sort((a, b) => (value(a) === null) - (value(b) === null) || order(value(a), value(b)));
}

// The interval drawn in its cell: a line from lower to upper, a dot at the difference, a tick at zero.
function intervalMark(row, scale) {
  const svg = d3.create("svg").attr("width", 120).attr("height", 18).attr("aria-hidden", "true");
  svg.append("line").attr("class", "zero").attr("x1", scale(0)).attr("x2", scale(0)).attr("y1", 1).attr("y2", 17);
  if (isNumber(row.lower)) {
    const color = row.lower > 0 ? "var(--good)" : row.upper < 0 ? "var(--bad)" : "var(--soft)";
    const clamp = (x) => Math.max(1, Math.min(119, scale(x)));
    svg.append("line")
        .attr("x1", clamp(row.lower))
        .attr("x2", clamp(row.upper))
        .attr("y1", 9)
        .attr("y2", 9)
        .style("stroke", color)
        .attr("stroke-width", 2);
    svg.append("circle").attr("cx", clamp(row.difference)).attr("cy", 9).attr("r", 3.5).style("fill", color);
  }
  return svg.node();
}

function boardColumns(scale, redraw) {
  const confidence = `${Math.round(100 * all().experiment.confidence)} % interval`;
  const sorter = (key, head) =>
      h("button", {
        class: "sort",
        type: "button",
        "aria-label": `sort by ${head}`,
        onclick: () => {
          if (board.sort === key)
            board.down = !board.down;
          else {
            board.sort = key;
            board.down = false;
          }
          board.first = 0;
          redraw(key);
        }
      },
        head, board.sort === key ? (board.down ? " ▾" : " ▴") : "");
  const column = (key, head, cell, more = {}) => ({
    head: sorter(key, head),
    cell,
    sorted: board.sort === key ? (board.down ? "descending" : "ascending") : null,
    ...more
  });
  const pick = (row) => h("input", {
    type: "checkbox",
    "aria-label": `compare ${designs().name[row.design]}`,
    checked: board.picked.has(row.design),
    onchange: (event) => {
      if (!event.target.checked)
        board.picked.delete(row.design);
      else if (board.picked.size < kMostCompared)
        board.picked.add(row.design);
      else
        event.target.checked = false;
      redraw();
    }
  });
  return [
    {head: h("span", {title: "compare"}, "⚖"), cell: pick},
    column("rank", "#", (r) => r.rank ?? kNone, {number: true}),
    column("design", "design", (r) => designLink(r.design), {row: true}),
    column("bits_per_byte", "bits/byte", (r) => fixed(r.bits_per_byte), {number: true}),
    column(
        "difference", "better by", (r) => signed(r.difference),
        {number: true, title: "bits per byte below the baseline, on paired seeds"}),
    column(
        "lower", confidence,
        (r) => [h("span", {style: "white-space:nowrap"}, interval(r.lower, r.upper)), intervalMark(r, scale)]),
    column(
        "half", "at half", (r) => signed(r.half),
        {number: true, title: "the same after half the tokens: a lead that shrinks from there means learning speed"}),
    column(
        "p", "p fresh",
        (r) =>
            (r.p === null     ? kNone :
                 r.p < 0.0001 ? "< 0.0001" :
                                String(r.p)),
        {number: true, title: "of the confirmation shard on fresh seeds, uncorrected"}),
    column("seeds", "seeds", (r) => r.seeds, {number: true}),
    column(
        "multiplier", "rate", (r) => `${fixed(r.multiplier, 2)}×`,
        {number: true, title: "the learning-rate multiplier that was best for the design"}),
    column("parameters", "parameters", (r) => count(r.parameters), {number: true}),
    column("marks", "marks", (r) => marksOf(r.marks).map(([, word, kind,
                                                           title]) => h("span", {class: `mark ${kind}`, title}, word))),
    {head: "block", class: "block", cell: (r) => blockText(r.design)},
  ];
}

function renderLeaderboard(parent) {
  const standings = all().standings;
  const trained = standings.map((s, i) => i).filter((i) => standings[i].rows.design.length);
  if (!trained.length) return void parent.append(h("p", {class: "soft"}, "Nothing is trained and evaluated yet."));
  if (board.rung === null || !trained.includes(board.rung)) board.rung = trained[trained.length - 1];
  const place = h("div", {}), compared = h("div", {"aria-live": "polite"});
  const draw = (focus) => {
    place.replaceChildren();
    const rows = shownRows(boardRows());
    const page = rows.slice(board.first, board.first + kRowsShown);
    const ends = page.flatMap((r) => [r.lower, r.upper, r.difference]).filter(isNumber);
    const span = Math.max(1e-6, d3.quantile(ends.map(Math.abs).sort(d3.ascending), 0.9) || 1);
    const scale = d3.scaleLinear().domain([-span, span]).range([4, 116]);
    const rung = all().ladder.rungs[board.rung];
    place.append(...table(
        `${rung.name}: ${plural(rows.length, "design")}; ${count(rung.tokens)} tokens a run; reference ${
            rung.reference}; ` +
            `seed noise ${withError(rung.noise)} bits/byte (${rung.noise_source})`,
        boardColumns(scale, draw), page, {class: "wide"}));
    if (rows.length > kRowsShown) {
      const turn = (by) => () => {
        board.first += by;
        draw();
      };
      place.append(
          h("div", {class: "controls"},
            h("button", {type: "button", disabled: board.first === 0, onclick: turn(-kRowsShown)}, "Previous"),
            h("span", {class: "soft"}, `${board.first + 1} to ${board.first + page.length} of ${grouped(rows.length)}`),
            h("button", {type: "button", disabled: board.first + kRowsShown >= rows.length, onclick: turn(kRowsShown)},
              "Next")));
    }
    if (focus) place.querySelector(`th[aria-sort] button`)?.focus();
    compared.replaceChildren();
    if (board.picked.size)
      renderComparison(compared, [...board.picked], () => {
        board.picked.clear();
        draw();
      });
  };
  const again = (key) => (value) => {
    board[key] = key === "rung" ? Number(value) : value;
    board.first = 0;
    draw();
  };
  parent.append(
      h("div", {class: "controls"},
        choice("rung", trained.map((i) => [i, standings[i].rung]).reverse(), board.rung, again("rung")),
        choice(
            "show",
            [
              ["", "all designs"], ["better", "interval above zero"], ["2", "confirmed"], ["1", "baselines"],
              ["4", "audits"], ["8", "diverged"]
            ],
            board.only, again("only")),
        h("label", {}, "filter", h("input", {
            type: "search",
            value: board.filter,
            placeholder: "name, unit, operation",
            oninput: (event) => again("filter")(event.target.value)
          }))),
      place, compared);
  draw();
  parent.append(
      h("p", {class: "note"},
        "Better by: bits per byte of the validation shard below the baseline's, on paired seeds. " +
            "The interval is that of a t-test moderated by the rung's seed noise."));
}

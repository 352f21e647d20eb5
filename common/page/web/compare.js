// Up to six designs side by side: what they are, what they scored at each rung, and their curves together.
function renderComparison(parent, picked, close) {
  const {rungs} = all().ladder;
  const pages = picked.map(designPage);
  const lines = [
    ["operation", (i, page) => page.origin?.operation || kNone],
    ["parents", (i) => designs().parents[i].map((p) => designs().name[p]).join(", ") || kNone],
    ["block", blockText],
  ];
  rungs.forEach((rung, r) => {
    const rows = new Map(rowsOf(all().standings[r].rows).map((row) => [row.design, row]));
    if (!picked.some((i) => rows.has(i))) return;
    lines.push([`${rung.name}: bits/byte`, (i) => fixed(rows.get(i)?.bits_per_byte)]);
    lines.push([
      `${rung.name}: better by`,
      (i) => {
        const row = rows.get(i);
        return row && isNumber(row.difference) ? `${signed(row.difference)} (${interval(row.lower, row.upper)})` :
                                                 kNone;
      }
    ]);
    lines.push([`${rung.name}: FLOP a token`, (i, page) => scaled(page.check?.fits?.[rung.name]?.flops_per_token)]);
  });
  const columns = [{head: "", row: true, cell: (line) => line[0]}].concat(
      picked.map((i, k) => ({head: designLink(i), cell: (line) => line[1](i, pages[k])})));
  const card =
      h("div", {class: "card"}, h("h3", {style: "margin-top:0"}, `Compared: ${plural(picked.length, "design")}`),
        h("button", {type: "button", onclick: close}, "Clear"), table("Side by side", columns, lines, {class: "wide"}));
  parent.append(card);
  const scale = rungs[board.rung].name;
  const curves = picked
                     .map((i, k) => ({
                            design: i,
                            flops_per_token: (pages[k].check?.fits?.[scale]?.flops_per_token || NaN) * 3,
                            seeds: pages[k]
                                       .runs
                                       .filter(
                                           (run) => run.scale === scale && run.curve.s &&
                                               run.multiplier === bestMultiplier(i, board.rung))
                                       .map((run) => ({...run.curve, seed: run.seed})),
                          }))
                     .filter((line) => line.seeds.length);
  if (curves.length) renderCurves(card, curves, rungs[board.rung], {x: "tokens", y: "loss", log: true});
}
function bestMultiplier(design, rung) {
  const {rows} = all().standings[rung];
  const at = rows.design.indexOf(design);
  return at < 0 ? null : rows.multiplier[at];
}

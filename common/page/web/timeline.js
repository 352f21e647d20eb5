// When the work was done: seconds of work in each span of time, by stage, so the height is how many tasks ran at once.
const kStageColors = ["var(--c3)", "var(--c1)", "var(--c4)", "var(--c2)", "var(--c0)", "var(--c5)"];
const kStages = ["propose", "review", "implement", "check", "pretrain", "evaluate"];

function renderTimeline(parent) {
  const {start, width, stages, done} = all().timeline;
  if (!start)
    return void parent.append(h("p", {class: "soft"}, "The ledger is empty: no stage has finished anything yet."));
  const names = kStages.filter((s) => stages[s]).concat(Object.keys(stages).filter((s) => !kStages.includes(s)));
  const n = stages[names[0]].length, began = new Date(start);
  const time = n * width > 2 * 86400 ? d3.utcFormat("%d %b %H:%M") : d3.utcFormat("%H:%M");
  const rows = d3.range(n).map((i) => ({
                                 i,
                                 at: new Date(began.getTime() + 1000 * width * i),
                                 ...Object.fromEntries(names.map((s) => [s, stages[s][i] / width]))
                               }));
  const keys = names.map(
      (s) => [s, s, kStages.includes(s) ? kStageColors[kStages.indexOf(s) % kStageColors.length] : "var(--soft)"]);
  const f = stackedColumns(
      parent, `Work by stage from ${start}`, rows, keys,
      {x: (r) => r.i, xName: "", yName: "tasks at once", format: (v) => String(Number(v.toPrecision(2)))});
  f.plot.select(".axis").selectAll("text").text((i) => time(rows[i].at));
  f.figure.append(
      h("p", {class: "note"},
        `From ${start.replace("T", " ").replace("Z", "")} UTC in parts of ${
            duration(width)}. The ledger tells how long work took and when its job began, ` +
            `so pauses within a job are not seen.`));
  f.figure.append(asTable(
      "Finished and worked, by stage",
      [
        {head: "stage", row: true, cell: (s) => s},
        {head: "finished", number: true, cell: (s) => grouped(d3.sum(done[s]))},
        {head: "work", number: true, cell: (s) => duration(d3.sum(stages[s]))}
      ],
      names));
}

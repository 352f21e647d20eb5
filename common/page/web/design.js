// A page a design: where it comes from, what it is, what was said of it, what it scored, how to have it again.
function renderOrigin(parent, i, page) {
  const {origin} = page, d = designs();
  const family = d.parents[i].length ? d.parents[i].flatMap((p, k) => [k ? ", " : "", designLink(p)]) : "none";
  const childList = d3.range(designCount()).filter((c) => d.parents[c].includes(i));
  parent.append(
      h("dl", {class: "pairs"}, h("dt", {}, "parents"), h("dd", {}, family), h("dt", {}, "children"),
        h("dd", {},
          childList.length ? childList.slice(0, 30)
                                 .flatMap((c, k) => [k ? ", " : "", designLink(c)])
                                 .concat(childList.length > 30 ? ` and ${childList.length - 30} more` : "") :
                                                                 "none"),
        origin?.operation ?
                                                [
              h("dt", {}, "operation"),
              h("dd", {}, origin.operation, origin.where ? [" at ", h("code", {}, origin.where)] : "")
            ] :
                                                [],
        origin?.agent ?
            [
              h("dt", {}, "by"),
              h("dd", {}, origin.agent, origin.attempt ? `, draft ${origin.attempt}` : "",
                origin.tokens ? `; ${count(origin.tokens)} tokens, ${dollars(origin.dollars)}` : "")
            ] :
                                [],
        origin?.rationale ? [h("dt", {}, "why"), h("dd", {}, origin.rationale)] : [], h("dt", {}, "block"),
        h("dd", {}, blockText(i)),
        page.check?.design_id ?
            [
              h("dt", {}, "identities"),
              h("dd", {}, "design ", h("code", {}, page.check.design_id), ", computation ",
                h("code", {}, page.check.trace_id))
            ] :
            []));
}

function renderScores(parent, i, page) {
  const rungs = all().ladder.rungs;
  const rows = all().standings.flatMap(
      (s, r) => rowsOf(s.rows).filter((row) => row.design === i).map((row) => ({...row, rung: rungs[r]})));
  if (rows.length) {
    parent.append(...table("Against the baseline, on paired seeds", [
      { head: "rung", row: true, cell: (r) => r.rung.name },
      { head: "bits/byte", number: true, cell: (r) => fixed(r.bits_per_byte) },
      { head: "better by", number: true, cell: (r) => signed(r.difference) },
      { head: `${Math.round(100 * all().experiment.confidence)} % interval`, class: "interval",
        cell: (r) => interval(r.lower, r.upper) },
      { head: "shrunk", number: true, cell: (r) => signed(r.posterior),
        title: "posterior mean: shrunk by what noise explains" },
      { head: "fresh, held out", number: true, cell: (r) => signed(r.confirmation),
        title: "on the confirmation shard, seeds that chose nothing" },
      { head: "p", number: true, cell: (r) => (r.p === null ? kNone : r.p) },
      { head: "seeds", number: true, cell: (r) => r.seeds },
      { head: "rate", number: true, cell: (r) => `${fixed(r.multiplier, 2)}× of ${r.rates}` },
      { head: "parameters", number: true, cell: (r) => grouped(r.parameters) },
      { head: "marks", cell: (r) => marksOf(r.marks).map(([, word, kind, title]) =>
          h("span", { class: `mark ${kind}`, title }, word)) }], rows));
  }
  if (!page.runs.length) return void parent.append(h("p", {class: "soft"}, "It was not trained."));
  const shard = (run, name) => run.evaluation?.shards?.[name];
  const verdict = (r) => {
    if (!r.result) return h("span", {class: "warn"}, "unfinished");
    return h(
        "span", {class: r.result.verdict === "done" ? "" : "bad", title: r.result.reason || null}, r.result.verdict);
  };
  const learned = (s) => (s ? fixed(s.untrained_bits_per_byte - s.bits_per_byte) : kNone);
  const score = (s) =>
      (!s                       ? kNone :
           s.standard_error > 0 ? withError(s.bits_per_byte, s.standard_error) :
                                  fixed(s.bits_per_byte));
  parent.append(...table(
      "Runs: bits per byte ± standard error over documents, beside the same model untrained",
      [
        {head: "run", row: true, cell: (r) => r.run},
        {head: "verdict", cell: verdict},
        {head: "steps", number: true, cell: (r) => grouped(r.result?.steps)},
        {head: "tokens", number: true, cell: (r) => count(r.result?.tokens)},
        {head: "FLOP", number: true, cell: (r) => scaled(r.result?.flops)},
        {head: "loss, nats a token", number: true, cell: (r) => fixed(r.result?.loss)},
        {head: "validation", number: true, cell: (r) => score(shard(r, "validation"))},
        {head: "confirmation", number: true, cell: (r) => score(shard(r, "confirmation"))},
        {head: "untrained", number: true, cell: (r) => fixed(shard(r, "validation")?.untrained_bits_per_byte)},
        {head: "learned", number: true, cell: (r) => learned(shard(r, "validation"))},
        {head: "weights", cell: (r) => (r.result ? h("code", {}, r.result.weights_hash) : "")},
      ],
      page.runs, {class: "wide"}));
  renderTasks(parent, page);
}

function renderTasks(parent, page) {
  const rows = page.runs.flatMap(
      (run) => Object.entries({...run.tasks?.groups, ...run.tasks?.tasks})
                   .flatMap(
                       ([task, score]) =>
                           Object.entries(score.metrics)
                               .map(([metric, m]) => ({run: run.run, task, items: score.items, metric, ...m}))));
  if (rows.length) {
    parent.append(
        h("details", {open: rows.length < 30 || null}, h("summary", {}, "Tasks: they describe, and rank nothing"),
          table(
              "Tasks, beside the same model untrained on the same first items",
              [
                {head: "task", row: true, cell: (t) => t.task}, {head: "metric", cell: (t) => t.metric},
                {head: "run", cell: (t) => t.run}, {head: "items", number: true, cell: (t) => grouped(t.items)},
                {head: "value", number: true, cell: (t) => withError(t.value, t.standard_error)},
                {head: "untrained", number: true, cell: (t) => fixed(t.untrained, 3)},
                {head: "trained, same items", number: true, cell: (t) => fixed(t.on_the_same, 3)}, {
                  head: "",
                  cell: (t) => (t.beats_untrained ? "" : h("span", {class: "mark bad"}, "no better than untrained"))
                }
              ],
              rows)));
  }
}

function renderDesignCurves(parent, page) {
  const scales = [...new Set(page.runs.filter((r) => r.curve.s).map((r) => r.scale))];
  for (const name of scales) {
    const rung = all().ladder.rungs.find((r) => r.name === name);
    if (!rung) continue;
    const byRate = d3.nest().key((r) => r.multiplier).entries(page.runs.filter((r) => r.scale === name && r.curve.s));
    const lines = byRate.map(({key, values}) => ({
                               label: `rate ${fixed(Number(key), 2)}×,`,
                               design: designIndex(page.name),
                               flops_per_token: 1,
                               seeds: values.map((r) => ({...r.curve, seed: r.seed}))
                             }));
    parent.append(h("h3", {}, `Curves at ${name}`));
    const place = h("div", {});
    parent.append(place);
    renderCurves(place, lines, rung, {x: "tokens", y: "loss", log: true});
  }
}

function renderChecks(parent, check) {
  if (!check) return void parent.append(h("p", {class: "soft"}, "The gate has not judged it."));
  parent.append(h("p", {}, check.passed ? h("span", {class: "good"}, `Passed the ${check.tier} tier.`) : [
    h("strong", {class: "bad"}, `Refused: ${check.reason}`), check.unit ? ` at ${check.unit}` : "",
    check.evidence ? `. ${check.evidence}` : "", check.hint ? `. ${check.hint}` : ""
  ]));
  const fits = Object.entries(check.fits || {});
  if (fits.length) {
    parent.append(...table("Fitted to the scales, against the GPT2 seed", [
      { head: "scale", row: true, cell: ([name]) => name },
      { head: "blocks", number: true, cell: ([, f]) => f.n_blocks },
      { head: "multiplier", number: true, cell: ([, f]) => fixed(f.multiplier, 3) },
      { head: "parameters", number: true, cell: ([, f]) => grouped(f.parameters) },
      { head: "of the seed's", number: true, cell: ([, f]) => percent(f.parameters / f.target_parameters, 1) },
      { head: "FLOP a token", number: true, cell: ([, f]) => scaled(f.flops_per_token) },
      { head: "of the seed's", number: true, cell: ([, f]) => fixed(f.flops_per_token / f.seed_flops_per_token, 2) },
      { head: "", cell: ([, f]) => (f.fits ? "fits" : h("span", { class: "mark bad" }, "does not fit")) }], fits));
  }
  const kind = {ok: "good", no: "bad", warning: "warn"};
  parent.append(h("details", {}, h("summary", {}, plural(check.checks.length, "check")), table("Checks", [
    { head: "check", row: true, cell: (m) => m.name },
    { head: "verdict", cell: (m) => h("span", { class: kind[m.verdict] || "" }, m.verdict) },
    { head: "value", number: true, cell: (m) => Number(m.value.toPrecision(3)) },
    { head: "limit", number: true, cell: (m) => Number(m.limit.toPrecision(3)) },
    { head: "time", number: true, cell: (m) => duration(m.seconds) },
    { head: "evidence", cell: (m) => [m.unit, m.evidence, m.hint].filter(Boolean).join(": ") }], check.checks)));
}

function renderWords(parent, page) {
  const {review, implementation, calls} = page;
  if (page.proposal) parent.append(h("div", {class: "card"}, h("h2", {}, "Proposal"), prose(page.proposal)));
  if (review) {
    parent.append(
        h("div", {class: "card"}, h("h2", {}, "Review"),
          h("p", {}, h("strong", {class: review.accepted ? "good" : "bad"}, review.accepted ? "Accepted" : "Rejected"),
            `, rating ${fixed(review.rating, 1)} of 5, novelty ${fixed(review.novelty, 2)}, FLOP a token ${
                fixed(review.flops_ratio, 2)} of the seed's.`),
          h("ul", {}, review.reasons.map((r) => h("li", {}, r))),
          review.relatives.length ?
              h("p", {class: "soft"}, "Nearest: ",
                review.relatives.map(
                    (name,
                     k) => [k ? ", " : "", designIndex(name) !== undefined ? designLink(designIndex(name)) : name])) :
              "",
          calls.filter((c) => c.text)
              .map((c) => h("details", {}, h("summary", {}, `${c.call}: what ${c.model} said`), prose(c.text)))));
  }
  if (implementation) {
    parent.append(h("div", { class: "card" }, h("h2", {}, "Implementation"), h("p", {},
      implementation.built ? h("span", { class: "good" }, "Built.")
        : h("strong", { class: "bad" }, `Not built: ${implementation.reason}`)),
      implementation.attempts.length ? table("Attempts, and what each was told", [
        { head: "slot", row: true, cell: (a) => slotName(a.slot) },
        { head: "unit", cell: (a) => [unitPage(a.unit).class, " ", h("code", {}, a.unit)] },
        { head: "told", cell: (a) => (a.told === "passed" ? h("span", { class: "good" }, "passed")
          : h("pre", { class: "prose" }, a.told)) }], implementation.attempts) : ""));
  }
  if (calls.length) {
    parent.append(h(
        "div", {class: "card"}, h("h2", {}, "Models asked"),
        table(
            "Calls",
            [
              {head: "call", row: true, cell: (c) => c.call}, {head: "role", cell: (c) => c.role},
              {head: "model", cell: (c) => c.model}, {head: "read", number: true, cell: (c) => grouped(c.input_tokens)},
              {head: "written", number: true, cell: (c) => grouped(c.output_tokens)},
              {head: "money", number: true, cell: (c) => dollars(c.dollars)},
              {head: "time", number: true, cell: (c) => duration(c.seconds)}, {head: "", cell: (c) => c.fault || ""}
            ],
            calls)));
  }
}

function renderCommands(parent, page) {
  if (!page.commands.length) return;
  const card =
      h("div", {class: "card"}, h("h2", {}, "The same again"),
        h("p", {class: "soft"}, "From the folder that holds the experiment; no model is asked."));
  for (const text of page.commands) {
    const button =
        h("button", {
          type: "button",
          onclick: () => navigator.clipboard?.writeText(text).then(() => {
            button.textContent = "Copied";
          })
        },
          "Copy");
    card.append(h("div", {class: "command"}, h("pre", {}, text), button));
  }
  parent.append(card);
}

function renderDesign(parent, i) {
  const page = designPage(i), d = designs();
  const marks = all().standings.flatMap((s) => {
    const k = s.rows.design.indexOf(i);
    return k < 0 ? [] : marksOf(s.rows.marks[k]);
  });
  const card = (name, ...content) => {
    const c = h("div", {class: "card"}, name ? h("h2", {}, name) : null, content);
    parent.append(c);
    return c;
  };
  const neighbour = (k, text) => (k >= 0 && k < designCount() ? h("a", {href: `#${d.name[k]}`}, text) : "");
  parent.append(
      h("p", {style: "margin-top:1rem"}, h("a", {href: "#leaderboard"}, "Leaderboard"), " · ",
        h("a", {href: "#family"}, "Family"), " · ", neighbour(i - 1, "previous"), " ", neighbour(i + 1, "next")),
      h("h1", {}, designLabel(i)),
      h("p", {},
        [...new Map(marks.map((m) => [m[1], m])).values()].map(
            ([, word, kind, title]) => h("span", {class: `mark ${kind}`, title}, word)),
        h("span", {class: "soft"}, fateText(i))));
  if (page.fault) parent.append(h("p", {class: "bad"}, page.fault));
  renderOrigin(card("Origin"), i, page);
  renderScores(card("Scores"), i, page);
  renderDesignCurves(parent.lastElementChild, page);
  if (page.tree) renderUnits(card("Units"), page.tree);
  const parentIndex = d.parents[i][0];
  if (parentIndex !== undefined && page.tree)
    renderDifference(card(`Difference to its parent ${d.name[parentIndex]}`), page, designPage(parentIndex));
  renderWords(parent, page);
  renderChecks(card("Gate"), page.check);
  if (page.probes) renderProbes(card("Probes: features, never a rank"), page.probes);
  if (page.decisions.length) {
    card("Decisions")
        .append(...table(
            "What select decided, and why",
            [
              {head: "generation", row: true, cell: (s) => s.generation}, {head: "stage", cell: (s) => s.stage}, {
                head: "",
                cell: (s) => h("span", {class: s.chosen ? "good" : "soft"}, s.chosen ? "chosen" : "passed over")
              },
              {head: "role", cell: (s) => s.role}, {
                head: "estimate",
                number: true,
                cell: (s) =>
                    (s.lower === 0 && s.upper === 0 ? kNone : `${signed(s.estimate)} (${interval(s.lower, s.upper)})`)
              },
              {head: "reason", cell: (s) => s.reason}
            ],
            page.decisions, {class: "wide"}));
  }
  renderCommands(parent, page);
}

function renderProbes(parent, probes) {
  parent.append(...table(
      `Synthetic tasks on two blocks at ${probes.scale}'s width, ${probes.setting}`,
      [
        {head: "task", row: true, cell: (s) => s.task}, {head: "setting", cell: (s) => s.setting},
        {head: "accuracy", number: true, cell: (s) => withError(s.accuracy, s.deviation)},
        {head: "chance", number: true, cell: (s) => fixed(s.chance, 3)},
        {head: "", cell: (s) => (s.saturated ? "saturated" : "")}
      ],
      probes.scores));
}

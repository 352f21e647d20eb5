// The experiment's data: blocks of JSON in this file, each parsed when it is first needed.
const parsed = new Map();
function block(id) {
  if (!parsed.has(id)) {
    const element = document.getElementById(id);
    parsed.set(id, element ? JSON.parse(element.textContent) : null);
  }
  return parsed.get(id);
}
const all = () => block("data");
const designs = () => all().designs;
const designCount = () => designs().name.length;
const designIndex = (name) => {
  if (!parsed.has("index")) parsed.set("index", new Map(designs().name.map((text, i) => [text, i])));
  return parsed.get("index").get(name);
};
const designPage = (i) => {
  const n = all().designs_a_block;
  return block(`designs-${Math.floor(i / n)}`)[i % n];
};
const unitPage = (hash) => (block(`units-${hash.slice(0, 2)}`) || {})[hash] || {class: hash, source: "", file: ""};
const generationOf = (i) => Number(designs().name[i].slice(1, 4));

// Marks of a leaderboard's row, as section_ladder.cpp sets them.
const kMarks = [
  [2, "confirmed", "good", "better on fresh seeds and the confirmation shard, after Holm's correction"],
  [1, "baseline", "", "a design of generation 0"],
  [4, "audit", "", "promoted at random, to measure what the lower rung tells"],
  [8, "diverged", "bad", "its training diverged"],
  [16, "quarantined", "warn", "too good to be true: a person must look at it"],
  [32, "as untrained", "bad", "no better than the same model untrained"],
];
const marksOf = (bits) => kMarks.filter(([bit]) => bits & bit);

// Column tables to rows: {design: [0, 1], p: [.1, .2]} to [{design: 0, p: .1}, …].
function rowsOf(columns) {
  const names = Object.keys(columns);
  return columns.design.map((_, i) => Object.fromEntries(names.map((name) => [name, columns[name][i]])));
}

// "g000-001 mamba2": a baseline is known by its name.
function designLabel(i) {
  const name = designs().name[i], slot = Number(name.slice(5));
  const baseline = generationOf(i) === 0 && all().experiment.baselines[slot];
  return baseline ? `${name} ${baseline}` : name;
}

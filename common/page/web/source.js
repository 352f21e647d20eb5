// Python source with its words told apart: a page of our own needs five kinds, not a grammar.
const kWords = new Set(
    ("False None True and as assert async await break class continue def del elif else except finally for from global if " +
     "import in is lambda nonlocal not or pass raise return try while with yield match case self super")
        .split(" "));
const kToken =
    /("""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)|(#[^\n]*)|(\b(?:0[xX][\da-fA-F_]+|\d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?\d+)?j?)\b|\.\d[\d_]*)|([A-Za-z_]\w*)/g;

// Spans of a text; the kinds are keyword, string, comment, number, defined name.
function highlighted(text) {
  const out = [];
  let at = 0, before = "";
  for (const match of text.matchAll(kToken)) {
    const [word, string, comment, number, name] = match;
    if (match.index > at) out.push(text.slice(at, match.index));
    const kind = string                        ? "t-s" :
        comment                                ? "t-c" :
        number                                 ? "t-n" :
        kWords.has(name)                       ? "t-k" :
        before === "def" || before === "class" ? "t-d" :
                                                 null;
    out.push(kind ? h("span", {class: kind}, word) : word);
    at = match.index + word.length;
    before = name || "";
  }
  out.push(text.slice(at));
  return out;
}
const sourceText = (text, label) =>
    h("pre", {tabindex: "0", role: "region", "aria-label": label}, h("code", {}, highlighted(text)));

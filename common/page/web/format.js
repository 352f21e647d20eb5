// Numbers as text, with units and errors; a missing one is a dash that screen readers read as "none".
const kNone = "–";
const isNumber = (x) => typeof x === "number" && Number.isFinite(x);
const minus = (text) => text.replace("-", "−");
const fixed = (x, digits = 4) => (isNumber(x) ? minus(x.toFixed(digits)) : kNone);
const signed = (x, digits = 4) => (isNumber(x) ? (x >= 0 ? "+" : "−") + Math.abs(x).toFixed(digits) : kNone);
const interval = (low, high, digits = 4) =>
    (isNumber(low) ? `${signed(low, digits)} … ${signed(high, digits)}` : kNone);
const percent = (x, digits = 0) => (isNumber(x) ? `${(100 * x).toFixed(digits)} %` : kNone);
const grouped = (x) => (isNumber(x) ? x.toLocaleString("en-US").replaceAll(",", "\u202f") : kNone);
function scaled(x, unit = "", digits = 3) {
  if (!isNumber(x)) return kNone;
  if (x === 0) return `0${unit ? " " + unit : ""}`;
  const steps = ["", "k", "M", "G", "T", "P", "E", "Z"];
  const step = Math.max(0, Math.min(7, Math.floor(Math.log10(Math.abs(x)) / 3 + 1e-9)));
  const value = Number((x / 1000 ** step).toPrecision(digits));
  return unit ? `${value} ${steps[step]}${unit}` : `${value}${steps[step]}`;
}
const flops = (x) => (isNumber(x) && x >= 1e21 ? `${x.toExponential(2)} FLOP` : scaled(x, "FLOP"));
// "5·10¹⁷", as an axis of compute reads.
const power = (x) => {
  const [digits, exponent] = x.toExponential(0).split("e");
  const raised = [...String(Number(exponent))].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] || "⁻").join("");
  return digits === "1" ? `10${raised}` : `${digits}·10${raised}`;
};
const count = (x) => scaled(x).replace("G", "B");
const dollars = (x) => (isNumber(x) ? `$${x >= 100 ? x.toFixed(0) : x.toFixed(x >= 0.1 || x === 0 ? 2 : 4)}` : kNone);
function duration(s) {
  if (!isNumber(s)) return kNone;
  if (s > 0 && s < 0.1) return `${Number((1000 * s).toPrecision(2))} ms`;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 90) return `${Math.round(s)} s`;
  if (s < 5400) return `${(s / 60).toFixed(s < 600 ? 1 : 0)} min`;
  return s < 360000 ? `${(s / 3600).toFixed(1)} h` : `${grouped(Math.round(s / 3600))} h`;
}
// Two digits of the error, and as many of the value: "0.0831 ± 0.0042".
function withError(x, error) {
  if (!isNumber(x)) return kNone;
  if (!isNumber(error) || error <= 0) return minus(String(Number(x.toPrecision(3))));
  const digits = Math.max(0, 1 - Math.floor(Math.log10(error)));
  return `${fixed(x, digits)} ± ${error.toFixed(digits)}`;
}
const plural = (n, noun, more = noun + "s") => `${grouped(n)} ${n === 1 ? noun : more}`;

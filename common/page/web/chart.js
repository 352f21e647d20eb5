// The frame that all charts share: a figure with an SVG as wide as its place, axes by D3, a title that is read aloud.
const kSeries = 6;
const seriesColor = (i) => `var(--c${i % kSeries})`;
const seriesDash = (i) => ["", "7 3", "2 3"][Math.floor(i / kSeries) % 3];
const seriesKey = (i) =>
    h("span",
      {class: "key", style: `border-color:${seriesColor(i)};border-top-style:${seriesDash(i) ? "dashed" : "solid"}`});
const rungColor = (rung) => (rung < 0 ? "var(--r-refused)" : `var(--r${Math.min(rung, 5)})`);

function contentWidth(element) {
  const style = getComputedStyle(element);
  return Math.floor((element.clientWidth || 900) - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
}
// A figure in `parent`: {svg, plot, width, height} with margins taken off.
function frame(parent, label, {
  height = 320,
  margin =
  {
    top: 28, right: 18, bottom: 44, left: 56
  }
} = {}) {
  const total = Math.max(260, contentWidth(parent));
  const figure = h("figure", {});
  parent.append(figure);
  const svg = d3.select(figure)
                  .append("svg")
                  .attr("width", total)
                  .attr("height", height)
                  .attr("viewBox", `0 0 ${total} ${height}`)
                  .attr("role", "img")
                  .attr("aria-label", label);
  svg.append("title").text(label);
  const plot = svg.append("g").attr("transform", `translate(${margin.left},${margin.top})`);
  return {
    figure,
    svg,
    plot,
    left: margin.left,
    width: total - margin.left - margin.right,
    height: height - margin.top - margin.bottom
  };
}
const ticksFor = (width) => Math.max(2, Math.min(8, Math.floor(width / 85)));
// About n values worth a label; on a logarithmic axis round ones: linear steps within a factor of 6, else 1, 2, 5 or
// decades.
function ticksOf(scale, n) {
  const [low, high] = d3.extent(scale.domain());
  if (!scale.base || high / low < 6) return d3.ticks(low, high, n);
  const powers = d3.range(Math.floor(Math.log10(low)), Math.ceil(Math.log10(high)) + 1);
  const within = (digits) => powers.flatMap((e) => digits.map((d) => d * 10 ** e)).filter((x) => x >= low && x <= high);
  const fine = within([1, 2, 5]), decades = within([1]);
  return fine.length <= n + 2 ? fine : decades.filter((_, i) => i % Math.ceil(decades.length / (n + 2)) === 0);
}
function bottomAxis(f, scale, name, format) {
  const axis = d3.axisBottom(scale).tickSizeOuter(0).tickValues(ticksOf(scale, ticksFor(f.width)));
  if (format || scale.base) axis.tickFormat(format || String);
  f.plot.append("g").attr("class", "axis").attr("transform", `translate(0,${f.height})`).call(axis);
  f.plot.append("text")
      .attr("class", "axis-name")
      .attr("x", f.width)
      .attr("y", f.height + 38)
      .attr("text-anchor", "end")
      .text(name);
}
function leftAxis(f, scale, name, format) {
  const ticks = ticksOf(scale, Math.max(3, Math.floor(f.height / 55)));
  const axis = d3.axisLeft(scale).tickSizeOuter(0).tickValues(ticks);
  if (format || scale.base) axis.tickFormat(format || String);
  f.plot.append("g")
      .attr("class", "grid")
      .call(d3.axisLeft(scale).tickValues(ticks).tickSize(-f.width).tickFormat(""))
      .call((g) => g.select(".domain").remove());
  f.plot.append("g").attr("class", "axis").call(axis).call((g) => g.select(".domain").remove());
  f.plot.append("text").attr("class", "axis-name").attr("x", 12 - f.left).attr("y", -12).text(name);
}
function padded([low, high], share = 0.05, log = false) {
  if (log) {
    const ratio = (high / low) ** share || 1.05;
    return [low / Math.max(ratio, 1.01), high * Math.max(ratio, 1.01)];
  }
  const pad = (high - low) * share || Math.abs(high) * 0.05 || 1;
  return [low - pad, high + pad];
}
// Makes marks readable: pointer, keyboard focus and a name for screen readers.
function readable(selection, text, href) {
  selection.attr("tabindex", href ? 0 : null)
      .attr("role", href ? "link" : null)
      .attr("aria-label", (d) => text(d).replaceAll("\n", ", "))
      .on("pointerenter",
          function(d) {
            const at = this.getBoundingClientRect();
            tip.show(text(datum(this, d)), at.right, at.top);
          })
      .on("pointerleave", tip.hide)
      .on("focus",
          function(d) {
            const at = this.getBoundingClientRect();
            tip.show(text(datum(this, d)), at.right, at.top);
          })
      .on("blur", tip.hide);
  if (href) {
    selection.style("cursor", "pointer").each(function() {
      const go = () => {
        location.hash = href(d3.select(this).datum());
      };
      this.addEventListener("click", go);
      this.addEventListener("keydown", (event) => {
        if (event.key === "Enter") go();
      });
    });
  }
}
const datum = (element) => d3.select(element).datum();
function legend(entries) {
  return h(
      "ul", {class: "legend"},
      entries.map(
          (e) =>
              h("li", {}, h("span", {
                  class: e.dot ? "dot" : "key",
                  style: e.dot ? `background:${e.color}` :
                                 `border-color:${e.color};border-top-style:${e.dash ? "dashed" : "solid"}`
                }),
                e.text)));
}

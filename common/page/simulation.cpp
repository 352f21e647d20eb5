#include "page/simulation.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/log.h"
#include "ladder/machine.h"

namespace gradus {
namespace {

std::string number(double x) { return std::isfinite(x) ? format_fixed(x, 3) : "inf"; }
std::string join(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& c : cells) line += (line.empty() ? "" : "\t") + c;
  return line + "\n";
}

std::vector<std::string> names_of(const std::vector<Curve>& curves, std::string Curve::*what) {
  std::vector<std::string> out;
  for (const Curve& c : curves)
    if (std::find(out.begin(), out.end(), c.*what) == out.end()) out.push_back(c.*what);
  return out;
}

constexpr int kPanelWidth = 300, kPanelHeight = 220, kAcross = 4, kMargin = 40;
// Of Okabe and Ito: told apart by everybody.
const char* colour_of(const std::string& policy) {
  const std::vector<std::pair<std::string, const char*>> colours{{"random", "#999999"},
                                                                 {"reference", "#000000"},
                                                                 {"halving", "#56b4e9"},
                                                                 {"asha", "#e69f00"},
                                                                 {"ours", "#d55e00"}};
  for (const auto& [name, colour] : colours)
    if (name == policy) return colour;
  return "#009e73";
}

struct Axes {
  double left, top, low_x, high_x, low_y, high_y;
  std::string x(double v) const {
    const double at = std::log(v / low_x) / std::log(high_x / low_x);
    return format_fixed(left + kMargin + at * (kPanelWidth - kMargin - 10), 1);
  }
  std::string y(double v) const {
    const double at = std::log(std::max(v, low_y) / low_y) / std::log(high_y / low_y);
    return format_fixed(top + kPanelHeight - 30 - at * (kPanelHeight - 50), 1);
  }
};

/// A world's name comes from a file.
std::string escaped(const std::string& words) {
  std::string out;
  for (char c : words) out += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  return out;
}

std::string text(const std::string& x, const std::string& y, const std::string& words, const char* more = "") {
  return "<text x=\"" + x + "\" y=\"" + y + "\" " + more + ">" + escaped(words) + "</text>\n";
}

std::string panel(const std::vector<const Curve*>& curves, double left, double top) {
  Axes axes{left, top, 0.1, 3, 1e9, 0};
  for (const Curve* c : curves)
    for (const CurvePoint& p : c->points)
      if (p.regret.value > 0)
        axes.low_y = std::min(axes.low_y, p.regret.value), axes.high_y = std::max(axes.high_y, p.regret.value);
  if (!(axes.high_y > 0)) axes.low_y = 1e-4, axes.high_y = 1e-3;  // nothing but zeros
  axes.low_y = std::max(axes.low_y, axes.high_y / 1000);
  if (axes.low_y >= axes.high_y) axes.low_y = axes.high_y / 10;
  std::string out =
      text(format_fixed(left + kMargin, 0), format_fixed(top + 14, 0), curves[0]->world, "font-weight=\"bold\"");
  for (double x : {0.1, 0.25, 0.5, 1.0, 2.0}) {
    out += "<line x1=\"" + axes.x(x) + "\" x2=\"" + axes.x(x) + "\" y1=\"" + axes.y(axes.low_y) + "\" y2=\"" +
           axes.y(axes.high_y) + "\" stroke=\"#ddd\"/>\n" +
           text(axes.x(x), format_fixed(top + kPanelHeight - 16, 0), format_g(x), "text-anchor=\"middle\"");
  }
  for (double y : {axes.low_y, axes.high_y})
    out +=
        text(format_fixed(left + kMargin - 4, 0), axes.y(y), format_fixed(y, y < 0.001 ? 5 : 4), "text-anchor=\"end\"");
  for (const Curve* c : curves) {
    std::string points;
    for (const CurvePoint& p : c->points) points += axes.x(p.budget) + "," + axes.y(p.regret.value) + " ";
    const std::string colour = colour_of(c->policy);
    if (c->points.size() == 1)
      out += "<circle r=\"4\" cx=\"" + axes.x(c->points[0].budget) + "\" cy=\"" + axes.y(c->points[0].regret.value) +
             "\" fill=\"" + colour + "\"/>\n";
    else
      out += "<polyline fill=\"none\" stroke-width=\"1.5\" stroke=\"" + colour + "\" points=\"" + points + "\"/>\n";
  }
  return out;
}

}  // namespace

std::vector<std::string> simulation_columns() {
  return {"world", "policy", "budget", "spent", "regret", "low", "high", "best", "low", "high", "reach", "low", "high"};
}

std::string render_simulation(const std::vector<Curve>& curves, bool whole) {
  std::string out;
  for (const Curve& c : curves) {
    const auto nearest = std::min_element(c.points.begin(), c.points.end(), [](const auto& a, const auto& b) {
      return std::abs(a.budget - 1) < std::abs(b.budget - 1);
    });
    for (const CurvePoint& p : c.points) {
      if (!whole && &p != &*nearest) continue;
      std::vector<std::string> cells{c.world, c.policy, number(p.budget), number(p.spent)};
      for (double x : {p.regret.value, p.regret.low, p.regret.high}) cells.push_back(format_fixed(x, 5));
      for (double x : {p.best.value, p.best.low, p.best.high}) cells.push_back(number(x));
      for (double x : {c.reach.value, c.reach.low, c.reach.high}) cells.push_back(number(x));
      out += join(cells);
    }
  }
  return out;
}

std::string render_summary(const std::vector<Curve>& curves) {
  std::string out;
  const size_t worlds = names_of(curves, &Curve::world).size();
  for (const std::string& policy : names_of(curves, &Curve::policy)) {
    if (policy == "reference") continue;
    const Summary s = summarize(curves, policy);
    std::string losses;
    for (const std::string& w : s.losses) losses += (losses.empty() ? "" : ", ") + w;
    out += "# " + policy + ": the reference's regret at " + number(s.median) + " of its compute (median of " +
           std::to_string(worlds) + "), " + number(s.worst) + " in the worst (" + s.worst_world + "); needs more in " +
           (losses.empty() ? "none" : losses) + "\n";
  }
  return out;
}

std::string plot_simulation(const std::vector<Curve>& curves) {
  const auto worlds = names_of(curves, &Curve::world), names = names_of(curves, &Curve::policy);
  const int rows = (int(worlds.size()) + kAcross - 1) / kAcross;
  std::string out =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(kAcross * kPanelWidth + 10) +
      "\" height=\"" + std::to_string(rows * kPanelHeight + 50) +
      "\" font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n" +
      text("40", "20",
           "Regret of the design named (bits per byte at the target) over compute (the reference ladder's is 1)");
  for (size_t i = 0; i < names.size(); ++i)
    out += text(std::to_string(40 + 90 * i), "38", names[i],
                ("font-weight=\"bold\" fill=\"" + std::string(colour_of(names[i])) + "\"").c_str());
  for (size_t w = 0; w < worlds.size(); ++w) {
    std::vector<const Curve*> here;
    for (const Curve& c : curves)
      if (c.world == worlds[w]) here.push_back(&c);
    out += panel(here, double(w % kAcross) * kPanelWidth, 45 + double(w / kAcross) * kPanelHeight);
  }
  return out + "</svg>\n";
}

std::vector<std::string> machine_columns() {
  std::vector<std::string> out{"world"};
  for (const char* name : {"barrier_busy", "async_busy", "hours", "lead", "lead_in_time", "time"})
    for (const char* end : {"", "_low", "_high"}) out.push_back(std::string(name) + end);
  return out;
}

std::string render_machine(const MachineComparison& m) {
  std::vector<std::string> cells{m.world};
  for (const Estimate& e : {m.barrier_busy, m.async_busy, m.hours_ratio, m.lead_gain, m.time_gain, m.time_ratio})
    for (double x : {e.value, e.low, e.high}) cells.push_back(number(x));
  return join(cells);
}

void show_simulation(const SimulationRequest& request, const std::function<void(const std::string&)>& print) {
  if (request.plays < 1 || request.plays > 1'000'000) throw UsageError("--plays must be from 1 to 1000000");
  for (const std::string& name : request.policies) find_policy(name);
  const Worlds worlds = read_worlds(request.worlds);
  if (request.header) print("# " + join(request.machine ? machine_columns() : simulation_columns()));
  for (const auto& [name, world] : request.machine ? worlds : Worlds{})
    print(render_machine(compare_promotion(name, world, {}, int(request.plays))));
  if (request.machine) return;
  std::vector<Curve> all;
  for (const auto& [name, world] : worlds) {
    const auto curves = simulate(name, world, int(request.plays), request.policies);
    print(render_simulation(curves, request.whole));
    all.insert(all.end(), curves.begin(), curves.end());
  }
  print(render_summary(all));
  if (!request.plot.empty()) write_file(request.plot, plot_simulation(all));
}

}  // namespace gradus

#include "ladder/world.h"

#include <algorithm>
#include <cmath>

#include "design/builtin.h"

namespace gradus {
namespace {

struct WorldsFile {
  int format = 1;
  Worlds worlds;
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("worlds", worlds);
  }
};

void check(const World& w, const std::string& name, const YAML::Node& node, Faults& faults) {
  const auto fault = [&](const std::string& key, const std::string& what) {
    const YAML::Node at = node.IsMap() ? node[key] : YAML::Node(YAML::NodeType::Undefined);
    faults.add(at.IsDefined() ? at : node, "worlds." + name + "." + key + ": " + what);
  };
  const size_t n = w.cost.size();
  if (n < 2) fault("cost", "expected two rungs or more");
  if (w.spread.size() != n) fault("spread", "expected a number for each rung of cost");
  if (w.noise.size() != n) fault("noise", "expected a number for each rung of cost");
  if (!w.diverge.empty() && w.diverge.size() != n) fault("diverge", "expected a number for each rung of cost, or none");
  for (const auto& [key, list] : {std::pair{"cost", w.cost}, {"spread", w.spread}})
    if (std::any_of(list.begin(), list.end(), [](double x) { return !(x > 0) || !std::isfinite(x); }))
      fault(key, "must be above 0");
  if (std::any_of(w.noise.begin(), w.noise.end(), [](double x) { return !(x >= 0) || !std::isfinite(x); }))
    fault("noise", "must be 0 or more");
  const auto share = [](double x) { return x >= 0 && x < 1; };
  if (!std::all_of(w.diverge.begin(), w.diverge.end(), share)) fault("diverge", "must be shares, from 0 to below 1");
  if (w.designs < 2) fault("designs", "must be 2 or more");
  if (w.top < 1 || w.top > w.designs) fault("top", "must be from 1 to the number of designs");
  if (!(w.correlation > 0 && w.correlation <= 1)) fault("correlation", "must be above 0 and at most 1");
  for (const auto& [key, value] : {std::pair{"wild", w.wild}, {"fast", w.fast}, {"lost", w.lost}})
    if (!share(value)) fault(key, "must be a share, from 0 to below 1");
  for (const auto& [key, value] : {std::pair{"noise_spread", w.noise_spread},
                                   {"fast_lead", w.fast_lead},
                                   {"rate_width", w.rate_width},
                                   {"rate_loss", w.rate_loss}})
    if (!(value >= 0) || !std::isfinite(value)) fault(key, "must be 0 or more");
}

Worlds parse(const YAML::Node& document, const std::string& name) {
  WorldsFile file;
  Faults faults(name);
  read_settings(document, file, faults, "");
  if (file.format != 1)
    faults.add(document["format"], "format " + std::to_string(file.format) + ", this build reads 1");
  if (file.worlds.empty()) faults.add(document, "no worlds");
  for (const auto& [key, world] : file.worlds) check(world, key, document["worlds"][key], faults);
  faults.finish();
  return file.worlds;
}

// Draws of a design, by index.
enum Draw : uint64_t { kTarget, kNoise, kWild, kFast, kSpeed, kRate, kBroken, kStep = 100 };

}  // namespace

Worlds read_worlds(const Path& file) {
  if (!file.empty()) return parse(load_yaml(file), file.string());
  for (const auto& [name, text] : builtin_configs())
    if (name == "worlds.yaml")
      return parse(parse_yaml(std::string(text), "configs/worlds.yaml"), "configs/worlds.yaml");
  throw Error("worlds.yaml is not built in");
}

Pool::Pool(const World& world, uint64_t key) : world_(world), key_(key) {
  // Correlation of a rung with the one above it: their product down the ladder is the world's.
  const double step = std::pow(world.correlation, 1.0 / (world.rungs() - 1));
  for (int i = 0; i < world.designs; ++i) designs_.push_back(draw(uint64_t(i), {step, std::sqrt(1 - step * step)}));
  for (const Design& d : designs_) worst_ = std::min(worst_, d.lead.back());
  for (int i = 1; i < size(); ++i)
    if (truth(i) > truth(best_)) best_ = i;
}

Pool::Design Pool::draw(uint64_t design, const std::vector<double>& chain) const {
  const Stream draws("world", {key_, design});
  const int n = world_.rungs();
  Design d;
  d.lead.resize(size_t(n));
  double z = draws.normal(kTarget);
  for (int k = n - 1; k >= 0; --k) {
    if (k < n - 1) z = chain[0] * z + chain[1] * draws.normal(kStep + uint64_t(k));
    d.lead[size_t(k)] = world_.spread[size_t(k)] * z;
  }
  if (world_.noise_spread > 0) d.noise = std::exp(world_.noise_spread * draws.normal(kNoise));
  if (draws.uniform(kWild) < world_.wild) d.noise *= 10;
  if (draws.uniform(kFast) < world_.fast) d.speed = world_.fast_lead * std::abs(draws.normal(kSpeed));
  if (world_.rate_width > 0) d.rate = std::clamp(world_.rate_width * draws.normal(kRate), -1.5, 1.5);
  d.broken_from = n;
  for (int k = int(world_.diverge.size()) - 1; k >= 0; --k)
    if (draws.uniform(kBroken + uint64_t(k)) < world_.diverge[size_t(k)]) d.broken_from = k;
  return d;
}

double Pool::truth(int design) const {
  const Design& d = designs_[size_t(design)];
  return d.broken_from < world_.rungs() ? worst_ : d.lead.back();
}

Shown Pool::run(int design, int rung, int seed, int rate) const {
  const Design& d = designs_[size_t(design)];
  const auto k = size_t(rung);
  // A seed's luck belongs to its run; rates of one seed share most of it in truth, here all.
  const Stream luck("run", {key_, uint64_t(design), uint64_t(rung), uint64_t(seed)});
  Shown out;
  for (uint64_t tries = 2; world_.lost > 0 && luck.uniform(tries) < world_.lost; ++tries)
    out.cost += world_.cost[k] / 2;
  if (rung >= d.broken_from) {
    out.diverged = true, out.cost += world_.cost[k] / 2;
    return out;
  }
  out.cost += world_.cost[k];
  const double spread = world_.spread[k], off = rate - d.rate;
  const double fast = d.speed * spread * (1 - std::pow(0.5, world_.rungs() - 1 - rung));
  const double lead = d.lead[k] - world_.rate_loss * spread * off * off;
  const double noise = world_.noise[k] * d.noise;
  out.lead = lead + fast + noise * luck.normal(0);
  // Half of the tokens: the same model younger, hence mostly the same luck.
  out.half_lead = lead + 1.5 * fast + noise * (0.8 * luck.normal(0) + 0.6 * luck.normal(1));
  return out;
}

}  // namespace gradus

#include "agent/genetic.h"

#include <algorithm>
#include <cmath>

#include "agent/rationale.h"
#include "base/error.h"
#include "base/log.h"

namespace gradus {
namespace {

constexpr int kDepth = 1;   // of a random block: its mixer may hold two mixers
constexpr int kTries = 20;  // of one operator

template <class T>
const T& pick(const std::vector<T>& options, Stream& stream) {
  return options[stream.next_below(options.size())];
}

/// "slot 'mixer'", or "the block itself" for the root.
std::string place(const SlotPath& path) { return path.empty() ? "the block itself" : "slot '" + path + "'"; }

/// A tree that nothing can stretch fits a scale by chance only; one made from such a tree may stay as it is.
bool acceptable(const Design& candidate, const Design& parent, const UnitPool& pool) {
  const bool stiff_parent = !parent.root.unit.empty() && !pool.is_elastic(parent);
  return candidate != parent && count_nodes(candidate.root) <= kLargestTree && pool.fault(candidate).empty() &&
         (stiff_parent || pool.is_elastic(candidate));
}

/// The values next to the present one: half and double for numbers, the other for a truth value. Small constants
/// against division by zero and chunk lengths change rounding only, not the design.
std::vector<nlohmann::json> neighbours(const std::string& name, const nlohmann::json& value) {
  if (name.find("eps") != std::string::npos || name.find("chunk") != std::string::npos) return {};
  if (value.is_boolean()) return {!value.get<bool>()};
  if (value.is_number_integer()) {
    const int64_t v = value.get<int64_t>();
    if (v < 1 || v > 4096) return {};
    std::vector<nlohmann::json> out{2 * v};
    if (v >= 2) out.push_back(v / 2);
    return out;
  }
  if (value.is_number_float() && value.get<double>() > 0) return {value.get<double>() * 2, value.get<double>() / 2};
  return {};
}

std::string show(const nlohmann::json& value) {
  return value.is_number_float() ? format_g(value.get<double>()) : value.dump();
}

}  // namespace

/// Mixers first: what mixes tokens is where designs differ most; a norm or a rotary changes little.
SlotPath GeneticEngine::draw_path(const Design& design, bool with_root, Stream& stream) const {
  std::vector<SlotPath> tickets;
  for (const SlotPath& path : all_paths(design)) {
    if (path.empty() && !with_root) continue;
    const SlotInterface slot = pool_.slot_of(design, path);
    int weight = 1;
    if (slot.kind == UnitKind::kSequence) weight = 4;
    if (slot.kind == UnitKind::kToken && !wants_norm(slot)) weight = 2;
    if (path.empty()) weight = 2;
    tickets.insert(tickets.end(), size_t(weight), path);
  }
  return tickets.empty() ? "" : pick(tickets, stream);
}

std::optional<Change> GeneticEngine::rebind(const Design& design, Stream& stream) const {
  const SlotPath path = draw_path(design, true, stream);
  std::vector<std::string> options = path.empty() ? pool_.blocks() : pool_.fillers(pool_.slot_of(design, path));
  const UnitNode& old = *find_node(design, path);
  std::erase(options, old.unit);
  if (options.empty()) return std::nullopt;
  Change c{design, "rebind", path};
  *find_node(c.design, path) = pool_.complete(pick(options, stream), old, 0, stream);
  if (!acceptable(c.design, design, pool_)) return std::nullopt;
  const UnitInterface& unit = pool_.at(find_node(c.design, path)->unit);
  c.what = (path.empty() ? "the block becomes " + unit.class_name + " instead of " + pool_.name(old.unit)
                         : "in " + place(path) + " " + unit.class_name + " takes the place of " + pool_.name(old.unit));
  c.why = why_unit(unit);
  return c;
}

std::optional<Change> GeneticEngine::crossover(const Design& design, const Parent& donor, Stream& stream) const {
  const auto sources = all_paths(donor.design);
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const SlotPath path = draw_path(design, false, stream);
    if (path.empty()) return std::nullopt;
    const SlotInterface slot = pool_.slot_of(design, path);
    std::vector<SlotPath> fitting;  // homologous first: a slot of the same name does the same work
    const std::string name = last_of(path);
    for (const SlotPath& source : sources) {
      const UnitNode& node = *find_node(donor.design, source);
      if (source.empty() || !pool_.has(node.unit) || node == *find_node(design, path)) continue;
      const UnitInterface& unit = pool_.at(node.unit);
      if (misfit(slot, unit).empty() && is_norm(unit) == wants_norm(slot))
        fitting.insert(fitting.end(),
                       source == path                                   ? 4
                       : source == name || source.ends_with("." + name) ? 2
                                                                        : 1,
                       source);
    }
    if (fitting.empty()) continue;
    const SlotPath source = pick(fitting, stream);
    Change c{design, "crossover", path};
    const UnitNode& taken = *find_node(donor.design, source);
    c.what = "in " + place(path) + " " + pool_.name(find_node(design, path)->unit) + " gives way to the " +
             pool_.name(taken.unit) + " subtree of " + donor.name + " (its " + place(source) + ")";
    c.why = "it does its work there, and " + why_unit(pool_.at(taken.unit));
    c.donor = donor.name;
    *find_node(c.design, path) = taken;
    if (acceptable(c.design, design, pool_) && c.design != donor.design) return c;
  }
  return std::nullopt;
}

std::optional<Change> GeneticEngine::graft(const Design& design, Stream& stream) const {
  if (donors_.empty()) return std::nullopt;
  auto change = crossover(design, pick(donors_, stream), stream);
  if (change) change->operation = "graft";
  return change;
}

std::optional<Change> GeneticEngine::argument(const Design& design, Stream& stream) const {
  struct Option {
    SlotPath path;
    std::string name;
    nlohmann::json old, value;
  };
  std::vector<Option> options;
  for (const SlotPath& path : all_paths(design)) {
    const UnitNode& node = *find_node(design, path);
    const UnitInterface& unit = pool_.at(node.unit);
    for (const auto& [name, standard] : unit.defaults) {
      if (unit.fit.count(name)) continue;  // FIT arguments are set by the fit to a scale
      const auto given = node.arguments.find(name);
      const nlohmann::json& old = given == node.arguments.end() ? standard : given->second;
      for (const nlohmann::json& value : neighbours(name, old)) options.push_back({path, name, old, value});
    }
  }
  if (options.empty()) return std::nullopt;
  const Option& o = pick(options, stream);
  Change c{design, "argument", o.path};
  UnitNode& node = *find_node(c.design, o.path);
  node.arguments[o.name] = o.value;
  c.what = o.name + " of " + pool_.name(node.unit) + " in " + place(o.path) + " goes from " + show(o.old) + " to " +
           show(o.value);
  c.why = why_argument(o.name, o.value > o.old);
  return c;
}

std::optional<Change> GeneticEngine::enclose(const Design& design, bool two_mixers, Stream& stream) const {
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const SlotPath path = draw_path(design, false, stream);
    if (path.empty()) return std::nullopt;
    const SlotInterface slot = pool_.slot_of(design, path);
    if (two_mixers && slot.kind != UnitKind::kSequence) continue;
    const UnitNode old = *find_node(design, path);
    struct Option {
      std::string unit;
      const SlotInterface* inner;
    };
    std::vector<Option> options;
    for (const std::string& hash : pool_.fillers(slot)) {
      const UnitInterface& unit = pool_.at(hash);
      std::vector<const SlotInterface*> inner;
      for (const SlotInterface& s : unit.slots)
        if (s.kind == slot.kind && s.kind != UnitKind::kFunction && wants_norm(s) == wants_norm(slot) &&
            misfit(s, pool_.at(old.unit)).empty())
          inner.push_back(&s);
      if (inner.empty() || (inner.size() >= 2) != two_mixers) continue;
      for (const SlotInterface* s : inner) options.push_back({hash, s});
    }
    if (options.empty()) continue;
    const Option& o = pick(options, stream);
    UnitNode keep{o.unit, {}, {{o.inner->name, old}}};
    Change c{design, two_mixers ? "parallel" : "wrap", path};
    *find_node(c.design, path) = pool_.complete(o.unit, keep, two_mixers ? 0 : 1, stream);
    if (!acceptable(c.design, design, pool_)) continue;
    const UnitNode& made = *find_node(c.design, path);
    std::string others;
    for (const auto& [name, child] : made.slots)
      if (name != o.inner->name && !is_norm(pool_.at(child.unit)))
        others += (others.empty() ? "" : " and ") + pool_.name(child.unit);
    c.what = "in " + place(path) + " " + pool_.name(old.unit) +
             (two_mixers ? " is joined by " + others + " in " + pool_.name(o.unit)
                         : " is wrapped in " + pool_.name(o.unit) + (others.empty() ? "" : " with " + others));
    c.why = why_unit(pool_.at(o.unit));
    return c;
  }
  return std::nullopt;
}

std::optional<Change> GeneticEngine::wrap(const Design& design, Stream& stream) const {
  return enclose(design, false, stream);
}
std::optional<Change> GeneticEngine::parallel(const Design& design, Stream& stream) const {
  return enclose(design, true, stream);
}

std::optional<Change> GeneticEngine::scratch(Stream& stream) const {
  const auto blocks = pool_.blocks();
  if (blocks.empty()) return std::nullopt;
  Change c{{pool_.complete(pick(blocks, stream), {}, kDepth, stream)}, "scratch", ""};
  if (!acceptable(c.design, {}, pool_)) return std::nullopt;
  c.what = "a new block is drawn: " + to_line(c.design, [&](const std::string& hash) { return pool_.name(hash); });
  c.why = "a start far from all parents keeps the search from settling too early";
  return c;
}

std::vector<std::pair<std::string, double>> GeneticEngine::shares() const {
  std::vector<std::pair<std::string, double>> out{
      {"rebind", 0.40}, {"parallel", 0.25}, {"wrap", 0.15}, {"graft", 0.10}, {"argument", 0.10}};
  const auto rate = [](const OperatorRecord& r) { return double(r.won + 1) / double(r.tried + 2); };
  OperatorRecord all;
  for (const auto& [operation, share] : out)
    if (const auto r = records_.find(operation); r != records_.end())
      all.tried += r->second.tried, all.won += r->second.won;
  if (all.tried == 0) return out;
  double sum = 0;
  for (auto& [operation, share] : out) {
    const auto r = records_.find(operation);
    // One that nobody has tried stays at its share; one that has never won is still drawn.
    if (r != records_.end()) share *= std::clamp(rate(r->second) / rate(all), 1.0 / 3, 3.0);
    sum += share;
  }
  for (auto& [operation, share] : out) share /= sum;
  return out;
}

std::optional<Change> GeneticEngine::mutate(const Design& design, Stream& stream) const {
  double u = stream.next_uniform();
  for (const auto& [operation, share] : shares()) {
    if ((u -= share) >= 0) continue;
    if (operation == "rebind") return rebind(design, stream);
    if (operation == "parallel") return parallel(design, stream);
    if (operation == "wrap") return wrap(design, stream);
    if (operation == "graft") return graft(design, stream);
    break;
  }
  return argument(design, stream);
}

std::optional<GeneticEngine::Proposal> GeneticEngine::propose(const std::vector<Parent>& parents,
                                                              const ProposeSettings& settings, Stream& stream) const {
  require(!parents.empty(), "at least one parent");
  for (int attempt = 0; attempt < 100; ++attempt) {
    const double u = stream.next_uniform();
    const Parent& first = pick(parents, stream);
    Proposal p;
    std::optional<Change> change;
    p.origin.parents = {first.name};
    if (u < settings.p_crossover && parents.size() > 1) {
      std::vector<Parent> others;
      for (const Parent& other : parents)
        if (other.name != first.name) others.push_back(other);
      if (others.empty()) continue;
      const Parent& donor = pick(others, stream);
      change = crossover(first.design, donor, stream);
      p.origin.parents.push_back(donor.name);
    } else if (u < settings.p_crossover + settings.p_scratch && u >= settings.p_crossover) {
      change = scratch(stream);
      p.origin.parents.clear();
    } else {
      change = mutate(first.design, stream);
    }
    if (!change) continue;
    p.origin.operation = change->operation;
    p.origin.where = change->where;
    p.origin.rationale = rationale(*change, p.origin.parents);
    p.design = change->design;
    p.change = *change;
    return p;
  }
  return std::nullopt;
}

}  // namespace gradus

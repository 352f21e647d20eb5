#include "ladder/ablate.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/log.h"
#include "design/fill.h"
#include "ladder/multiple.h"
#include "ladder/promote.h"
#include "ladder/statistics.h"

namespace gradus {
namespace {

std::string quoted(const SlotPath& path) { return path.empty() ? "the root" : "'" + path + "'"; }

SlotPath owner_of(const SlotPath& path) {
  const size_t dot = path.rfind('.');
  return dot == path.npos ? "" : path.substr(0, dot);
}
std::string slot_of(const SlotPath& path) { return path.substr(path.rfind('.') + 1); }  // npos + 1 is 0

/// Collects lawful trees that differ from the design and from each other.
class Collector {
 public:
  Collector(const Design& design, const UnitStore& units) : design_(design), units_(units) {}
  void add(const SlotPath& where, const UnitNode& instead, const std::string& operation, const std::string& what) {
    Ablation a{design_, operation, where, name(find_node(design_, where)->unit), what};
    *find_node(a.design, where) = instead;
    if (a.design == design_ || !tree_faults(a.design, units_).empty()) return;
    for (const Ablation& known : found_)
      if (known.design == a.design) return;
    found_.push_back(a);
  }
  std::string name(const std::string& unit) const { return units_.interface(unit).class_name; }
  std::vector<Ablation> take() { return std::move(found_); }

 private:
  const Design& design_;
  const UnitStore& units_;
  std::vector<Ablation> found_;
};

void leave_out(Collector& out, const Design& design, const SlotPath& path, const UnitStore& units) {
  const UnitNode& node = *find_node(design, path);
  if (path.empty()) return;
  const std::string gone = out.name(node.unit) + " is gone from " + quoted(path) + ", ";
  for (const auto& [slot, child] : node.slots)
    out.add(path, child, "leave-out", gone + "its '" + slot + "' " + out.name(child.unit) + " stands there");
  for (const SlotInterface& slot : units.interface(find_node(design, owner_of(path))->unit).slots) {
    if (slot.name != slot_of(path)) continue;
    try {
      const UnitNode plain = default_filler(slot, units);
      if (plain.unit != node.unit)
        out.add(path, plain, "leave-out", gone + "the seed's " + out.name(plain.unit) + " stands there");
    } catch (const Error&) {  // nothing of the seed or the library fits: nothing to put there
    }
  }
}

void swap_back(Collector& out, const Design& design, const Design& parent, const SlotPath& path) {
  const UnitNode &mine = *find_node(design, path), *theirs = find_node(parent, path);
  if (!theirs || *theirs == mine) return;
  if (!path.empty()) {
    const bool same = theirs->unit == mine.unit;
    out.add(path, *theirs, "swap-with-parent",
            quoted(path) + " is the parent's: " + out.name(theirs->unit) +
                (same ? " with its own fillers and arguments" : " instead of " + out.name(mine.unit)));
    return;
  }
  UnitNode root = *theirs;  // the parent's frame with this design's parts
  for (auto& [slot, filler] : root.slots)
    if (const auto own = mine.slots.find(slot); own != mine.slots.end()) filler = own->second;
  out.add(path, root, "swap-with-parent", "the root is the parent's: " + out.name(root.unit));
}

Design parent_of(const Experiment& experiment, const DesignName& design) {
  const auto origin = read_yaml_if_exists<Origin>(experiment.directory(design) / "origin.yaml");
  if (origin && !origin->parents.empty())
    if (const auto parent = DesignName::parse(origin->parents.front());
        parent && std::filesystem::exists(experiment.directory(*parent) / "design.yaml"))
      return experiment.read_tree(*parent);
  return experiment.read_tree({0, 0});
}

void write_design_directory(const Experiment& to, const DesignName& place, const Design& design, const Origin& origin,
                            const UnitStore& from) {
  if (std::filesystem::exists(to.directory(place))) return;
  const UnitStore units = to.units();
  for (const SlotPath& path : all_paths(design)) units.add(from.source(find_node(design, path)->unit));
  commit_directory(to.directory(place), [&](const Path& directory) {
    write_yaml(directory / "origin.yaml", origin);
    write_file(directory / "proposal.md", "# " + place.text() + "\n\n" + origin.rationale + "\n");
    write_file(directory / "design.yaml", to_yaml(write_design(design)));
  });
}

std::string effect_text(const AblationEffect& e) {
  if (!e.known) return e.origin.rationale;
  return "worth " + format_fixed(e.effect, 4) + " bits per byte (" + format_fixed(e.lower, 4) + " to " +
         format_fixed(e.upper, 4) + ")" + (e.named ? ": it did it" : "") + "; " + e.origin.rationale;
}

}  // namespace

std::vector<Ablation> ablations(const Design& design, const Design& parent, const UnitStore& units) {
  Collector out(design, units);
  for (const SlotPath& path : all_paths(design)) {
    leave_out(out, design, path, units);
    swap_back(out, design, parent, path);
  }
  return out.take();
}

std::optional<std::string> separating_rung(const std::vector<Standings>& rungs, const DesignName& design) {
  for (const Standings& rung : rungs) {
    const Standing* s = rung.find(design);
    if (s && s->pairs > 0 && !s->diverged && (s->lower > 0 || s->upper < 0)) return rung.scale;
  }
  return std::nullopt;
}

/// The experiment of the ablations at `place`: the corpus that the experiment has, the design as its baseline, the
/// trees.
void write_ablations(const Experiment& experiment, const DesignName& design, const Design& tree,
                     const std::vector<Ablation>& all, const Path& place) {
  std::filesystem::create_directory_symlink(Path("..") / ".." / "corpus", place / "corpus");
  const Experiment own(place);
  Origin origin;
  origin.operation = "seed", origin.agent = "gradus", origin.experiment = own.settings_hash();
  origin.rationale = design.text() + " itself, the reference of its ablations";
  write_design_directory(own, {0, 0}, tree, origin, experiment.units());
  for (size_t i = 0; i < all.size(); ++i) {
    origin.parents = {"g000-000"}, origin.operation = all[i].operation, origin.where = all[i].where;
    origin.rationale = all[i].what;
    write_design_directory(own, {1, int(i)}, all[i].design, origin, experiment.units());
  }
}

Path open_ablation(const Experiment& experiment, const DesignName& design, const std::string& scale) {
  const Path root = experiment.root() / "ablations" / design.text();
  if (std::filesystem::exists(root / "experiment.yaml") && scale.empty()) return root;
  Settings settings = experiment.settings();
  std::vector<Standings> rungs;
  for (const std::string& rung : settings.rungs) rungs.push_back(read_standings(experiment, rung));
  const auto found = scale.empty() ? separating_rung(rungs, design) : scale;
  if (!found)
    throw Error("no rung separates " + design.text() +
                " from the baseline: there is no difference to explain (--scale RUNG ablates all the same)");
  experiment.scale(*found);
  const Design tree = experiment.read_tree(design);
  const auto all = ablations(tree, parent_of(experiment, design), experiment.units());
  if (all.empty())
    throw Error("nothing of " + design.text() + " can be left out: no lawful tree without one of its units");
  settings.rungs = {*found}, settings.name = settings.name + " without a unit of " + design.text();
  const std::string text = to_yaml(write_value(settings));
  if (std::filesystem::exists(root)) {
    if (Experiment(root).settings().rungs != settings.rungs)
      throw UsageError("'" + root.string() + "' exists at another rung: move it away to ablate at " + *found);
    return root;
  }
  commit_directory(root, [&](const Path& place) {  // whole, or not there
    write_file(place / "experiment.yaml", text);
    write_ablations(experiment, design, tree, all, place);
  });
  return root;
}

std::vector<AblationEffect> ablation_effects(const Experiment& ablation) {
  const std::string scale = ablation.settings().rungs.front();
  const Standings at = read_standings(ablation, scale);
  std::vector<AblationEffect> out;
  std::vector<double> p;  // of "worth nothing or less"; 1: not known yet
  for (const DesignName& d : ablation.designs(1)) {
    AblationEffect e{d, read_yaml<Origin>(ablation.directory(d) / "origin.yaml")};
    const Standing* s = at.find(d);
    p.push_back(1);
    if (s && s->pairs > 0 && !s->diverged && !s->quarantined()) {
      e.known = true, e.effect = -s->difference, e.lower = -s->upper, e.upper = -s->lower;
      if (s->standard_error > 0) p.back() = student_tail(e.effect / s->standard_error, s->degrees);
    }
    out.push_back(e);
  }
  const auto named = holm(p, (1 - ablation.settings().rules.confidence) / 2);
  for (size_t i = 0; i < out.size(); ++i) out[i].named = named[i];
  for (AblationEffect& e : out) e.text = effect_text(e);
  std::stable_sort(out.begin(), out.end(), [](const AblationEffect& a, const AblationEffect& b) {
    return std::pair(!a.known, -a.effect) < std::pair(!b.known, -b.effect);
  });
  return out;
}

}  // namespace gradus

// Making an experiment: settings resolved and frozen, generation 0 from the baselines.
#include <algorithm>

#include "design/experiment.h"
#include "design/fit.h"

namespace gradus {
namespace {

/// The scales of a document on top of those built in, so that one number of a known scale can be set alone.
Scales read_scales(const YAML::Node& document, Faults& faults) {
  Scales scales = builtin_scales(), given;
  const YAML::Node& top = document;
  const YAML::Node section = top.IsMap() ? top["scales"] : YAML::Node(YAML::NodeType::Undefined);
  if (!section.IsDefined() || !section.IsMap()) return scales;
  for (const auto& entry : section) {
    const std::string name = entry.first.Scalar();
    read_settings(entry.second, scales[name], faults, "scales." + name);
    for (const std::string& fault : scale_faults(scales[name])) faults.add(entry.first, "scales." + name + ": " + fault);
    if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._") != name.npos)
      faults.add(entry.first, "scale '" + name + "': expected letters, digits, '.' and '_'");
  }
  return scales;
}

std::string list_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string suggestion(const std::string& name, const std::vector<std::string>& known) {
  const std::string near = nearest(name, known);
  return near.empty() ? ": expected one of " + list_text(known) : " (did you mean '" + near + "'?)";
}

/// What no type says. Nodes give the lines.
void check_settings(const Settings& s, const YAML::Node& document, Faults& faults) {
  auto at = [&](const char* section, const char* key) {
    const YAML::Node none(YAML::NodeType::Undefined), &top = document;
    if (!top.IsMap()) return none;
    const YAML::Node inner = *section ? top[section] : top;
    if (!inner.IsDefined() || !inner.IsMap()) return none;
    const YAML::Node& mapping = inner;
    const YAML::Node value = mapping[key];
    return value.IsDefined() ? value : none;
  };
  auto need = [&](bool holds, const char* section, const char* key, const std::string& what) {
    if (!holds) faults.add(at(section, key), std::string(*section ? section : "") + (*section ? "." : "") + key + ": " + what);
  };
  auto share = [&](const char* section, const char* key, double value, double most = 1) {
    need(value >= 0 && value <= most, section, key, "must be from 0 to " + yaml_float(most));
  };
  need(!s.rungs.empty(), "", "rungs", "at least one rung is needed");
  need(!s.baselines.empty(), "", "baselines", "at least one baseline is needed: it is what others are compared with");
  for (const std::string& name : s.baselines) {
    const auto known = builtin_design_names();
    need(std::count(known.begin(), known.end(), name) > 0, "", "baselines", "no built-in design '" + name + "'" + suggestion(name, known));
  }
  need(s.proposals >= 0, "", "proposals", "must be 0 or more");
  need(s.corpus.encoding == "utf-8" || s.corpus.encoding == "latin1", "corpus", "encoding", "expected utf-8 or latin1");
  share("corpus", "validation_share", s.corpus.validation_share, 0.5);
  share("corpus", "confirmation_share", s.corpus.confirmation_share, 0.5);
  need(s.propose.agent == "genetic", "propose", "agent", "expected genetic");
  share("propose", "p_crossover", s.propose.p_crossover);
  share("propose", "p_scratch", s.propose.p_scratch);
  need(s.propose.p_crossover + s.propose.p_scratch <= 1, "propose", "p_crossover", "p_crossover and p_scratch add up to more than 1");
  need(s.propose.attempts >= 1, "propose", "attempts", "must be 1 or more");
  share("review", "accept_rating", s.review.accept_rating, 5);
  need(s.review.largest_cost > 0, "review", "largest_cost", "must be above 0");
  share("check", "parameter_tolerance", s.check.parameter_tolerance);
  share("check", "block_tolerance", s.check.block_tolerance);
  need(s.check.seconds > 0, "check", "seconds", "must be above 0");
  need(s.check.memory_gb > 0, "check", "memory_gb", "must be above 0");
  need(s.pretrain.checkpoint_steps >= 1, "pretrain", "checkpoint_steps", "must be 1 or more");
  need(s.pretrain.validate_steps >= 1, "pretrain", "validate_steps", "must be 1 or more");
  need(s.pretrain.micro_batch >= 0, "pretrain", "micro_batch", "must be 0 or more");
  need(s.pretrain.keep_checkpoints >= 1, "pretrain", "keep_checkpoints", "must be 1 or more");
  need(s.pretrain.diverged_ratio > 1, "pretrain", "diverged_ratio", "must be above 1");
  need(s.pretrain.gemm == "probe" || s.pretrain.gemm == "mkl" || s.pretrain.gemm == "onednn", "pretrain", "gemm", "expected probe, mkl or onednn");
  need(s.evaluate.tokens >= 0, "evaluate", "tokens", "must be 0 or more");
  need(!s.rules.learning_rates.empty(), "rules", "learning_rates", "at least one multiplier is needed");
  for (double rate : s.rules.learning_rates) need(rate > 0, "rules", "learning_rates", "multipliers must be above 0");
  need(s.rules.seeds >= 1, "rules", "seeds", "must be 1 or more");
  need(s.rules.baseline_seeds >= s.rules.seeds, "rules", "baseline_seeds", "must not be below rules.seeds, or runs are not paired");
  need(s.rules.upper_seeds >= 1, "rules", "upper_seeds", "must be 1 or more");
  share("rules", "promote_share", s.rules.promote_share);
  need(s.rules.promote_least >= 0, "rules", "promote_least", "must be 0 or more");
  need(s.rules.confidence > 0 && s.rules.confidence < 1, "rules", "confidence", "must be between 0 and 1");
  share("rules", "audit_share", s.rules.audit_share);
  need(s.rules.parents >= 1, "rules", "parents", "must be 1 or more");
}

std::string proposal_text(const std::string& name, const Design& design, const UnitStore& units) {
  const auto& library = UnitStore::library();
  auto unit_name = [&](const std::string& hash) {
    for (const auto& [stem, known] : library) {
      if (known == hash) return stem;
    }
    return hash;
  };
  std::string text = "# " + name + "\n\nA baseline: the design `" + name + "` as built in, unchanged.\n\n`" +
                     to_line(design, unit_name) + "`\n\n";
  for (const SlotPath& path : all_paths(design)) {
    const std::string source = units.source(find_node(design, path)->unit);
    const size_t open = source.find("\"\"\""), close = open == source.npos ? open : source.find_first_of("\n\"", open + 3);
    if (close == source.npos) continue;
    text += "- `" + (path.empty() ? "root" : path) + "`: " + source.substr(open + 3, close - open - 3) + "\n";
  }
  return text;
}

}  // namespace

Settings resolve_settings(const YAML::Node& document, const std::string& name) {
  Settings settings;
  Faults faults(name);
  const YAML::Node& top = document;
  if (top.IsMap() && top["format"].IsDefined() && top["format"].Scalar() != "1") {
    faults.add(top["format"], "format " + top["format"].Scalar() + ", this build reads 1");
    faults.finish();
  }
  read_settings(document, settings, faults, "");
  faults.finish();
  const Scales known = read_scales(document, faults);
  std::vector<std::string> used = settings.rungs;
  for (const auto& [scale, numbers] : settings.scales) used.push_back(scale);
  settings.scales.clear();
  for (const std::string& scale : used) {
    if (known.count(scale)) settings.scales[scale] = known.at(scale);
    else faults.add(top["rungs"], "rungs: no scale '" + scale + "'" + suggestion(scale, ladder_order(known)));
  }
  check_settings(settings, document, faults);
  faults.finish();
  return settings;
}

bool create_experiment(const Path& root, const Settings& settings) {
  const Path file = root / "experiment.yaml";
  const std::string text = to_yaml(write_value(settings));
  const std::optional<std::string> present = read_file_if_exists(file);
  if (present && *present != text) {
    const YAML::Node before = write_value(resolve_settings(parse_yaml(*present, file.string()), file.string()));
    throw UsageError("'" + root.string() + "' exists with other settings" + first_difference(before, write_value(settings), "") +
                     "; choose another directory: an experiment's settings are frozen");
  }
  if (!present) write_file(file, text);
  const Experiment experiment(root);
  const UnitStore units = experiment.units();
  for (size_t slot = 0; slot < settings.baselines.size(); ++slot) {
    const std::string& name = settings.baselines[slot];
    const Design& design = builtin_design(name);
    for (const SlotPath& path : all_paths(design)) units.add(units.source(find_node(design, path)->unit));
    const DesignName place{0, static_cast<int>(slot)};
    if (std::filesystem::exists(experiment.directory(place))) continue;
    Origin origin;
    origin.operation = "seed";
    origin.rationale = "the built-in design " + name + (slot == 0 ? ", the reference of every comparison" : "");
    origin.agent = "gradus";
    origin.experiment = experiment.settings_hash();
    commit_directory(experiment.directory(place), [&](const Path& to) {
      write_yaml(to / "origin.yaml", origin);
      write_file(to / "proposal.md", proposal_text(name, design, units));
      write_file(to / "design.yaml", to_yaml(write_design(design, design_id(design, units), trace_id(design, units))));
    });
  }
  return !present;
}

std::string first_difference(const YAML::Node& before, const YAML::Node& now, const std::string& where) {
  if (!before.IsMap() || !now.IsMap()) {
    const std::string a = to_yaml(before), b = to_yaml(now);
    return a == b ? "" : ": " + where + " is " + a.substr(0, a.size() - 1) + ", asked for " + b.substr(0, b.size() - 1);
  }
  for (const auto& entry : now) {
    const std::string key = entry.first.Scalar(), path = where.empty() ? key : where + "." + key;
    const YAML::Node other = before[key];
    const std::string found = other.IsDefined() ? first_difference(other, entry.second, path) : ": it has no " + path;
    if (!found.empty()) return found;
  }
  for (const auto& entry : before) {
    if (!now[entry.first.Scalar()].IsDefined()) return ": it has a " + (where.empty() ? "" : where + ".") + entry.first.Scalar();
  }
  return "";
}

}  // namespace gradus

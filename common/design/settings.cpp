// A configuration as an experiment freezes it.
#include <algorithm>

#include "design/experiment.h"
#include "design/fit.h"

namespace gradus {
namespace {

/// The scales of a document on top of those built in, so that one number of a known scale can be set alone.
Scales read_scales(const YAML::Node& document, Faults& faults) {
  Scales scales = builtin_scales();
  const YAML::Node& top = document;
  const YAML::Node section = top.IsMap() ? top["scales"] : YAML::Node(YAML::NodeType::Undefined);
  if (!section.IsDefined() || !section.IsMap()) return scales;
  for (const auto& entry : section) {
    const std::string name = entry.first.Scalar();
    read_settings(entry.second, scales[name], faults, "scales." + name);
    for (const std::string& fault : scale_faults(scales[name]))
      faults.add(entry.first, "scales." + name + ": " + fault);
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

/// What no type says of a value; faults with the lines of their keys.
struct SettingsChecker {
  const YAML::Node& document;
  Faults& faults;

  YAML::Node at(const std::string& section, const std::string& key) const {
    const YAML::Node none(YAML::NodeType::Undefined);
    const YAML::Node inner = section.empty() ? document : document[section];
    if (!inner.IsDefined() || !inner.IsMap()) return none;
    const YAML::Node& mapping = inner;
    const YAML::Node value = mapping[key];
    return value.IsDefined() ? value : none;
  }
  void need(bool holds, const std::string& section, const std::string& key, const std::string& what) const {
    if (!holds) faults.add(at(section, key), (section.empty() ? "" : section + ".") + key + ": " + what);
  }
  void share(const std::string& section, const std::string& key, double value, double most = 1) const {
    need(value >= 0 && value <= most, section, key, "must be from 0 to " + yaml_float(most));
  }
  void positive(const std::string& section, const std::string& key, double value) const {
    need(value > 0, section, key, "must be above 0");
  }
  void count(const std::string& section, const std::string& key, int64_t value, int64_t least = 1) const {
    need(value >= least, section, key, "must be " + std::to_string(least) + " or more");
  }
  void one_of(const std::string& section, const std::string& key, const std::string& value,
              const std::vector<std::string>& known) const {
    need(std::count(known.begin(), known.end(), value) > 0, section, key, "expected one of " + list_text(known));
  }

  void experiment(const Settings& s) const {
    need(!s.rungs.empty(), "", "rungs", "at least one rung is needed");
    need(!s.baselines.empty(), "", "baselines", "at least one is needed: it is what others are compared with");
    const auto known = builtin_design_names();
    for (const std::string& name : s.baselines) {
      need(std::count(known.begin(), known.end(), name) > 0, "", "baselines",
           "no built-in design '" + name + "'" + suggestion(name, known));
    }
    count("", "proposals", s.proposals, 0);
    one_of("corpus", "encoding", s.corpus.encoding, {"utf-8", "latin1"});
    share("corpus", "validation_share", s.corpus.validation_share, 0.5);
    share("corpus", "confirmation_share", s.corpus.confirmation_share, 0.5);
    one_of("propose", "agent", s.propose.agent, {"genetic", "openai", "mailbox", "replay"});
    share("propose", "p_crossover", s.propose.p_crossover);
    share("propose", "p_scratch", s.propose.p_scratch);
    need(s.propose.p_crossover + s.propose.p_scratch <= 1, "propose", "p_crossover",
         "with p_scratch it is more than 1");
    count("propose", "attempts", s.propose.attempts);
    share("review", "accept_rating", s.review.accept_rating, 5);
    positive("review", "largest_cost", s.review.largest_cost);
    count("review", "n_relatives", s.review.n_relatives, 0);
  }
  void agents(const AgentSettings& a) const {
    const auto role = [&](const std::string& name, const RoleSettings& r) {
      for (const auto& [model, weight] : r.models)
        need(weight >= 0, "agents", name, name + ".models." + model + " must be 0 or more");
      need(r.answer_tokens > 0, "agents", name, name + ".answer_tokens must be above 0");
      need(r.temperature >= 0, "agents", name, name + ".temperature must be 0 or more");
    };
    role("proposer", a.proposer), role("searcher", a.searcher), role("reviewer", a.reviewer);
    role("planner", a.planner), role("coder", a.coder), role("observer", a.observer);
    for (const auto& [name, model] : a.models) {
      need(model.url.empty() != model.address_file.empty(), "agents", "models",
           "models." + name + " needs either url or address_file");
      need(model.key_variable.empty() || model.key_file.empty(), "agents", "models",
           "models." + name + ": key_variable or key_file, not both");
      need(model.context > 0, "agents", "models", "models." + name + ".context must be above 0");
    }
    const TransportSettings& t = a.transport;
    for (double seconds : {t.connect_seconds, t.first_byte_seconds, t.idle_seconds, t.total_seconds, t.backoff_seconds,
                           t.longest_wait_seconds, t.breaker_seconds})
      need(seconds > 0, "agents", "transport", "all seconds must be above 0");
    need(t.attempts >= 1 && t.breaker_failures >= 1 && t.answer_bytes >= 1, "agents", "transport",
         "attempts, breaker_failures and answer_bytes must be 1 or more");
    count("agents", "search_rounds", a.search_rounds, 0);
    share("agents", "near_text", a.near_text);
    count("agents", "corrections", a.corrections, 0);
    count("agents", "unit_attempts", a.unit_attempts);
    count("agents", "failed_rounds", a.failed_rounds, 0);
    count("agents", "unit_budget", a.unit_budget, 0);
    share("agents", "observer_rating", a.observer_rating, 5);
    count("agents", "beam", a.beam);
  }
  void stages(const Settings& s) const {
    share("check", "parameter_tolerance", s.check.parameter_tolerance);
    share("check", "block_tolerance", s.check.block_tolerance);
    share("check", "leak_tolerance", s.check.leak_tolerance);
    one_of("check", "canaries", s.check.canaries, {"fast", "all", "none"});
    one_of("check", "tier", s.check.tier, {"fast", "full", "learning"});
    positive("check", "fast_gflop", s.check.fast_gflop);
    positive("check", "full_gflop", s.check.full_gflop);
    positive("check", "largest_exponent", s.check.largest_exponent);
    positive("check", "largest_flops", s.check.largest_flops);
    positive("check", "largest_memory", s.check.largest_memory);
    positive("check", "largest_calls", s.check.largest_calls);
    positive("check", "largest_spread", s.check.largest_spread);
    positive("check", "largest_time", s.check.largest_time);
    share("check", "unreached_share", s.check.unreached_share);
    share("check", "duplicated_share", s.check.duplicated_share);
    positive("check", "seconds", s.check.seconds);
    positive("check", "memory_gb", s.check.memory_gb);
    count("pretrain", "checkpoint_steps", s.pretrain.checkpoint_steps);
    count("pretrain", "validate_steps", s.pretrain.validate_steps);
    count("pretrain", "micro_batch", s.pretrain.micro_batch, 0);
    count("pretrain", "keep_checkpoints", s.pretrain.keep_checkpoints);
    need(s.pretrain.diverged_ratio > 1, "pretrain", "diverged_ratio", "must be above 1");
    one_of("pretrain", "gemm", s.pretrain.gemm, {"probe", "mkl", "onednn"});
    count("evaluate", "tokens", s.evaluate.tokens, 0);
  }
  void rules(const Rules& r) const {
    need(!r.learning_rates.empty(), "rules", "learning_rates", "at least one multiplier is needed");
    for (double rate : r.learning_rates) positive("rules", "learning_rates", rate);
    count("rules", "seeds", r.seeds);
    need(r.baseline_seeds >= r.seeds, "rules", "baseline_seeds",
         "must not be below rules.seeds, or runs are not paired");
    count("rules", "upper_seeds", r.upper_seeds);
    count("rules", "upper_baseline_seeds", r.upper_baseline_seeds);
    share("rules", "promote_share", r.promote_share);
    count("rules", "promote_least", r.promote_least, 0);
    need(r.confidence > 0 && r.confidence < 1, "rules", "confidence", "must be between 0 and 1");
    share("rules", "audit_share", r.audit_share);
    count("rules", "parents", r.parents);
    need(r.false_share >= 0 && r.false_share < 1, "rules", "false_share", "must be from 0 to below 1");
    count("rules", "staleness", r.staleness, 0);
    one_of("rules", "promotion", r.promotion, {"barrier", "async"});
    one_of("rules", "draw", r.draw.rule, {"thompson", "quadrants", "islands", "elites"});
    share("rules", "draw", r.draw.explore), share("rules", "draw", r.draw.restart);
    share("rules", "draw", r.draw.good_share);
    count("rules", "draw", r.draw.islands), count("rules", "draw", r.draw.migrate_turns);
    one_of("rules", "budget", r.budget.counts, {"share", "quarter", "worth"});
    one_of("rules", "budget", r.budget.unit, {"designs", "flops", "gpu_hours"});
    need(r.budget.cap >= 0, "rules", "budget", "cap must be 0 or more");
  }
};

}  // namespace

Settings resolve_settings(const YAML::Node& document, const std::string& name) {
  Settings settings;
  Faults faults(name);
  const YAML::Node top = config_detail::present(document) ? document : YAML::Node(YAML::NodeType::Map);
  if (top.IsMap() && top["format"].IsDefined() && top["format"].Scalar() != "1") {
    faults.add(top["format"], "format " + top["format"].Scalar() + ", this build reads 1");
    faults.finish();
  }
  read_settings(top, settings, faults, "");
  faults.finish();
  const Scales known = read_scales(top, faults);
  std::vector<std::string> used = settings.rungs;
  for (const auto& [scale, numbers] : settings.scales) used.push_back(scale);
  settings.scales.clear();
  for (const std::string& scale : used) {
    if (known.count(scale))
      settings.scales[scale] = known.at(scale);
    else
      faults.add(top["rungs"], "rungs: no scale '" + scale + "'" + suggestion(scale, ladder_order(known)));
  }
  const SettingsChecker checker{top, faults};
  checker.experiment(settings);
  checker.agents(settings.agents);
  checker.stages(settings);
  checker.rules(settings.rules);
  faults.finish();
  return settings;
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
    if (!now[entry.first.Scalar()].IsDefined())
      return ": it has a " + (where.empty() ? "" : where + ".") + entry.first.Scalar();
  }
  return "";
}

}  // namespace gradus

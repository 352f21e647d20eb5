// A model of Genesys' Table 3 (arXiv:2506.20249): what unit-by-unit generation, the checker, the observer and the
// planner are worth, where a coder writes a right unit with probability one half, trees have five units, and fifteen
// may be written. The flow, the prompts, the protocol, the interpreter and the gate are the product's; only the model
// is a stand-in.
#pragma once

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>

#include "agent/studio.h"
#include "check/gate.h"
#include "design/experiment.h"
#include "design/fill.h"
#include "model_server.h"
#include "stand_in.h"

namespace gradus {

inline void register_table_children() {
  register_gate_child();
  register_examination_child();
  register_unit_check_child();
  register_fill_child();
}

namespace table {

constexpr int kUnits = 5, kBudget = 15;

/// That of `n` draws of probability p at least k succeed.
inline double at_least(int k, int n, double p) {
  double sum = 0, choose = 1;
  for (int i = 0; i <= n; ++i) {
    if (i >= k) sum += choose * std::pow(p, i) * std::pow(1 - p, n - i);
    choose *= double(n - i) / (i + 1);
  }
  return sum;
}

struct Variant {
  const char* name;
  double theory;        // share valid; negative: none
  double theory_calls;  // coder's answers for a valid design without a budget
  void (*change)(AgentSettings&);
};

struct Row {
  int designs = 0, valid = 0, faithful = 0;
  double answers = 0, requests = 0;
};

inline Row run(const Variant& variant, const StandIn& stand_in, int designs, const Path& home) {
  ModelServer server([&](const nlohmann::json& request) { return stand_in::answer(stand_in, request); });
  const YAML::Node document = parse_yaml(
      "rungs: [pico]\ncheck: {canaries: none, tier: fast, parameter_tolerance: 0.9, block_tolerance: 0.9}\n"
      "propose: {agent: openai, p_scratch: 1.0, p_crossover: 0.0}\n",
      "table");
  Settings settings = resolve_settings(document, "table");
  AgentSettings& agents = settings.agents;
  agents.proposer.models = {{"stand-in", 1}};
  agents.models["stand-in"].url = server.url();
  agents.unit_budget = kBudget, agents.unit_attempts = kBudget, agents.failed_rounds = kBudget;
  variant.change(agents);
  const Path root = home / variant.name;
  create_experiment(root, settings);
  Studio studio(root, {});
  Row row;
  const Experiment experiment(root);
  for (int i = 0; i < designs; ++i) {
    const DesignName d{1, i};
    Origin origin;
    origin.operation = "scratch", origin.attempt = 1;
    write_yaml(experiment.directory(d) / "origin.yaml", origin);
    write_file(experiment.directory(d) / "proposal.md",
               "# " + d.text() + ": five units\n\nA block of five units.\n\nAs drawn.\n");
    const Writing::Result result = studio.implement(d);
    // What is built a second time by another draw is valid all the same.
    const bool valid = result.implementation.built || result.implementation.reason.starts_with("duplicate of ");
    bool faithful = valid;
    for (const SlotPath& path : all_paths(result.design))
      if (valid && experiment.units().source(find_node(result.design, path)->unit).starts_with("# off"))
        faithful = false;
    ++row.designs, row.valid += valid, row.faithful += faithful, row.answers += result.answers;
  }
  row.requests = server.n_requests();
  return row;
}

}  // namespace table

inline int print_table(int designs, uint64_t seed) {
  // An answer is right with probability 5/8, and a fifth of these does another thing than was proposed: good is 1/2. Of
  // the broken ones two in five do not even load, which needs no checker to see.
  const double p = 0.625, off = 0.2, good = p * (1 - off), loads = good + (1 - p) * 3 / 5;
  const auto tree = [](double q) { return table::at_least(table::kUnits, table::kBudget, q); };
  const double direct = 1 - std::pow(1 - std::pow(good, table::kUnits), table::kBudget / table::kUnits);
  const double blind = tree(loads) * std::pow(good / loads, table::kUnits);
  const std::vector<table::Variant> variants = {
      {"unit by unit", tree(good), table::kUnits / good, [](AgentSettings&) {}},
      {"no planner", tree(good), table::kUnits / good, [](AgentSettings& a) { a.use_planner = false; }},
      {"no observer", tree(p), table::kUnits / p, [](AgentSettings& a) { a.use_observer = false; }},
      {"no checker", blind, NAN, [](AgentSettings& a) { a.use_checker = false; }},
      {"direct", direct, table::kUnits / std::pow(good, table::kUnits),
       [](AgentSettings& a) { a.direct = true, a.unit_budget = 0, a.unit_attempts = table::kBudget / table::kUnits; }}};
  const Path home = std::filesystem::temp_directory_path() / ("table-" + std::to_string(::getpid()));
  std::printf(
      "# %d designs a row, trees of %d units, %d units may be written, p = %g, %g of the right ones off the proposal\n",
      designs, table::kUnits, table::kBudget, p, off);
  std::printf("# variant\tvalid\ttheory\tstandard_error\tfaithful\tunits_written\ttheory_without_budget\trequests\n");
  bool near = true;
  for (const table::Variant& v : variants) {
    StandIn stand_in{seed, p, 1, off, 0, 1};  // one tree: verdicts are remembered
    const table::Row row = table::run(v, stand_in, designs, home);
    const double n = designs, share = row.valid / n;
    const double error = std::sqrt(std::max(v.theory >= 0 ? v.theory * (1 - v.theory) : share * (1 - share), 1e-9) / n);
    std::printf("%s\t%.3f\t%.3f\t%.3f\t%.3f\t%.2f\t%.1f\t%.1f\n", v.name, share, v.theory, error, row.faithful / n,
                row.answers / n, v.theory_calls, row.requests / n);  // nan: it has none, an unseen fault stays
    std::fflush(stdout);
    if (v.theory >= 0 && std::abs(share - v.theory) > 4 * error) near = false;
  }
  std::filesystem::remove_all(home);
  return near ? 0 : 1;
}

}  // namespace gradus

#include "ladder/arm.h"

#include <algorithm>

#include "ladder/population.h"

namespace gradus {

std::optional<double> Arm::best_multiplier() const {
  const RunScore* best = nullptr;
  for (const RunScore& r : runs) {
    if (r.run.seed != runs.front().run.seed) break;
    if (!best || r.validation < best->validation) best = &r;
  }
  if (!best) return std::nullopt;
  return best->run.learning_rate_multiplier;
}

std::vector<RunScore> Arm::at(double multiplier) const {
  std::vector<RunScore> out;
  for (const RunScore& r : runs)
    if (r.run.learning_rate_multiplier == multiplier) out.push_back(r);
  return out;
}

std::vector<double> Arm::multipliers_tried() const {
  std::vector<double> out;
  for (const RunScore& r : runs)
    if (r.run.seed == runs.front().run.seed) out.push_back(r.run.learning_rate_multiplier);
  return out;
}

std::optional<RunScore> read_score(const Experiment& experiment, const DesignName& design, const RunName& run) {
  const auto result = read_yaml_if_exists<RunResult>(experiment.run_directory(design, run) / "pretrain.yaml");
  if (!result) return std::nullopt;
  RunScore score{run, result->verdict == "diverged"};
  score.half = result->bits_per_byte_half;
  score.parameters = result->parameters;
  score.tokens = result->tokens;
  if (score.diverged) return score;
  const auto evaluation = read_yaml_if_exists<Evaluation>(experiment.evaluation(design, run));
  if (!evaluation || evaluation->weights_hash != result->weights_hash) return std::nullopt;
  const auto shard = [&](const char* name) { return evaluation->shards.find(name); };
  if (shard("validation") == evaluation->shards.end()) return std::nullopt;
  score.validation = shard("validation")->second.bits_per_byte;
  score.untrained = shard("validation")->second.untrained_bits_per_byte;
  if (shard("confirmation") != evaluation->shards.end())
    score.confirmation = shard("confirmation")->second.bits_per_byte;
  return score;
}

std::optional<std::string> unsettled(const Experiment& experiment, const DesignName& design, const RunName& run) {
  if (!std::filesystem::exists(experiment.run_directory(design, run) / "pretrain.yaml")) return "not trained";
  if (!read_score(experiment, design, run)) return "not evaluated";
  return std::nullopt;
}

Arms read_arms(const Experiment& experiment, const std::string& scale, Seeds seeds) {
  if (const auto population = read_population(experiment)) return population->arms(scale, seeds);
  Arms arms;
  for (const auto& [design, run] : experiment.finished_runs(scale)) {
    if ((run.seed >= kFreshSeeds) != (seeds == Seeds::kFresh)) continue;
    const auto score = read_score(experiment, design, run);
    if (!score) continue;
    arms[design].design = design;
    arms[design].runs.push_back(*score);
  }
  for (auto& [design, arm] : arms)
    std::sort(arm.runs.begin(), arm.runs.end(), [](const RunScore& a, const RunScore& b) {
      return std::pair(a.run.seed, a.run.learning_rate_multiplier) <
             std::pair(b.run.seed, b.run.learning_rate_multiplier);
    });
  return arms;
}

}  // namespace gradus

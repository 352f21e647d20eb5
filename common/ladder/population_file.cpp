// population.h5: a column a dataset, a row a run.
#include <map>

#include "base/error.h"
#include "base/log.h"
#include "ladder/population.h"
#include "train/hdf5.h"

namespace gradus {
namespace {

enum Flag : uint8_t { kSettled = 1, kRunDiverged = 2 };

std::vector<uint8_t> bytes(const std::string& text) { return {text.begin(), text.end()}; }
std::string text(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

template <class T, class Get>
void column(Hdf5File& file, const char* name, const char* unit, const RunPopulation& p, Get get) {
  std::vector<T> values;
  values.reserve(p.runs.size());
  for (const PopulationRun& r : p.runs) values.push_back(T(get(r)));
  file.write(name, values, {unit, "run"});
}

}  // namespace

void write_population(const Experiment& experiment, const RunPopulation& p) {
  std::map<std::string, uint8_t> scales;
  for (const PopulationRun& r : p.runs) scales.emplace(r.score.run.scale, uint8_t(scales.size()));
  require(scales.size() < 256, "fewer than 256 scales");
  std::string names;
  std::vector<std::string> by_number(scales.size());
  for (const auto& [name, number] : scales) by_number[number] = name;
  for (const std::string& name : by_number) names += name + "\n";
  write_hdf5(population_file(experiment), [&](Hdf5File& f) {
    f.set("/", "experiment", experiment.settings_hash());
    f.write("ledger", bytes(p.ledger), {"1", "byte"});
    f.write("scale_names", bytes(names), {"1", "byte"});
    column<uint32_t>(f, "generation", "1", p, [](const PopulationRun& r) { return r.design.generation; });
    column<uint32_t>(f, "slot", "1", p, [](const PopulationRun& r) { return r.design.slot; });
    column<uint8_t>(f, "scale", "1", p, [&](const PopulationRun& r) { return scales.at(r.score.run.scale); });
    column<int64_t>(f, "seed", "1", p, [](const PopulationRun& r) { return r.score.run.seed; });
    column<double>(f, "learning_rate_multiplier", "1", p,
                   [](const PopulationRun& r) { return r.score.run.learning_rate_multiplier; });
    column<uint8_t>(f, "flags", "1", p, [](const PopulationRun& r) {
      return (r.settled ? kSettled : 0) | (r.score.diverged ? kRunDiverged : 0);
    });
    column<double>(f, "half", "bit/byte", p, [](const PopulationRun& r) { return r.score.half; });
    column<double>(f, "validation", "bit/byte", p, [](const PopulationRun& r) { return r.score.validation; });
    column<double>(f, "confirmation", "bit/byte", p, [](const PopulationRun& r) { return r.score.confirmation; });
    column<double>(f, "untrained", "bit/byte", p, [](const PopulationRun& r) { return r.score.untrained; });
    column<int64_t>(f, "parameters", "1", p, [](const PopulationRun& r) { return r.score.parameters; });
    column<int64_t>(f, "tokens", "token", p, [](const PopulationRun& r) { return r.score.tokens; });
    column<double>(f, "seconds", "s", p, [](const PopulationRun& r) { return r.seconds; });
    column<uint64_t>(f, "pretrain_hash", "1", p, [](const PopulationRun& r) { return r.pretrain_hash; });
    column<uint64_t>(f, "evaluation_hash", "1", p, [](const PopulationRun& r) { return r.evaluation_hash; });
  });
}

RunPopulation load_population(const Experiment& experiment) {
  const Hdf5File f = Hdf5File::open(population_file(experiment));
  RunPopulation p;
  p.ledger = text(f.read<uint8_t>("ledger"));
  std::vector<std::string> scales(1);
  for (uint8_t c : f.read<uint8_t>("scale_names"))
    if (c == '\n')
      scales.emplace_back();
    else
      scales.back() += char(c);
  const auto generation = f.read<uint32_t>("generation"), slot = f.read<uint32_t>("slot");
  const auto scale = f.read<uint8_t>("scale"), flags = f.read<uint8_t>("flags");
  const auto seed = f.read<int64_t>("seed"), parameters = f.read<int64_t>("parameters"),
             tokens = f.read<int64_t>("tokens");
  const auto rate = f.read<double>("learning_rate_multiplier"), half = f.read<double>("half"),
             validation = f.read<double>("validation"), confirmation = f.read<double>("confirmation"),
             untrained = f.read<double>("untrained"), seconds = f.read<double>("seconds");
  const auto pretrain = f.read<uint64_t>("pretrain_hash"), evaluation = f.read<uint64_t>("evaluation_hash");
  const size_t n = generation.size();
  for (size_t other : {slot.size(), scale.size(), flags.size(), seed.size(), parameters.size(), tokens.size(),
                       rate.size(), half.size(), validation.size(), confirmation.size(), untrained.size(),
                       pretrain.size(), evaluation.size(), seconds.size()})
    if (other != n)
      throw Error("'" + population_file(experiment).string() + "' has columns of different lengths: remove it");
  p.runs.resize(n);
  for (size_t i = 0; i < n; ++i) {
    PopulationRun& r = p.runs[i];
    if (scale[i] + 1u >= scales.size())
      throw Error("'" + population_file(experiment).string() + "' names a scale that it does not list: remove it");
    r.design = {int(generation[i]), int(slot[i])};
    r.score.run = {scales[scale[i]], seed[i], rate[i]};
    r.settled = flags[i] & kSettled, r.score.diverged = flags[i] & kRunDiverged;
    r.score.half = half[i], r.score.validation = validation[i], r.score.confirmation = confirmation[i];
    r.score.untrained = untrained[i], r.score.parameters = parameters[i], r.score.tokens = tokens[i];
    r.seconds = seconds[i], r.pretrain_hash = pretrain[i], r.evaluation_hash = evaluation[i];
  }
  return p;
}

}  // namespace gradus

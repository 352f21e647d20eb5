#include "ladder/population.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include "base/ledger.h"
#include "base/log.h"

namespace gradus {
namespace {

constexpr size_t kCompared = 16;  // runs whose files are compared with the cache at every opening

auto order(const PopulationRun& r) {
  return std::tuple(r.design, r.score.run.scale, r.score.run.seed, r.score.run.learning_rate_multiplier);
}

/// The text after "KEY: " at the start of a line, from `from` to `to`; empty: no such line.
std::string_view value_of(std::string_view text, std::string_view key, size_t from = 0, size_t to = std::string::npos) {
  const std::string wanted = "\n" + std::string(key) + ": ";
  const size_t at = text.find(wanted, from);
  if (at == text.npos || at >= to) return {};
  const size_t start = at + wanted.size(), end = text.find('\n', start);
  std::string_view value = text.substr(start, end == text.npos ? end : end - start);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  return value;
}

bool parse(std::string_view text, double& out) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && code == std::errc() && end == text.data() + text.size();
}

/// The part of evaluate/RUN.yaml about a shard: where it begins and ends; {0, 0}: it has none.
std::pair<size_t, size_t> shard(std::string_view text, std::string_view name) {
  const std::string wanted = "\n  " + std::string(name) + ":\n";
  const size_t at = text.find(wanted);
  if (at == text.npos) return {0, 0};
  const size_t start = at + wanted.size() - 1;
  size_t end = start;
  while (end != text.npos && text.compare(end, 5, "\n    ") == 0) end = text.find('\n', end + 1);
  return {start, end == text.npos ? text.size() : end};
}

bool scan_pretrain(std::string_view text, RunScore& score, std::string_view& hash) {
  const std::string_view verdict = value_of(text, "verdict");
  double parameters = 0, tokens = 0;
  if (text.compare(0, 10, "format: 1\n") != 0 || (verdict != "done" && verdict != "diverged")) return false;
  if (!parse(value_of(text, "bits_per_byte_half"), score.half) || !parse(value_of(text, "parameters"), parameters) ||
      !parse(value_of(text, "tokens"), tokens))
    return false;
  score.diverged = verdict == "diverged";
  score.parameters = int64_t(parameters), score.tokens = int64_t(tokens);
  hash = value_of(text, "weights_hash");
  return true;
}

bool scan_evaluation(std::string_view text, std::string_view hash, RunScore& score) {
  if (text.compare(0, 10, "format: 1\n") != 0 || hash.empty() || value_of(text, "weights_hash") != hash) return false;
  const auto [from, to] = shard(text, "validation");
  if (to == 0 || !parse(value_of(text, "    bits_per_byte", from, to), score.validation) ||
      !parse(value_of(text, "    untrained_bits_per_byte", from, to), score.untrained))
    return false;
  const auto [first, last] = shard(text, "confirmation");
  return last == 0 || parse(value_of(text, "    bits_per_byte", first, last), score.confirmation);
}

std::string ledger_state(const Experiment& experiment) {
  std::vector<std::string> files;
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(experiment.root() / "ledger", code))
    if (entry.path().extension() == ".tsv" && !is_temporary(entry.path()))
      files.push_back(entry.path().filename().string() + " " + std::to_string(entry.file_size()));
  std::sort(files.begin(), files.end());
  std::string out;
  for (const std::string& f : files) out += f + "\n";
  return out;
}

uint64_t hash_number(const std::string& hex) {
  uint64_t value = 0;
  std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
  return value;
}

/// Runs that the ledger names, each with what all its lines say of its two files.
std::map<std::pair<DesignName, std::string>, PopulationRun> ledger_runs(const Experiment& experiment) {
  std::map<std::pair<DesignName, std::string>, PopulationRun> out;
  for (const LedgerLine& line : read_ledger(experiment.root())) {
    const bool trained = line.stage == "pretrain";
    if (!trained && line.stage != "evaluate") continue;
    const Path file(line.file);
    const auto design = DesignName::parse(line.design);
    const auto run = RunName::parse(trained ? file.parent_path().filename().string() : file.stem().string());
    if (!design || !run) continue;
    PopulationRun& r = out[{*design, run->text()}];
    r.design = *design, r.score.run = *run;
    // Lines of several jobs stand in no order of time: any further one of the run changes the value.
    uint64_t& hash = trained ? r.pretrain_hash : r.evaluation_hash;
    hash = (hash ^ hash_number(line.file_hash)) * 0x100000001b3ull + 1;
    if (trained) r.seconds = line.seconds;
  }
  return out;
}

void read_files(const Experiment& experiment, PopulationRun& r) {
  const RunName run = r.score.run;
  const auto score = scan_score(experiment, r.design, run);
  r.settled = score.has_value();
  r.score = score.value_or(RunScore{run});
}

/// What the ledger has, taken from `known` where both hashes are unchanged, read from the files elsewhere.
RunPopulation update(const Experiment& experiment, const RunPopulation& known) {
  RunPopulation out;
  out.ledger = ledger_state(experiment);  // before the lines: what comes meanwhile is read again next time
  auto named = ledger_runs(experiment);
  for (const PopulationRun& r : known.runs) {
    const auto found = named.find({r.design, r.score.run.text()});
    if (found == named.end() || !r.settled || found->second.pretrain_hash != r.pretrain_hash ||
        found->second.evaluation_hash != r.evaluation_hash)
      continue;
    out.runs.push_back(r);
    named.erase(found);
  }
  for (auto& [name, r] : named) {
    if (!std::filesystem::exists(experiment.run_directory(r.design, r.score.run) / "pretrain.yaml")) continue;
    read_files(experiment, r);
    out.runs.push_back(r);
  }
  std::sort(out.runs.begin(), out.runs.end(),
            [](const PopulationRun& a, const PopulationRun& b) { return order(a) < order(b); });
  return out;
}

/// Some runs spread over all: are their files what the cache says?
bool agrees(const Experiment& experiment, const RunPopulation& population) {
  const size_t stride = std::max<size_t>(1, population.runs.size() / kCompared);
  for (size_t i = 0; i < population.runs.size(); i += stride) {
    const PopulationRun& r = population.runs[i];
    if (!r.settled) continue;
    const auto now = scan_score(experiment, r.design, r.score.run);
    if (!now || now->validation != r.score.validation || now->half != r.score.half || now->diverged != r.score.diverged)
      return false;
  }
  return true;
}

}  // namespace

std::optional<RunScore> scan_score(const Experiment& experiment, const DesignName& design, const RunName& run) {
  const auto pretrain = read_file_if_exists(experiment.run_directory(design, run) / "pretrain.yaml");
  if (!pretrain) return std::nullopt;
  RunScore score{run};
  std::string_view hash;
  if (!scan_pretrain(*pretrain, score, hash)) return read_score(experiment, design, run);
  if (score.diverged) return score;
  const auto evaluation = read_file_if_exists(experiment.evaluation(design, run));
  if (!evaluation) return std::nullopt;
  if (!scan_evaluation(*evaluation, hash, score)) return read_score(experiment, design, run);
  return score;
}

Path population_file(const Experiment& experiment) { return experiment.root() / "population.h5"; }

Arms RunPopulation::arms(const std::string& scale, Seeds seeds) const {
  Arms out;
  for (const PopulationRun& r : runs) {
    if (!r.settled || r.score.run.scale != scale) continue;
    if ((r.score.run.seed >= kFreshSeeds) != (seeds == Seeds::kFresh)) continue;
    Arm& arm = out.empty() || std::prev(out.end())->first != r.design
                   ? out.emplace_hint(out.end(), r.design, Arm{})->second
                   : std::prev(out.end())->second;
    arm.design = r.design;
    arm.runs.push_back(r.score);
  }
  return out;
}

std::vector<TrainingTime> training_times(const Experiment& experiment) {
  std::vector<TrainingTime> out;
  const auto add = [&](const PopulationRun& r) {
    if (r.seconds > 0) out.push_back({r.design, r.score.run.scale, r.seconds});
  };
  if (const auto population = read_population(experiment))
    for (const PopulationRun& r : population->runs) add(r);
  else
    for (const auto& [name, r] : ledger_runs(experiment)) add(r);
  return out;
}

RunPopulation build_population(const Experiment& experiment) { return update(experiment, {}); }

std::optional<RunPopulation> read_population(const Experiment& experiment) {
  const Path path = population_file(experiment);
  if (!std::filesystem::exists(path)) return std::nullopt;
  RunPopulation known = load_population(experiment);
  if (known.ledger != ledger_state(experiment)) {
    known = update(experiment, known);
    write_population(experiment, known);
  }
  if (agrees(experiment, known)) return known;
  log_warning("'" + path.string() +
              "' differs from the files of the runs though the ledger has nothing new: built anew");
  known = build_population(experiment);
  write_population(experiment, known);
  return known;
}

}  // namespace gradus

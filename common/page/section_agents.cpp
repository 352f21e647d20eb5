#include <algorithm>
#include <cmath>

#include "page/correlation.h"
#include "page/sections.h"

namespace gradus {
namespace {

using nlohmann::json;

constexpr size_t kBins = 96;

/// What one kind of designs came to: of a generation, or of an operation.
struct Yield {
  int proposals = 0, accepted = 0, built = 0, passed = 0, trained = 0, confirmed = 0, attempts = 0, units = 0;
  double tokens = 0, dollars = 0, seconds = 0, flops = 0;
  std::optional<double> best;  // bits per byte better than the baseline, at the lowest rung
};

void add(Yield& y, const Facts& facts, const DesignFacts& design) {
  ++y.proposals;
  y.accepted += design.review && design.review->accepted;
  y.built += design.implementation && design.implementation->built;
  y.passed += design.check && design.check->passed;
  if (design.implementation) {
    y.attempts += int(design.implementation->attempts.size());
    for (const Attempt& attempt : design.implementation->attempts) y.units += attempt.told == "passed";
  }
  for (const RunFacts& run : design.runs)
    if (run.result) y.flops += run.result->flops;
  bool trained = false, confirmed = false;
  for (size_t rung = 0; rung < facts.rungs.size(); ++rung) {
    const Standing* row = facts.standing(rung, design.name);
    if (row == nullptr) continue;
    trained = true, confirmed |= row->confirmed;
    if (rung == 0 && row->pairs > 0 && !row->diverged && !row->quarantined())
      y.best = std::max(y.best.value_or(row->difference), row->difference);
  }
  y.trained += trained, y.confirmed += confirmed;
}

json yield_json(const Yield& y, double confidence) {
  const Interval valid = wilson(y.passed, y.proposals, confidence);
  return {{"valid", interval_json(valid.value, valid.lower, valid.upper)},
          {"proposals", y.proposals},
          {"accepted", y.accepted},
          {"built", y.built},
          {"passed", y.passed},
          {"trained", y.trained},
          {"confirmed", y.confirmed},
          {"attempts", y.attempts},
          {"units", y.units},
          {"tokens", rounded(y.tokens)},
          {"dollars", rounded(y.dollars)},
          {"seconds", rounded(y.seconds, 5)},
          {"flops", rounded(y.flops, 4)},
          {"best", y.best ? rounded(*y.best) : json()}};
}

/// Tokens that models read and wrote; a pretraining's line counts the corpus's.
bool asks_models(const std::string& stage) { return stage.starts_with("ask-"); }  // a line a role (agent/session)

}  // namespace

json agents_section(const Facts& facts) {
  const double confidence = facts.experiment.settings().rules.confidence;
  std::map<int, Yield> generations;
  std::map<std::string, Yield> operations;
  Yield all;
  for (const DesignFacts& design : facts.designs) {
    if (design.name.generation == 0) continue;
    add(generations[design.name.generation], facts, design);
    const std::string operation = design.origin ? design.origin->operation : "";
    add(operations[operation.empty() ? "not told" : operation], facts, design);
    add(all, facts, design);
  }
  std::map<std::string, Yield> stages;  // proposals: how many lines
  for (const JobFacts& job : facts.jobs)
    for (const LedgerLine& line : job.lines) {
      const auto design = DesignName::parse(line.design);
      const double tokens = asks_models(line.stage) ? line.tokens : 0;
      Yield& stage = stages[line.stage];
      ++stage.proposals, stage.tokens += tokens, stage.dollars += line.dollars, stage.seconds += line.seconds;
      all.tokens += tokens, all.dollars += line.dollars, all.seconds += line.seconds;
      const auto generation = design ? generations.find(design->generation) : generations.end();
      if (generation == generations.end()) continue;  // none, or its designs are not here
      Yield& of = generation->second;
      of.tokens += tokens, of.dollars += line.dollars, of.seconds += line.seconds;
    }
  json by_generation = json::array(), by_operation = json::array(), by_stage = json::array();
  for (const auto& [generation, y] : generations) {
    json row = yield_json(y, confidence);
    row["generation"] = generation;
    by_generation.push_back(row);
  }
  for (const auto& [operation, y] : operations) {
    json row = yield_json(y, confidence);
    row["operation"] = operation;
    by_operation.push_back(row);
  }
  for (const auto& [stage, y] : stages)
    by_stage.push_back({{"stage", stage},
                        {"n", y.proposals},
                        {"seconds", rounded(y.seconds, 5)},
                        {"tokens", rounded(y.tokens)},
                        {"dollars", rounded(y.dollars)}});
  return {{"all", yield_json(all, confidence)},
          {"generations", by_generation},
          {"operations", by_operation},
          {"stages", by_stage}};
}

json timeline_section(const Facts& facts) {
  // A ledger line tells how long its work took, the file's name when its job began: within a job work follows work.
  struct Span {
    double begin, end;
    std::string stage;
  };
  std::vector<Span> spans;
  double first = 0, last = 0;
  for (const JobFacts& job : facts.jobs) {
    if (job.start <= 0) continue;
    double at = job.start;
    for (const LedgerLine& line : job.lines) {
      if (!(line.seconds >= 0 && line.seconds < 1e9)) continue;  // no time
      spans.push_back({at, at + line.seconds, line.stage});
      at += line.seconds;
    }
    if (first == 0 || job.start < first) first = job.start;
    last = std::max(last, at);
  }
  if (spans.empty()) return {{"start", nullptr}, {"width", 0}, {"stages", json::object()}, {"done", json::object()}};
  const double width = std::max(1.0, std::ceil((last - first) / double(kBins)));
  const size_t n = std::max<size_t>(1, size_t(std::ceil((last - first) / width)));
  std::map<std::string, std::vector<double>> work;
  std::map<std::string, std::vector<int>> done;
  for (const Span& span : spans) {
    auto& bins = work.try_emplace(span.stage, n).first->second;
    auto& ends = done.try_emplace(span.stage, n).first->second;
    ++ends[std::min(n - 1, size_t((span.end - first) / width))];
    for (size_t bin = size_t((span.begin - first) / width); bin < n; ++bin) {
      const double left = first + double(bin) * width;
      if (left >= span.end) break;
      bins[bin] += std::max(0.0, std::min(span.end, left + width) - std::max(span.begin, left));
    }
  }
  json stages = json::object(), ends = json::object();
  for (const auto& [stage, bins] : work) {
    stages[stage] = json::array();
    for (double seconds : bins) stages[stage].push_back(rounded(seconds, 4));
    ends[stage] = done.at(stage);
  }
  return {{"start", time_text(first)}, {"width", width}, {"stages", stages}, {"done", ends}};
}

}  // namespace gradus

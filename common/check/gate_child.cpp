// The gate's other side of the pipe: a design's YAML goes in, its check.yaml comes out.
#include "check/gate.h"
#include "check/learning.h"
#include "check/yaml_text.h"
#include "train/machine.h"

namespace gradus {
namespace {

/// What travels to the child, as one YAML document.
struct Request {
  CheckSettings check;
  std::map<std::string, Scale> scales;
  std::string shape_scale, design, units;
  bool exhaustive = false;
  std::string corpus;
  std::vector<Learning> seed;  // one or none
  template <class V>
  void fields(V& v) {
    v("check", check);
    v("scales", scales);
    v("shape_scale", shape_scale);
    v("design", design);
    v("units", units);
    v("exhaustive", exhaustive);
    v("corpus", corpus);
    v("seed", seed);
  }
};

std::string answer_in_child(const std::string& text) {
  prepare_process(1);  // the gate's budget is one core's; spinning threads would only slow small models
  auto request = from_text<Request>(text, "request");
  CheckResult result;
  try {
    Design design = read_design(parse_yaml(request.design, "design.yaml"), "design.yaml");
    GateSettings settings{request.check, request.scales, request.shape_scale};
    settings.exhaustive = request.exhaustive;
    settings.corpus = request.corpus;
    if (!request.seed.empty()) settings.seed = request.seed.front();
    result = check_design(design, UnitStore(request.units), settings);
  } catch (const Error& e) {
    result.reason = "structure";
    result.evidence = e.what();
  }
  return to_text(result);
}

}  // namespace

void register_gate_child() {
  register_child("gate", answer_in_child);
  register_learning_child();
}

std::vector<CheckResult> check_in_child(const std::vector<GateJob>& jobs, const GateSettings& settings) {
  ChildLimits limits;
  std::vector<std::string> requests;
  std::vector<Learning> seed;
  if (settings.seed) seed = {*settings.seed};
  const Path corpus = settings.corpus.empty() ? Path() : std::filesystem::canonical(settings.corpus);
  if (tier_of(settings.check.tier) == Tier::kLearning && seed.empty()) {
    LearningJob job;
    job.scale = settings.scales.at(settings.shape_scale);
    job.corpus = corpus;
    job.cache = settings.cache;
    job.key = kLearningKey;
    seed = {seed_learning_in_child(job, {}, settings.check.seconds, settings.check.memory_gb)};
  }
  if (!corpus.empty()) limits.readable.push_back(corpus.string());
  for (const auto& job : jobs) {
    Request request{settings.check,      settings.scales,     settings.shape_scale, job.design_yaml,
                    job.units_directory, settings.exhaustive, corpus.string(),      seed};
    requests.push_back(to_text(request));
    limits.readable.push_back(std::filesystem::absolute(job.units_directory).string());
  }
  limits.seconds_per_request = settings.check.seconds * (tier_of(settings.check.tier) == Tier::kLearning ? 3 : 1);
  limits.memory_bytes = static_cast<uint64_t>(settings.check.memory_gb * double(1 << 30));
  std::vector<CheckResult> results;
  for (const auto& answer : run_in_child("gate", requests, limits)) {
    if (answer.kind == ChildAnswer::Kind::kAnswer) {
      results.push_back(from_text<CheckResult>(answer.text, "answer"));
      continue;
    }
    CheckResult refused;
    refused.reason = answer.kind == ChildAnswer::Kind::kTimeout  ? "time"
                     : answer.kind == ChildAnswer::Kind::kMemory ? "memory"
                                                                 : "crash";
    refused.evidence = answer.text;
    refused.hint = "a design must build and run within check.seconds and check.memory_gb";
    results.push_back(std::move(refused));
  }
  return results;
}

}  // namespace gradus

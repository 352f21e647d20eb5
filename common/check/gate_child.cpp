// The gate's other side of the pipe: a design's YAML goes in, its check.yaml comes out.
#include <ATen/Parallel.h>

#include "check/gate.h"

namespace gradus {
namespace {

std::string to_text(const CheckResult& result) {
  FieldWriter writer;
  CheckResult copy = result;
  copy.fields(writer);
  return to_yaml(writer.node);
}

template <class T>
T from_text(const std::string& text, const std::string& name) {
  Faults faults(name);
  T value;
  read_settings(parse_yaml(text, name), value, faults, "");
  faults.finish();
  return value;
}

/// What travels to the child, as one YAML document.
struct Request {
  CheckSettings check;
  std::map<std::string, Scale> scales;
  std::string shape_scale, design, units;
  bool exhaustive = false;
  template <class V>
  void fields(V& v) {
    v("check", check);
    v("scales", scales);
    v("shape_scale", shape_scale);
    v("design", design);
    v("units", units);
    v("exhaustive", exhaustive);
  }
};

std::string answer_in_child(const std::string& text) {
  at::set_num_threads(1);  // the gate's budget is one core's; spinning threads would only slow small models
  auto request = from_text<Request>(text, "request");
  CheckResult result;
  try {
    Design design = read_design(parse_yaml(request.design, "design.yaml"), "design.yaml");
    result = check_design(design, UnitStore(request.units),
                          {request.check, request.scales, request.shape_scale, request.exhaustive});
  } catch (const Error& e) {
    result.reason = "structure";
    result.evidence = e.what();
  }
  return to_text(result);
}

}  // namespace

void register_gate_child() { register_child("gate", answer_in_child); }

std::vector<CheckResult> check_in_child(const std::vector<GateJob>& jobs, const GateSettings& settings) {
  ChildLimits limits;
  std::vector<std::string> requests;
  for (const auto& job : jobs) {
    Request request{settings.check,  settings.scales,     settings.shape_scale,
                    job.design_yaml, job.units_directory, settings.exhaustive};
    FieldWriter writer;
    request.fields(writer);
    requests.push_back(to_yaml(writer.node));
    limits.readable.push_back(std::filesystem::absolute(job.units_directory).string());
  }
  limits.seconds_per_request = settings.check.seconds;
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

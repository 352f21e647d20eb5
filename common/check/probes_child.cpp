// The probes in children: the part of probes.h that touches processes.
#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/child.h"
#include "base/progress.h"
#include "check/probes.h"
#include "check/yaml_text.h"
#include "design/fit.h"
#include "train/machine.h"

namespace gradus {
namespace {

constexpr const char* kChild = "probe";

std::string answer(const std::string& text) {
  prepare_process(1);
  disable_progress();
  const auto request = nlohmann::json::parse(text);
  const auto scale = from_text<Scale>(request.at("scale"), "scale");
  const Design design = read_design(parse_yaml(request.at("design"), "design.yaml"), "design.yaml");
  const UnitStore units{Path(request.at("units").get<std::string>())};
  std::string why;  // a design that does not fit is probed at its nearest
  const Fit fit = fit_design(design, units, scale, from_text<CheckSettings>(request.at("check"), "check"), &why);
  return to_yaml(
      write_value(run_probe(design, units, scale, fit.multiplier, from_text<ProbeTask>(request.at("task"), "task"),
                            from_text<ProbePlan>(request.at("plan"), "plan"))));
}

}  // namespace

std::vector<ProbeScore> probe_in_children(const GateJob& job, const Scale& scale, const CheckSettings& settings,
                                          const std::vector<ProbeTask>& tasks, const ProbePlan& plan, int workers,
                                          const std::function<void(const ProbeScore&)>& report) {
  ChildLimits limits;
  limits.seconds_per_request = settings.seconds;
  limits.memory_bytes = static_cast<uint64_t>(settings.memory_gb * double(1 << 30));
  limits.readable = {std::filesystem::absolute(job.units_directory).string()};
  std::vector<ProbeScore> scores(tasks.size());
  Progress progress("probes", static_cast<double>(tasks.size()), "tasks");
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::string fault;
  size_t done = 0;
  const auto work = [&] {
    for (size_t i; (i = next++) < tasks.size();) {
      const nlohmann::json request{{"design", job.design_yaml},
                                   {"units", limits.readable.front()},
                                   {"scale", to_yaml(write_value(scale))},
                                   {"check", to_yaml(write_value(settings))},
                                   {"task", to_yaml(write_value(tasks[i]))},
                                   {"plan", to_yaml(write_value(plan))}};
      const ChildAnswer a = run_in_child(kChild, {request.dump()}, limits).front();
      const std::lock_guard lock(mutex);
      if (a.kind != ChildAnswer::Kind::kAnswer) {
        fault = tasks[i].name + ": " + a.text;
        next = tasks.size();
        return;
      }
      scores[i] = from_text<ProbeScore>(a.text, "answer");
      report(scores[i]);
      progress.update(static_cast<double>(++done), scores[i].task);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < workers; ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  if (!fault.empty()) throw Error("the design does not run: " + fault);
  progress.finish();
  return scores;
}

void register_probe_child() { register_child(kChild, answer); }

}  // namespace gradus

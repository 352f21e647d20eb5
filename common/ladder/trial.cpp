#include "ladder/trial.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <exception>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/child.h"
#include "base/log.h"
#include "base/progress.h"
#include "eval/score.h"
#include "ladder/arm.h"
#include "train/machine.h"
#include "train/run.h"

namespace gradus {
namespace {

constexpr const char* kChild = "trial-run";
using Clock = std::chrono::steady_clock;

struct Job {
  DesignName design;
  RunName run;
};

std::string answer(const std::string& request) {
  const auto job = nlohmann::json::parse(request);
  disable_progress();
  prepare_process(1);
  const Communicator alone;
  const Experiment experiment(Path(job.at("experiment").get<std::string>()));
  const DesignName design = DesignName::parse(job.at("design").get<std::string>()).value();
  const RunName run = RunName::parse(job.at("run").get<std::string>()).value();
  PretrainSettings settings = experiment.settings().pretrain;
  settings.device = "cpu";  // many small runs side by side, one core each
  const RunResult result = pretrain_run({experiment, design, run, settings, 1, false}, alone);
  if (result.verdict != "done") return "diverged";
  try {
    evaluate_run({experiment, design, run, experiment.settings().evaluate, false}, alone);
  } catch (const Error& error) {  // no better than untrained: scored as diverged
    return std::string("not scored: ") + error.what();
  }
  return "done";
}

class Trial {
 public:
  Trial(const Experiment& experiment, const TrialPlan& plan, const std::function<void(std::string)>& report)
      : experiment_(experiment), plan_(plan), report_(report), start_(Clock::now()) {}

  TrialResult run();

 private:
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  /// Would `n` more runs still fit? By the slowest round so far; before the first, yes.
  bool time_for(size_t n) const {
    const double rounds = std::ceil(double(n) / plan_.workers);
    return elapsed() + 1.1 * rounds * slowest_ < plan_.seconds;
  }
  bool make(const std::vector<Job>& jobs);
  void make_one(const Job& job);
  bool search();
  void duel();
  RunScore score(const DesignName& design, const RunName& run) const;

  const Experiment& experiment_;
  const TrialPlan& plan_;
  const std::function<void(std::string)>& report_;
  Clock::time_point start_;
  double slowest_ = 0;  // seconds of one run while `workers` were running
  TrialResult result_;
};

void Trial::make_one(const Job& job) {
  const nlohmann::json request{{"experiment", std::filesystem::absolute(experiment_.root()).string()},
                               {"design", job.design.text()},
                               {"run", job.run.text()}};
  ChildLimits limits;
  limits.seconds_per_request = std::max(60.0, 4 * plan_.seconds);
  limits.memory_bytes = uint64_t(experiment_.settings().check.memory_gb * 1e9);
  limits.file_bytes = uint64_t{4} << 30;
  limits.readable = {std::filesystem::canonical(experiment_.corpus()).string()};
  limits.writable = {std::filesystem::absolute(experiment_.root()).string()};
  const ChildAnswer a = run_in_child(kChild, {request.dump()}, limits).front();
  if (a.kind != ChildAnswer::Kind::kAnswer)
    throw Error("the run " + job.run.text() + " of " + job.design.text() + " failed: " + a.text);
}

/// All jobs, `workers` at once; false where the time for them is not there.
bool Trial::make(const std::vector<Job>& jobs) {
  if (!time_for(jobs.size())) return false;
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::exception_ptr fault;
  const auto work = [&] {
    for (size_t i; (i = next++) < jobs.size();) {
      const auto begin = Clock::now();
      try {
        make_one(jobs[i]);
      } catch (...) {
        std::lock_guard lock(mutex);
        if (!fault) fault = std::current_exception();
        next = jobs.size();
      }
      std::lock_guard lock(mutex);
      slowest_ = std::max(slowest_, std::chrono::duration<double>(Clock::now() - begin).count());
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < plan_.workers; ++i) threads.emplace_back(work);
  for (std::thread& t : threads) t.join();
  if (fault) std::rethrow_exception(fault);
  return true;
}

RunScore Trial::score(const DesignName& design, const RunName& run) const {
  const auto arms = read_arms(experiment_, plan_.scale);
  if (const auto arm = arms.find(design); arm != arms.end())
    for (const RunScore& s : arm->second.runs)
      if (s.run == run) return s;
  return RunScore{run, true};  // trained to nothing that can be scored
}

/// Seed 0 at every learning rate, both arms: the best by validation is an arm's own.
bool Trial::search() {
  const auto& rates = experiment_.settings().rules.learning_rates;
  // The middle rate of both arms first: if the time ends early, something comparable is there.
  std::vector<double> order = rates;
  std::stable_sort(order.begin(), order.end(),
                   [](double a, double b) { return std::abs(std::log(a)) < std::abs(std::log(b)); });
  for (double rate : order) {
    if (!make({{plan_.candidate, {plan_.scale, 0, rate}},
               {plan_.reference, {plan_.scale, plan_.reference_seed_offset, rate}}}))
      return false;
    ++result_.rates_tried;
    report_("learning rate " + format_g(rate) + "× tried on both, seed 0; " + format_duration(elapsed()) + " of " +
            format_duration(plan_.seconds));
  }
  const auto best = [&](const DesignName& design, int64_t seed) {
    double multiplier = rates.front(), bits = 1e9;
    for (double rate : rates)
      if (const RunScore s = score(design, {plan_.scale, seed, rate}); s.validation < bits)
        bits = s.validation, multiplier = rate;
    return multiplier;
  };
  result_.candidate_multiplier = best(plan_.candidate, 0);
  result_.reference_multiplier = best(plan_.reference, plan_.reference_seed_offset);
  return true;
}

void Trial::duel() {
  std::vector<double> differences;
  for (int seed = 1; seed <= plan_.most_pairs; ++seed) {
    const RunName mine{plan_.scale, seed, result_.candidate_multiplier};
    const RunName theirs{plan_.scale, seed + plan_.reference_seed_offset, result_.reference_multiplier};
    if (!make({{plan_.candidate, mine}, {plan_.reference, theirs}})) {
      result_.note = "the time is over after " + std::to_string(seed - 1) + " paired seeds";
      return;
    }
    const RunScore a = score(plan_.candidate, mine), b = score(plan_.reference, theirs);
    differences.push_back(b.confirmation - a.confirmation);
    result_.duel = judge_duel(differences);
    const double left = std::max(0.0, plan_.seconds - elapsed());
    report_("seed " + std::to_string(seed) + ": " + format_fixed(a.confirmation, 4) + " against " +
            format_fixed(b.confirmation, 4) + " bits per byte on the confirmation shard; " +
            to_string(result_.duel.outcome) + " so far; at most " + format_duration(left) + " left");
    if (result_.duel.outcome != Outcome::kUndecided) {
      result_.note = "decided after " + std::to_string(seed) + " paired seeds";
      return;
    }
  }
  result_.note = "no decision in " + std::to_string(plan_.most_pairs) + " paired seeds";
}

TrialResult Trial::run() {
  if (search())
    duel();
  else
    result_.note = "the time is over before every learning rate was tried on both";
  for (const auto& [design, arm] : read_arms(experiment_, plan_.scale))
    for (const RunScore& s : arm.runs) {
      if (design == plan_.candidate) result_.candidate_parameters = s.parameters;
      if (design == plan_.reference) result_.reference_parameters = s.parameters;
      result_.tokens = std::max(result_.tokens, s.tokens);
    }
  return result_;
}

}  // namespace

void register_trial_child() { register_child(kChild, answer); }

TrialResult run_trial(const Experiment& experiment, const TrialPlan& plan,
                      const std::function<void(std::string)>& report) {
  return Trial(experiment, plan, report).run();
}

std::string trial_sentence(const TrialResult& r, const std::string& other) {
  const Duel& d = r.duel;
  if (r.candidate_multiplier == 0)
    return "against " + other + ": " + r.note + "; " + std::to_string(r.rates_tried) +
           " of 3 learning rates were tried";
  const std::string half = std::isfinite(d.half_width) ? format_fixed(d.half_width, 4) : "unknown";
  return other + " by " + format_fixed(std::abs(d.difference), 4) + (d.difference < 0 ? " (worse)" : "") + " ± " +
         half + " bits per byte at " + format_count(double(r.candidate_parameters)) +
         (r.candidate_parameters == r.reference_parameters
              ? ""
              : " against " + format_count(double(r.reference_parameters))) +
         " parameters, " + format_count(double(r.tokens)) + " tokens (" + std::to_string(r.rates_tried) +
         " learning rates tried, best " + format_g(r.candidate_multiplier) + "× against " +
         format_g(r.reference_multiplier) + "×; " + std::to_string(d.pairs) + " paired fresh seeds; p " +
         (d.p < 0.0001 ? "< 0.0001" : "= " + format_fixed(d.p, 4)) + "); " + r.note;
}

}  // namespace gradus

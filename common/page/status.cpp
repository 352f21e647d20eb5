#include "page/status.h"

#include <algorithm>
#include <sstream>

#include "agent/proposer.h"
#include "base/hash.h"
#include "base/ledger.h"
#include "base/log.h"
#include "design/forecast.h"
#include "design/work_list.h"
#include "ladder/budget.h"
#include "ladder/promote.h"
#include "page/leaderboard.h"

namespace gradus {
namespace fs = std::filesystem;
namespace {

constexpr size_t kErrorsShown = 5;

std::string padded(const std::string& text, size_t width) {
  const size_t have = display_width(text);
  return text + std::string(have < width ? width - have : 0, ' ');
}

std::string count(int n) { return n == 0 ? "." : std::to_string(n); }

/// A file that is being renamed or is of another format is nobody's error here.
template <class T>
std::optional<T> read_quietly(const Path& path) {
  try {
    return read_yaml_if_exists<T>(path);
  } catch (const Error&) {
    return std::nullopt;
  }
}

struct Reader {
  const Experiment& experiment;
  const Site& site;
  const std::vector<QueuedJob>& jobs;
  StatusPage page;

  void add_stage(StageCount stage, const std::string& job_suffix) {
    for (const QueuedJob& job : jobs) {
      if (!job.name.ends_with("-" + job_suffix)) continue;
      ++(job.state == "PENDING" || job.state == "REQUEUED" || job.state == "SUSPENDED" ? stage.waiting : stage.running);
    }
    add_failures(stage, job_suffix);
    page.stages.push_back(stage);
  }

  /// What failed of the newest list of a stage, and is not done.
  void add_failures(StageCount& stage, const std::string& job_suffix) {
    std::error_code none;
    fs::directory_entry newest;
    for (const auto& entry : fs::directory_iterator(experiment.root() / "slurm" / job_suffix, none))
      if (newest.path().empty() || entry.last_write_time(none) > newest.last_write_time(none)) newest = entry;
    if (newest.path().empty()) return;
    try {
      const WorkList list = read_work_list(newest.path() / "manifest.tsv");
      const auto states = read_states(newest.path(), list, site.limits);
      for (size_t n = 0; n < states.size(); ++n) {
        const LineState& s = states[n];
        if (s.done || (s.code <= 1 && s.failures == 0) || s.code == 75) continue;
        ++stage.failed;
        const std::string how = s.set_aside ? "set aside: " : s.given_up ? "given up: " : "";
        page.errors.push_back(how + list.kind + " " + list.lines[n].words + ": " +
                              (s.code < 0 ? "lost" : "code " + std::to_string(s.code)) +
                              (s.place.empty() ? "" : ": " + s.place));
      }
    } catch (const Error& fault) {
      page.errors.push_back(fault.what());
    }
  }

  void read_designs(int generation, const std::string& prefix) {
    StageCount propose{"2 propose", experiment.settings().proposals}, review{"3 review"}, implement{"4 implement"},
        check{"5 check"};
    auto designs = experiment.designs(generation);
    for (const DesignName& d : designs) {
      const Path at = experiment.directory(d);
      propose.done += fs::exists(at / "origin.yaml");
      const auto reviewed = read_quietly<Review>(at / "review.yaml");
      const auto built = read_quietly<Implementation>(at / "implement.yaml");
      const auto checked = read_quietly<CheckResult>(at / "check.yaml");
      review.asked += fs::exists(at / "origin.yaml");
      if (reviewed) ++(reviewed->accepted ? review.done : review.refused);
      implement.asked += reviewed && reviewed->accepted;
      if (built) ++(built->built ? implement.done : implement.refused);
      check.asked += built && built->built;
      if (checked) ++(checked->passed ? check.done : check.refused);
    }
    propose.asked = std::max(propose.asked, propose.done);
    for (auto* stage : {&implement, &check}) {
      const std::string kind = stage->name.substr(2);
      stage->seconds_left =
          (stage->asked - stage->done - stage->refused) * forecast_seconds(experiment, kind, "", site.resources(kind));
    }
    page.stages.push_back(propose);
    page.stages.push_back(review);
    add_stage(implement, prefix + "4-implement");
    add_stage(check, prefix + "5-check");
  }

  void read_rung(int generation, const std::string& stage, const std::string& prefix) {
    const auto decided = experiment.read_selection(generation, stage);
    if (!decided) return;
    StageCount pretrain{"6 " + stage + " pretrain"}, evaluate{"6 " + stage + " evaluate"};
    std::string scale;
    for (const Chosen& chosen : decided->chosen)
      for (const std::string& text : chosen.runs) {
        const auto design = DesignName::parse(chosen.design);
        const auto run = RunName::parse(text);
        if (!design || !run) continue;
        scale = run->scale;
        ++pretrain.asked;
        const auto trained = read_quietly<RunResult>(experiment.run_directory(*design, *run) / "pretrain.yaml");
        if (!trained) continue;
        ++(trained->verdict == "done" ? pretrain.done : pretrain.refused);
        evaluate.asked += trained->verdict == "done";
        evaluate.done += fs::exists(experiment.evaluation(*design, *run));
      }
    if (scale.empty()) return;
    pretrain.seconds_left = (pretrain.asked - pretrain.done - pretrain.refused) *
                            forecast_seconds(experiment, "pretrain", scale, site.resources("pretrain", scale));
    evaluate.seconds_left = (pretrain.asked - pretrain.refused - evaluate.done) *
                            forecast_seconds(experiment, "evaluate", scale, site.resources("evaluate", scale));
    add_stage(pretrain, prefix + "6-" + stage + "-pretrain");
    add_stage(evaluate, prefix + "6-" + stage + "-evaluate");
  }

  void read_spent() {
    for (const LedgerLine& line : read_ledger(experiment.root()))
      page.seconds += line.seconds, page.tokens += line.stage == "pretrain" ? 0 : line.tokens,
          page.dollars += line.dollars;
    for (const auto& [scale, numbers] : experiment.settings().scales)
      for (const auto& [design, run] : experiment.finished_runs(scale)) {
        const auto result = read_quietly<RunResult>(experiment.run_directory(design, run) / "pretrain.yaml");
        if (result) ++page.runs, page.flops += result->flops;
      }
  }
};

}  // namespace

std::string job_key(const Path& experiment) {
  return "gradus-" + sha256_hex(fs::canonical(experiment).native()).substr(0, 8);
}

std::vector<QueuedJob> parse_queue(const std::string& squeue_output, const std::string& key) {
  std::vector<QueuedJob> jobs;
  std::istringstream lines(squeue_output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    QueuedJob job;
    std::getline(fields, job.name, '|');
    std::getline(fields, job.state, '|');
    std::getline(fields, job.id, '|');
    std::getline(fields, job.reason, '|');
    if (job.name == key || job.name.starts_with(key + "-")) jobs.push_back(job);
  }
  return jobs;
}

StatusPage read_status(const Experiment& experiment, const Site& site, const std::vector<QueuedJob>& jobs) {
  Reader reader{experiment, site, jobs, {}};
  StatusPage& page = reader.page;
  page.name = experiment.settings().name;
  page.jobs = jobs;
  while (experiment.read_selection(page.closed + 1, "close")) ++page.closed;
  const int next = page.closed + 1;
  if (experiment.read_selection(next, "parents") || !experiment.designs(next).empty()) page.open = next;
  if (page.open > 0) {
    char prefix[16];
    std::snprintf(prefix, sizeof prefix, "g%03d-", page.open);
    reader.read_designs(page.open, prefix);
    for (const std::string& stage : selection_stages(experiment.settings()))
      if (stage != "parents" && stage != "close") reader.read_rung(page.open, stage, prefix);
  }
  reader.read_spent();
  page.budget = describe(read_spending(experiment));
  return page;
}

std::string render_status(const StatusPage& page) {
  std::string text = page.name + ": " + std::to_string(page.closed) + " generations closed, " +
                     (page.open > 0 ? "generation " + std::to_string(page.open) + " is open" : "none is open") + "\n";
  double left = 0;
  if (!page.stages.empty()) {
    text += padded("stage", 28);
    for (const char* head : {"asked", "done", "refused", "failed", "running", "waiting"}) text += padded(head, 9);
    text += "\n";
  }
  for (const StageCount& s : page.stages) {
    text += padded(s.name, 28);
    for (int n : {s.asked, s.done, s.refused, s.failed, s.running, s.waiting}) text += padded(count(n), 9);
    text += "\n";
    left += std::max(0.0, s.seconds_left);
  }
  text += "spent: " + std::to_string(int64_t(page.runs)) + " runs of " + format_g(page.flops) + " FLOP, " +
          format_duration(page.seconds) + " of work; " + format_count(page.tokens) + " tokens and $" +
          format_fixed(page.dollars, 2) + " of models\n";
  if (!page.budget.empty()) text += page.budget + "\n";
  int running = 0, waiting = 0, drivers = 0;
  std::string held;
  for (const QueuedJob& job : page.jobs) {
    const bool driver = job.name.find("-g", 7) == std::string::npos;
    ++(driver ? drivers : job.state == "PENDING" ? waiting : running);
    if (job.reason.starts_with("JobHeld") || job.reason == "launch_failed_requeued_held") held += " " + job.id;
  }
  if (page.open > 0)
    text += "left of what is decided: " + format_duration(left) + " of one task" +
            (running > 1 ? ", " + format_duration(left / running) + " of " + std::to_string(running) : "") + "\n";
  text += "jobs: " + std::to_string(drivers) + " drivers, " + std::to_string(running) + " tasks run, " +
          std::to_string(waiting) + " wait" + (held.empty() ? "" : "; held:" + held + " (scontrol release)") + "\n";
  if (!page.errors.empty()) text += "not done, the last of " + std::to_string(page.errors.size()) + ":\n";
  const size_t first = page.errors.size() > kErrorsShown ? page.errors.size() - kErrorsShown : 0;
  for (size_t i = first; i < page.errors.size(); ++i) text += "  " + cut_to_width(page.errors[i], 116) + "\n";
  return text;
}

}  // namespace gradus

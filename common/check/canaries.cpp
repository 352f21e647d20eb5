#include "check/canaries.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <exception>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <sstream>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "design/builtin.h"

namespace gradus {
namespace {

const std::string kRefusedBy = "Refused by: ", kSet = "Set: ", kTier = "Tier: ";

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

/// The text between the triple quotes that a file begins with.
std::string docstring(const std::string& source) {
  const std::string quotes = "\"\"\"";
  if (source.compare(0, 3, quotes) != 0) return "";
  const size_t end = source.find(quotes, 3);
  return end == source.npos ? "" : source.substr(3, end - 3);
}

/// A folder of units that is removed when it goes out of scope.
struct Scratch {
  Path path =
      std::filesystem::temp_directory_path() / ("gradus-canaries-" + std::to_string(static_cast<long>(::getpid())));
  Scratch() { std::filesystem::create_directories(path); }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

std::string wrong_text(const CanaryRun& run) {
  std::string text = run.canary.name;
  if (run.seed) text += " (seed " + std::to_string(run.seed) + ")";
  if (run.canary.refused_by.empty()) return text + ": refused by " + run.result.reason;
  if (run.result.passed) return text + ": passed, expected " + run.canary.expected();
  return text + ": refused by " + run.result.reason + ", expected " + run.canary.expected();
}

}  // namespace

std::string Canary::expected() const {
  std::string text;
  for (const auto& check : refused_by) text += (text.empty() ? "" : "|") + check;
  return text.empty() ? "pass" : text;
}

Canary read_canary(const std::string& name, const std::string& source) {
  Canary canary{name, source, "", {}, false};
  for (const std::string& line : split(docstring(source), '\n')) {
    if (canary.what.empty())
      canary.what = line;
    else if (line.rfind(kRefusedBy, 0) == 0)
      canary.refused_by = split(line.substr(kRefusedBy.size()), '|');
    else if (line.rfind(kSet, 0) == 0)
      canary.fast = line == kSet + "fast";
    else if (line.rfind(kTier, 0) == 0)
      canary.tier = tier_of(line.substr(kTier.size()));
  }
  if (canary.what.empty()) throw Error("canary '" + name + "' has no docstring");
  if ((name.rfind("cheat/", 0) == 0) == canary.refused_by.empty())
    throw Error("canary '" + name + "': a line '" + kRefusedBy + "' is for a cheat, and each cheat needs one");
  return canary;
}

std::vector<Canary> choose_canaries(const std::vector<std::string>& names) {
  std::vector<Canary> all, chosen;
  std::vector<std::string> known;
  for (const auto& [name, text] : builtin_canaries()) {
    all.push_back(read_canary(std::string(name), std::string(text)));
    known.push_back(all.back().name);
  }
  if (names.empty()) return all;
  if (names == std::vector<std::string>{"fast"}) {
    std::copy_if(all.begin(), all.end(), std::back_inserter(chosen), [](const Canary& canary) { return canary.fast; });
    return chosen;
  }
  for (const auto& name : names) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      const std::string near = nearest(name, known);
      throw UsageError("no canary '" + name + "'" + (near.empty() ? "" : ": did you mean '" + near + "'?"));
    }
    chosen.push_back(all[static_cast<size_t>(found - known.begin())]);
  }
  return chosen;
}

bool CanaryRun::right() const {
  if (canary.refused_by.empty()) return result.passed;
  return !result.passed && std::count(canary.refused_by.begin(), canary.refused_by.end(), result.reason) > 0;
}

std::vector<CanaryRun> run_canaries(const std::vector<Canary>& canaries, const GateSettings& settings, int n_seeds,
                                    const std::function<void(const CanaryRun&)>& finished, int n_processes) {
  // 1. The jobs, canary by canary.
  Scratch scratch;
  const UnitStore units(scratch.path);
  std::vector<CanaryRun> runs;
  std::vector<GateJob> jobs;
  for (const Canary& canary : canaries) {
    for (int seed = 0; seed < n_seeds; ++seed) {
      const std::string more = seed ? "\n\nSEED = " + std::to_string(seed) + "\n" : "";
      const Design design{UnitNode{units.add(canary.source + more), {}, {}}};
      runs.push_back({canary, seed, {}, 0});
      jobs.push_back({to_yaml(write_design(design)), scratch.path.string()});
    }
  }

  // 2. A thread a process: each waits for its child.
  Progress progress("canaries", static_cast<double>(jobs.size()), "blocks");
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  size_t n_done = 0;
  const auto work = [&] {
    for (size_t i; (i = next++) < jobs.size();) {
      try {
        const auto begin = std::chrono::steady_clock::now();
        runs[i].result = check_in_child({jobs[i]}, settings).front();
        runs[i].seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        const std::lock_guard lock(mutex);
        if (finished) finished(runs[i]);
        progress.update(static_cast<double>(++n_done), runs[i].canary.name);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = jobs.size();
      }
    }
  };
  if (n_processes <= 0) n_processes = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  std::vector<std::thread> threads;
  for (int i = 1; i < n_processes; ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
  progress.finish();
  return runs;
}

std::string to_line(const CanaryRun& run) {
  std::string line = run.canary.name + "\t" + run.canary.expected() + "\t" + (run.result.passed ? "ok" : "no");
  for (const auto& field : {run.result.reason, run.result.unit}) line += "\t" + (field.empty() ? "." : field);
  return line + "\t" + format_g(std::round(run.seconds * 100) / 100);
}

CanaryRecord summarise_canaries(const std::vector<CanaryRun>& runs, const std::string& scale) {
  CanaryRecord record;
  record.scale = scale;
  for (const CanaryRun& run : runs) {
    const bool honest = run.canary.refused_by.empty();
    ++(honest ? record.honest : record.cheats);
    record.seconds += run.seconds;
    if (run.right())
      record.caught += honest ? 0 : 1;
    else if (honest)
      record.false_alarms.push_back(wrong_text(run));
    else
      record.misses.push_back(wrong_text(run));
  }
  return record;
}

std::string canary_text(const CanaryRecord& record) {
  std::string text = "recall " + std::to_string(record.caught) + " of " + std::to_string(record.cheats) +
                     "; false alarms " + std::to_string(record.false_alarms.size()) + " of " +
                     std::to_string(record.honest);
  for (const auto& miss : record.misses) text += "\nmissed: " + miss;
  for (const auto& alarm : record.false_alarms) text += "\nfalse alarm: " + alarm;
  return text;
}

}  // namespace gradus

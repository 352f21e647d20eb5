#include "design/work_list.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <map>
#include <sstream>
#include <thread>
#include <utility>

#include "base/hash.h"
#include "design/experiment.h"

namespace gradus {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> split(const std::string& line, char at) {
  std::vector<std::string> out{""};
  for (char c : line) {
    if (c == at)
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

int64_t number(const std::string& text, int64_t fallback = -1) {
  int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  return fault == std::errc() && end == text.data() + text.size() ? value : fallback;
}

std::string value_after(const std::string& words, const std::string& option) {
  std::istringstream in(words);
  std::string word, value;
  while (in >> word)
    if (word == option && in >> value) return value;
  return "";
}

// 128 + the signals that a program raises itself: ILL, ABRT, BUS, FPE, SEGV. 134 is also what a failed assertion
// leaves.
bool is_crash(int code) { return code == 132 || code == 134 || code == 135 || code == 136 || code == 139; }
// Told to stop, in time or before it could listen: USR1, INT, TERM, HUP.
bool is_interrupted(int code) { return code == 75 || code == 138 || code == 130 || code == 143 || code == 129; }

std::vector<Path> state_files(const Path& directory) {
  std::vector<Path> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(directory / "state", none))
    if (entry.path().extension() == ".tsv" && !is_temporary(entry.path())) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

struct Tally {
  std::map<std::pair<int, std::string>, int> crashes;
  int open_starts = 0;
  bool has_result = true;  // or its verb has no such file
};

void read_one(const Path& file, std::vector<LineState>& states, std::vector<Tally>& tallies) {
  std::vector<int> begun(states.size(), 0);
  std::map<int64_t, std::vector<std::string>> printed;  // counts with the end: a task may be killed before that
  for (const std::string& line : read_lines(file)) {
    const auto f = split(line, '\t');
    const int64_t n = f.size() < 2 ? -1 : number(f[1]);
    if (n < 0 || n >= int64_t(states.size())) continue;
    LineState& s = states[size_t(n)];
    if (f[0] == "start") {
      ++s.starts, ++begun[size_t(n)];
      printed[n].clear();
    } else if (f[0] == "out" && f.size() > 2) {
      printed[n].push_back(line.substr(f[0].size() + f[1].size() + 2));
    } else if (f[0] == "end" && f.size() > 3) {
      const int code = int(number(f[2], 2));
      begun[size_t(n)] = 0;
      if (s.done) continue;  // done before: a later word on it is of a task that began beside it
      s.code = code, s.seconds = double(number(f[3], 0)), s.place = f.size() > 4 ? f[4] : "";
      s.records = std::exchange(printed[n], {});
      s.done = s.ended_well() && tallies[size_t(n)].has_result;
      if (is_crash(code)) ++tallies[size_t(n)].crashes[{code, s.place}];
      if (!s.done && !is_interrupted(code)) ++s.failures;
    }
  }
  for (size_t n = 0; n < states.size(); ++n) tallies[n].open_starts += begun[n];
}

}  // namespace

std::string WorkList::hash() const {
  std::string text = kind + "\n";
  for (const WorkLine& line : lines) text += line.words + "\n";
  return hash_hex16(text);
}

std::string scale_in(const std::string& words) { return value_after(words, "--scale"); }

WorkList pack_work(const std::string& kind, const std::vector<std::string>& words, double seconds,
                   const SiteLimits& limits, int64_t side_by_side) {
  WorkList list;
  list.kind = kind;
  if (!words.empty()) list.scale = scale_in(words[0]);
  const auto n = int64_t(words.size());
  const auto whole = std::max(int64_t{1}, int64_t(std::ceil(limits.pack_minutes * 60 / std::max(seconds, 1e-3))));
  list.n_tasks = std::min(std::max(int64_t{1}, n / (whole * side_by_side)), limits.array);
  for (int64_t i = 0; i < n; ++i) {
    const std::string& w = words[size_t(i)];
    if (scale_in(w) != list.scale)
      throw Error("line " + std::to_string(i + 1) + " of the list is of scale '" + scale_in(w) + "', the first of '" +
                  list.scale + "': one list, one scale");
    list.lines.push_back({i % list.n_tasks, seconds, w});
  }
  return list;
}

void write_work_list(const Path& file, const WorkList& list) {
  std::string text = "# format: 1\tkind: " + list.kind + "\ttasks: " + std::to_string(list.n_tasks) +
                     "\tlines: " + std::to_string(list.lines.size()) + "\thash: " + list.hash() + "\n";
  for (const WorkLine& line : list.lines) {
    std::ostringstream seconds;
    seconds.precision(6);
    seconds << line.seconds;
    text += std::to_string(line.task) + "\t" + seconds.str() + "\t" + line.words + "\n";
  }
  write_file(file, text);
}

WorkList read_work_list(const Path& file) {
  const auto lines = read_lines(file);
  const auto head = split(lines.empty() ? "" : lines[0], '\t');
  const auto value = [&](size_t i, const std::string& key) {
    return head.size() > i && head[i].starts_with(key + ": ") ? head[i].substr(key.size() + 2) : "";
  };
  if (value(0, "# format") != "1") throw Error("cannot read '" + file.string() + "': line 1: no manifest of format 1");
  WorkList list;
  list.kind = value(1, "kind");
  list.n_tasks = number(value(2, "tasks"));
  for (size_t i = 1; i < lines.size(); ++i) {
    const auto f = split(lines[i], '\t');
    if (f.size() < 3 || number(f[0]) < 0 || number(f[0]) >= list.n_tasks)
      throw Error("cannot read '" + file.string() + "': line " + std::to_string(i + 1) +
                  ": expected task, seconds, words");
    list.lines.push_back({number(f[0]), std::strtod(f[1].c_str(), nullptr), f[2]});
  }
  if (!list.lines.empty()) list.scale = scale_in(list.lines[0].words);
  if (value(3, "lines") != std::to_string(list.lines.size()) || value(4, "hash") != list.hash())
    throw Error("'" + file.string() + "' was changed or cut: remove its directory, the work is listed anew");
  return list;
}

Path result_file(const std::string& kind, const std::string& words) {
  const Path design = words.substr(0, words.find(' '));
  if (kind == "check" || kind == "implement") return design / (kind + ".yaml");
  RunName run{value_after(words, "--scale"), number(value_after(words, "--seed"), 0), 1};
  const std::string multiplier = value_after(words, "--lr");
  if (!multiplier.empty()) run.learning_rate_multiplier = std::strtod(multiplier.c_str(), nullptr);
  if (kind == "pretrain") return design / "runs" / run.text() / "pretrain.yaml";
  if (kind == "evaluate") return design / "evaluate" / (run.text() + ".yaml");
  return "";
}

std::vector<LineState> read_states(const Path& directory, const WorkList& list, const SiteLimits& limits) {
  std::vector<LineState> states(list.lines.size());
  std::vector<Tally> tallies(states.size());
  for (size_t n = 0; n < states.size(); ++n) {
    const Path result = result_file(list.kind, list.lines[n].words);
    std::error_code none;
    tallies[n].has_result = result.empty() || fs::exists(result, none);
  }
  for (const Path& file : state_files(directory)) read_one(file, states, tallies);
  for (size_t n = 0; n < states.size(); ++n) {
    LineState& s = states[n];
    if (s.done) continue;
    s.failures += tallies[n].open_starts;
    for (const auto& [what, times] : tallies[n].crashes) s.crashes = std::max(s.crashes, times);
    s.set_aside = s.crashes >= limits.crashes;
    s.given_up = !s.set_aside && s.failures >= limits.losses;
  }
  return states;
}

std::vector<LineState> settled_states(const Path& directory, const WorkList& list, const SiteLimits& limits) {
  auto states = read_states(directory, list, limits);
  const auto missing = [](const LineState& s) { return !s.done && s.ended_well(); };
  for (int64_t waited = 0; std::any_of(states.begin(), states.end(), missing) && waited < limits.settle_seconds;
       ++waited) {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    states = read_states(directory, list, limits);
  }
  return states;
}

void write_aside(const Path& directory, const std::vector<LineState>& states) {
  std::string text;
  for (size_t n = 0; n < states.size(); ++n) {
    const LineState& s = states[n];
    if (s.open() ? s.ended_well() : !s.done) text += (s.open() ? "again\t" : "aside\t") + std::to_string(n) + "\n";
  }
  write_file(directory / "state" / "aside.tsv", text);
}

void write_records(const Path& out, const std::vector<LineState>& states) {
  std::string text;
  for (const LineState& s : states)
    for (const std::string& record : s.done ? s.records : std::vector<std::string>{}) text += record + "\n";
  write_file(out, text);
}

std::string index_ranges(const std::vector<int64_t>& indices) {
  std::string out;
  for (size_t i = 0; i < indices.size();) {
    size_t j = i;
    while (j + 1 < indices.size() && indices[j + 1] == indices[j] + 1) ++j;
    out += (out.empty() ? "" : ",") + std::to_string(indices[i]) + (j > i ? "-" + std::to_string(indices[j]) : "");
    i = j + 1;
  }
  return out;
}

namespace {

// What is worth keeping of a list: records of what is done, crashes of what is not (as many as there were, so that one
// that was set aside stays so).
std::string state_text(const std::vector<LineState>& states) {
  std::string text;
  for (size_t n = 0; n < states.size(); ++n) {
    const LineState& s = states[n];
    const std::string key = "\t" + std::to_string(n) + "\t";
    for (const std::string& record : s.done ? s.records : std::vector<std::string>{})
      text += "out" + key + record + "\n";
    for (int i = 0; i < (s.done ? 1 : s.crashes); ++i)
      text += "end" + key + std::to_string(s.code) + "\t" + std::to_string(int64_t(s.seconds)) + "\t" + s.place + "\n";
  }
  return text;
}

}  // namespace

void close_work(const Path& directory, const WorkList& list, const std::vector<LineState>& states, const Path& log) {
  const Path all = directory / "state" / "all.tsv";
  const auto old = state_files(directory);
  if (old.size() == 1 && old[0] == all && fs::exists(log)) return;
  std::string words;
  for (size_t n = 0; n < states.size(); ++n)
    words += read_file_if_exists(directory / "log" / (std::to_string(n) + ".log")).value_or("");
  for (int64_t t = 0; t < list.n_tasks; ++t)
    words += read_file_if_exists(directory / "log" / ("task-" + std::to_string(t) + ".log")).value_or("");
  write_file(all, state_text(states));
  write_file(log, words);
  std::error_code none;
  for (const Path& file : old)
    if (file != all) fs::remove(file, none);
  fs::remove_all(directory / "log", none);
}

void forget_failures(const Path& directory, const std::vector<LineState>& states) {
  const Path all = directory / "state" / "all.tsv";
  const auto old = state_files(directory);
  if (old.empty()) return;
  write_file(all, state_text(states));
  std::error_code none;
  for (const Path& file : old)
    if (file != all) fs::remove(file, none);
  fs::remove(directory / "rounds.tsv", none);
}

int64_t count_events(const Path& directory) {
  int64_t n = 0;
  for (const Path& file : state_files(directory))
    for (const std::string& line : read_lines(file)) {
      const auto f = split(line, '\t');
      if (f[0] == "end" && f.size() > 2 && (f[2] == "0" || f[2] == "1" || f[2] == "75")) ++n;
    }
  return n;
}

int64_t idle_rounds(const Path& directory) {
  const Path file = directory / "rounds.tsv";
  if (!fs::exists(file)) return 0;
  int64_t idle = 0;
  const int64_t now = count_events(directory);
  const auto lines = read_lines(file);
  for (auto line = lines.rbegin(); line != lines.rend(); ++line, ++idle)
    if (number(split(*line, '\t')[0]) != now) break;
  return idle;
}

void note_round(const Path& directory, int64_t n_tasks) {
  append_line(directory / "rounds.tsv", std::to_string(count_events(directory)) + "\t" + std::to_string(n_tasks));
}

}  // namespace gradus

/// A list of work cut into the tasks of job arrays: EXP/slurm/NAME/HASH/manifest.tsv, which never changes, and beside
/// it state/, where each task appends what became of its lines. Slurm's own word on a job is not asked: a line is done
/// when its task says so and its result file is there.
#pragma once

#include <string>
#include <vector>

#include "base/site.h"

namespace gradus {

struct WorkLine {
  int64_t task = 0;
  double seconds = 0;  // predicted
  std::string words;   // DESIGN --scale NAME …: what the verb is given
};

struct WorkList {
  std::string kind, scale;  // pretrain, nano
  std::vector<WorkLine> lines;
  int64_t n_tasks = 0;
  std::string hash() const;  // of kind and words: the name of its directory
};

/// The words of one line: NAME of `--scale NAME`, "" where there is none.
std::string scale_in(const std::string& words);
/// Cuts lines that take `seconds` each into tasks of `limits.pack_minutes` or more, at most `limits.array`, task t of T
/// taking lines t, t + T, t + 2T, …, so that Slurm's MaxArraySize is no limit on the lines. `side_by_side` at once.
WorkList pack_work(const std::string& kind, const std::vector<std::string>& words, double seconds,
                   const SiteLimits& limits, int64_t side_by_side);
void write_work_list(const Path& file, const WorkList& list);
WorkList read_work_list(const Path& file);  // Error when it is not as it was written

/// What is known of a line.
struct LineState {
  bool done = false;  // code 0 or 1 and the result file is there
  int code = -1;      // of its last end
  double seconds = 0;
  std::vector<std::string> records;  // what it printed
  int starts = 0, crashes = 0;       // crashes: the most that were alike
  int failures = 0;                  // ends with an error, without a result, by a KILL, or unseen
  std::string place;                 // its last words at its last end
  bool set_aside = false;            // crashed alike too often: the recipe goes on without it
  bool given_up = false;             // failed too often: somebody must look
  bool open() const { return !done && !set_aside && !given_up; }
  bool ended_well() const { return code == 0 || code == 1; }
};
std::vector<LineState> read_states(const Path& directory, const WorkList& list, const SiteLimits& limits);
/// The same, when results that a task has just written had time to appear on this node.
std::vector<LineState> settled_states(const Path& directory, const WorkList& list, const SiteLimits& limits);
/// The file that is there when a line is done, relative paths as in its words; "" where a verb has no such file.
Path result_file(const std::string& kind, const std::string& words);

/// state/aside.tsv, for the tasks of the next array: lines they leave alone (`aside`), and lines that ended well but
/// whose result is gone (`again`).
void write_aside(const Path& directory, const std::vector<LineState>& states);
/// Records of all lines that are done, in their order, as local.sh leaves them.
void write_records(const Path& out, const std::vector<LineState>& states);

/// "0-3,7": indices of an array, ascending.
std::string index_ranges(const std::vector<int64_t>& indices);

/// Of a list that is through: one state file for many (state/all.tsv), and the logs of lines and tasks into `log`.
void close_work(const Path& directory, const WorkList& list, const std::vector<LineState>& states, const Path& log);

/// For a person who has mended something and submits again: failures are forgotten, what crashed alike is not.
void forget_failures(const Path& directory, const std::vector<LineState>& states);

/// Arrays submitted in a row of which nothing came, by rounds.tsv; and one more line for it.
int64_t idle_rounds(const Path& directory);
int64_t count_events(const Path& directory);  // ends with 0, 1 or 75
void note_round(const Path& directory, int64_t n_tasks);

}  // namespace gradus

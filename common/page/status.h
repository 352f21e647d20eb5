/// Where an experiment is, on one screen: from its files, and from what Slurm says of its jobs where there is a Slurm.
#pragma once

#include <string>
#include <vector>

#include "base/site.h"
#include "design/experiment.h"

namespace gradus {

/// A job of the experiment in Slurm's queue: "gradus-1a2b3c4d-g001-6-nano-pretrain", "PENDING".
struct QueuedJob {
  std::string name, state, id, reason;
};
/// Lines of `squeue -h -r -o '%j|%T|%i|%r'`, those of this experiment only.
std::vector<QueuedJob> parse_queue(const std::string& squeue_output, const std::string& key);
/// "gradus-1a2b3c4d", from the real path: slurm/queue.sh names jobs so.
std::string job_key(const Path& experiment);

struct StageCount {
  std::string name;
  int asked = 0, done = 0, refused = 0, failed = 0, running = 0, waiting = 0;  // done with a yes; with a no
  double seconds_left = 0;                                                     // of one task, by forecast
};
struct StatusPage {
  std::string name;
  int closed = 0, open = 0;  // generations closed; the one that is open, 0: none
  std::vector<StageCount> stages;
  std::vector<QueuedJob> jobs;
  std::vector<std::string> errors;  // the newest last
  double runs = 0, flops = 0, seconds = 0, tokens = 0, dollars = 0;
  std::string budget;  // spent, committed, left: a line
};
StatusPage read_status(const Experiment& experiment, const Site& site, const std::vector<QueuedJob>& jobs);
std::string render_status(const StatusPage& page);

}  // namespace gradus

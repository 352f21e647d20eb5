/// What is wrong with a machine, a folder, a cluster or an experiment: one line a finding, with the mend where there is
/// one.
#pragma once

#include <string>
#include <vector>

#include "base/site.h"
#include "design/experiment.h"

namespace gradus {

struct Finding {
  enum class Level { kOk, kWarning, kFail };
  Level level = Level::kOk;
  std::string what, found, mend;
};
/// "warn  free space  1.0 GB  …", tab-separated, `.` for no mend.
std::string to_line(const Finding& finding);

/// This process: libtorch as built and as loaded, MPI, GEMM and copy rates on one core, devices.
std::vector<Finding> examine_machine(const Site& site);
/// A folder's file system: whole writes by rename, locks, appends, the server's clock, free space and inodes against
/// what is needed.
std::vector<Finding> examine_folder(const Path& folder, double needed_bytes, double needed_files);
/// An experiment: the corpus of every scale, and that finished runs were of it.
std::vector<Finding> examine_experiment(const Experiment& experiment);

/// What Slurm's commands print; empty where there is none.
struct SlurmWords {
  std::string version;     // sinfo --version
  std::string ping;        // scontrol ping
  std::string config;      // scontrol show config
  std::string partitions;  // sinfo -h -o '%P|%a|%l|%c|%m|%G|%D', a line a kind of node
  std::string mpi;         // srun --mpi=list
};
/// Against what the site file asks of it.
std::vector<Finding> examine_slurm(const SlurmWords& words, const Site& site);
/// Seconds of "1-00:00:00", "30:00", "infinite" (-1).
double parse_time_limit(const std::string& text);

}  // namespace gradus

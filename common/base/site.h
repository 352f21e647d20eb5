/// What a cluster is like: configs/site.yaml, every key explained there. Read by the scripts of slurm/ through
/// `bin/manifest` and `bin/doctor --site`; nothing else knows a partition, an account or a module.
#pragma once

#include <string>
#include <vector>

#include "base/config.h"

namespace gradus {

/// What one array task asks for.
struct Resources {
  std::string partition;     // empty: the site's
  int64_t nodes = 1;         // that one run is spread over
  int64_t ranks = 1;         // processes a node
  int64_t cores = 1;         // threads a rank
  int64_t gpus = 0;          // a node
  std::string gpu_type;      // empty: any
  double memory_gb = 4;      // a node
  int64_t minutes = 60;      // at most; less is asked for where the forecast is shorter
  int64_t side_by_side = 1;  // runs at once in one task, on a node, of one rank each
  double gflops = 20;        // what a rank reaches, for the forecast of work that was never measured
  std::vector<std::string> sbatch;
  template <class V>
  void fields(V& v) {
    v("partition", partition);
    v("nodes", nodes);
    v("ranks", ranks);
    v("cores", cores);
    v("gpus", gpus);
    v("gpu_type", gpu_type);
    v("memory_gb", memory_gb);
    v("minutes", minutes);
    v("side_by_side", side_by_side);
    v("gflops", gflops);
    v("sbatch", sbatch);
  }
};

struct SiteLimits {
  int64_t array = 1000;         // tasks of an array: below Slurm's MaxArraySize, 1001 by default
  int64_t at_once = 256;        // of them running
  double pack_minutes = 15;     // predicted work of a task at least
  int64_t crashes = 2;          // alike, of one run: then it is set aside
  int64_t losses = 5;           // ends that nobody saw (node, shell, KILL): then it is given up
  int64_t requeues = 20;        // of one task
  int64_t rounds = 5;           // arrays in a row of which nothing came
  int64_t drivers = 10;         // jobs in a row of a generation's driver that got nowhere
  int64_t generations = 50;     // that one submission may make
  int64_t settle_seconds = 60;  // that a file written on another node may take to appear here
  template <class V>
  void fields(V& v) {
    v("array", array);
    v("at_once", at_once);
    v("pack_minutes", pack_minutes);
    v("crashes", crashes);
    v("losses", losses);
    v("requeues", requeues);
    v("rounds", rounds);
    v("drivers", drivers);
    v("generations", generations);
    v("settle_seconds", settle_seconds);
  }
};

struct Site {
  int format = 1;
  std::string name = "site";
  std::string partition, account, qos;
  std::vector<std::string> sbatch, modules;
  std::string setup, launch = "auto", scratch, resubmit = "requeue";
  int64_t signal_seconds = 120;
  SiteLimits limits;
  std::map<std::string, YAML::Node> kinds;  // `resources`: all, a kind, a kind and its scale
  std::string file;
  /// Of a kind of work (driver, implement, check, pretrain, evaluate) at a scale, if it has one: the keys of `all`,
  /// then of KIND, then of KIND-SCALE.
  Resources resources(const std::string& kind, const std::string& scale = "") const;
};

/// Throws with all faults, each with its line. An empty path: one node of a core, no partition.
Site read_site(const Path& path);
/// Which file holds, as slurm/queue.sh has it: `given` by --config, else GRADUS_SITE, else EXP/site.yaml, else the
/// configs/site.yaml of the tree that this program was built in; empty where there is none.
Path site_file(const std::string& given, const Path& experiment = {});
/// "pretrain-nano" to its resources; UsageError where there is no such kind of work.
Resources resources_of(const Site& site, const std::string& kind_and_scale);

/// Words for sbatch that ask for these resources for so many seconds: at least a minute, at most `minutes`.
std::vector<std::string> sbatch_words(const Site& site, const Resources& resources, double seconds);
/// NAME='value' lines for bash: what a task needs to know beside its manifest.
std::string shell_facts(const Site& site, const Resources& resources);

}  // namespace gradus

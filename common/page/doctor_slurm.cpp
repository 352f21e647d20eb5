#include <charconv>
#include <sstream>

#include "page/doctor.h"

namespace gradus {
namespace {

using Level = Finding::Level;

struct NodeKind {
  bool up = false;
  double limit_seconds = -1;
  int64_t cores = 0, nodes = 0;
  double memory_mb = 0;
  std::string gres;
};
using Partitions = std::map<std::string, std::vector<NodeKind>>;  // "" is the default one too

int64_t whole(const std::string& text) {
  int64_t value = 0;  // "128+" is at least 128
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Partitions parse_partitions(const std::string& text) {
  Partitions out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::vector<std::string> f;
    for (std::string field; std::getline(fields, field, '|');) f.push_back(field);
    if (f.size() < 7) continue;
    NodeKind kind{f[1] == "up", parse_time_limit(f[2]), whole(f[3]), whole(f[6]), double(whole(f[4])), f[5]};
    const bool is_default = f[0].ends_with("*");
    if (is_default) f[0].pop_back();
    out[f[0]].push_back(kind);
    if (is_default) out[""].push_back(kind);
  }
  return out;
}

/// GPUs of a type in "gpu:a100:4(S:0-1),gpu:2"; any type for "".
int64_t gpus_in(const std::string& gres, const std::string& type) {
  int64_t n = 0;
  std::istringstream parts(gres);
  for (std::string part; std::getline(parts, part, ',');) {
    part = part.substr(0, part.find('('));
    if (!part.starts_with("gpu")) continue;
    if (!type.empty() && part.find(":" + type + ":") == part.npos) continue;
    n += whole(part.substr(part.rfind(':') + 1));
  }
  return n;
}

std::string config_value(const std::string& config, const std::string& key) {
  std::istringstream lines(config);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(key + " ")) {
      const size_t at = line.find("= ");
      return at == line.npos ? "" : line.substr(at + 2);
    }
  return "";
}

/// Why no node of a partition can hold it; "" when one can.
std::string misfit(const std::vector<NodeKind>& kinds, const Resources& r) {
  std::string why;
  for (const NodeKind& k : kinds) {
    const int64_t cores = r.ranks * r.cores * r.side_by_side;
    if (!k.up)
      why = "the partition is down";
    else if (k.limit_seconds >= 0 && k.limit_seconds < 60 * double(r.minutes))
      why = "its limit is " + std::to_string(int64_t(k.limit_seconds / 60)) + " minutes, asked for " +
            std::to_string(r.minutes);
    else if (k.cores < cores)
      why = "nodes have " + std::to_string(k.cores) + " cores, asked for " + std::to_string(cores);
    else if (k.memory_mb < 1024 * r.memory_gb)
      why = "nodes have " + std::to_string(int64_t(k.memory_mb)) + " MB, asked for " +
            std::to_string(int64_t(1024 * r.memory_gb));
    else if (gpus_in(k.gres, r.gpu_type) < r.gpus)
      why = "nodes have '" + k.gres + "', asked for " + std::to_string(r.gpus) + " GPUs" +
            (r.gpu_type.empty() ? "" : " of " + r.gpu_type);
    else if (k.nodes < r.nodes)
      why = "it has " + std::to_string(k.nodes) + " such nodes, asked for " + std::to_string(r.nodes);
    else
      return "";
  }
  return why;
}

Finding examine_version(const std::string& text) {
  const size_t digit = text.find_first_of("0123456789");
  const std::string version = digit == text.npos ? "" : text.substr(digit, text.find_first_of(" \n", digit) - digit);
  const double number =
      double(whole(version)) +
      (version.find('.') == version.npos ? 0 : double(whole(version.substr(version.find('.') + 1))) / 100);
  if (number < 20.11 - 1e-9 || number > 25.99)
    return {Level::kWarning, "Slurm", "version '" + version + "'",
            "tried are 20.11 to 25.11: run the tests of slurm/ first"};
  return {Level::kOk, "Slurm", version, ""};
}

void examine_kinds(const Partitions& partitions, const Site& site, std::vector<Finding>& out) {
  std::vector<std::string> kinds{"driver", "implement", "check", "pretrain", "evaluate"};
  for (const auto& [name, node] : site.kinds)
    if (name.find('-') != name.npos) kinds.push_back(name);
  for (const std::string& kind : kinds) {
    const Resources r = resources_of(site, kind);
    const auto found = partitions.find(r.partition);
    const std::string name = r.partition.empty() ? "the default partition" : "partition '" + r.partition + "'";
    std::string all;
    for (const auto& [p, nodes] : partitions) all += p.empty() ? "" : (all.empty() ? "" : ", ") + p;
    if (found == partitions.end()) {
      out.push_back({Level::kFail, "resources of " + kind, "there is no " + name, "site.yaml: one of " + all});
      continue;
    }
    const std::string why = misfit(found->second, r);
    out.push_back({why.empty() ? Level::kOk : Level::kFail, "resources of " + kind,
                   name + (why.empty() ? "" : ": " + why), why.empty() ? "" : "resources in site.yaml"});
  }
}

Finding examine_launcher(const std::string& list, const Site& site) {
  bool several = false;
  for (const auto& [kind, node] : site.kinds)
    if (kind.starts_with("pretrain")) {
      const Resources r = resources_of(site, kind);
      several = several || r.nodes * r.ranks > 1;
    }
  const bool pmix = list.find("pmix") != list.npos;
  if (site.launch == "pmix" && !pmix)
    return {Level::kFail, "start of ranks", "launch: pmix, but srun --mpi=list has none",
            "launch: mpirun in site.yaml"};
  if (several && !pmix)
    return {Level::kWarning, "start of ranks", "no pmix: mpirun starts them",
            "nothing, if mpirun was built with Slurm's support"};
  return {Level::kOk, "start of ranks", pmix && site.launch != "mpirun" ? "srun --mpi=pmix" : "mpirun", ""};
}

}  // namespace

double parse_time_limit(const std::string& text) {
  if (text == "infinite" || text == "UNLIMITED" || text.empty()) return -1;
  const size_t dash = text.find('-');
  double seconds = 0;
  std::istringstream parts(dash == text.npos ? text : text.substr(dash + 1));
  for (std::string part; std::getline(parts, part, ':');) seconds = 60 * seconds + double(whole(part));
  return seconds + (dash == text.npos ? 0 : 86400 * double(whole(text.substr(0, dash))));
}

std::vector<Finding> examine_slurm(const SlurmWords& words, const Site& site) {
  if (words.version.empty())
    return {
        {Level::kWarning, "Slurm", "none here", "slurm/run.sh works on this machine alone; or log in to a cluster"}};
  if (words.version.find("configuration source") != std::string::npos)
    return {
        {Level::kWarning, "Slurm", "its commands are here, a cluster is not", "SLURM_CONF, or log in to a cluster"}};
  std::vector<Finding> out{examine_version(words.version)};
  if (words.ping.find(" is UP") == words.ping.npos) {
    out.push_back({Level::kFail, "controller", "does not answer", "scontrol ping; ask your administrators"});
    return out;
  }
  const int64_t most = whole(config_value(words.config, "MaxArraySize"));
  const std::string array =
      "MaxArraySize " + std::to_string(most) + ", limits.array " + std::to_string(site.limits.array);
  if (most > 0 && site.limits.array >= most)
    out.push_back({Level::kFail, "arrays", array, "limits.array: " + std::to_string(most - 1) + " in site.yaml"});
  else
    out.push_back({Level::kOk, "arrays", array, ""});
  const std::string accounting = config_value(words.config, "AccountingStorageType");
  out.push_back({Level::kOk, "accounting", accounting.empty() ? "?" : accounting + "; not needed", ""});
  examine_kinds(parse_partitions(words.partitions), site, out);
  out.push_back(examine_launcher(words.mpi, site));
  return out;
}

}  // namespace gradus

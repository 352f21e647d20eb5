#include "base/site.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace gradus {
namespace {

const std::vector<std::string> kKinds{"all", "driver", "implement", "check", "pretrain", "evaluate"};

// "pretrain-nano" is of pretrain at nano; of the last two kinds only.
std::pair<std::string, std::string> kind_and_scale(const std::string& name) {
  const size_t dash = name.find('-');
  return {name.substr(0, dash), dash == name.npos ? "" : name.substr(dash + 1)};
}

// What is wrong with the name of a kind; "" if nothing.
std::string kind_fault(const std::string& name) {
  const auto [kind, scale] = kind_and_scale(name);
  if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end()) {
    const std::string near = nearest(kind, kKinds);
    return "no kind of work '" + kind + "'" +
           (near.empty() ? ": all, driver, implement, check, pretrain, evaluate, or one of the last two with a scale, "
                           "pretrain-nano"
                         : " (did you mean '" + near + "'?)");
  }
  if (name != kind && (scale.empty() || (kind != "pretrain" && kind != "evaluate")))
    return "'" + name + "': pretrain and evaluate alone have a scale, pretrain-nano";
  return "";
}

struct SiteFile {
  Site site;
  std::map<std::string, Resources> resources;
  template <class V>
  void fields(V& v) {
    v("format", site.format);
    v("name", site.name);
    v("partition", site.partition);
    v("account", site.account);
    v("qos", site.qos);
    v("sbatch", site.sbatch);
    v("modules", site.modules);
    v("setup", site.setup);
    v("launch", site.launch);
    v("scratch", site.scratch);
    v("resubmit", site.resubmit);
    v("signal_seconds", site.signal_seconds);
    v("limits", site.limits);
    v("resources", resources);
  }
};

void require_word(const YAML::Node& document, const char* key, const std::string& value,
                  const std::vector<std::string>& known, Faults& faults) {
  if (std::find(known.begin(), known.end(), value) != known.end()) return;
  std::string all;
  for (const std::string& k : known) all += (all.empty() ? "" : ", ") + k;
  faults.add(document[key], std::string(key) + ": '" + value + "' is none of " + all);
}

void require_positive(const YAML::Node& document, const SiteLimits& limits, Faults& faults) {
  const auto check = [&](const char* key, double value, double least) {
    if (value < least)
      faults.add(document["limits"][key], std::string("limits.") + key + ": must be " + yaml_float(least) + " or more");
  };
  check("array", double(limits.array), 1);
  check("at_once", double(limits.at_once), 1);
  check("pack_minutes", limits.pack_minutes, 0);
  check("crashes", double(limits.crashes), 1);
  check("losses", double(limits.losses), 1);
  check("requeues", double(limits.requeues), 0);
  check("rounds", double(limits.rounds), 1);
  check("drivers", double(limits.drivers), 1);
  check("generations", double(limits.generations), 1);
  check("settle_seconds", double(limits.settle_seconds), 0);
}

void check_resources(const YAML::Node& at, const std::string& name, const Resources& r, Faults& faults) {
  const std::string fault = kind_fault(name);
  if (!fault.empty()) {
    faults.add(at, "resources: " + fault);
    return;
  }
  if (r.nodes < 1 || r.ranks < 1 || r.cores < 1 || r.minutes < 1 || r.side_by_side < 1)
    faults.add(at, "resources." + name + ": nodes, ranks, cores, minutes and side_by_side must be 1 or more");
  if (r.gpus < 0 || r.memory_gb <= 0 || r.gflops <= 0)
    faults.add(at, "resources." + name + ": gpus must be 0 or more, memory_gb and gflops above 0");
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

Resources Site::resources(const std::string& kind, const std::string& scale) const {
  Resources out;
  Faults faults(file);
  for (const std::string& key : {std::string("all"), kind, kind + "-" + scale}) {
    const auto found = kinds.find(key);
    if (found != kinds.end()) read_settings(found->second, out, faults, "resources." + key);
  }
  if (out.partition.empty()) out.partition = partition;
  if (out.nodes * out.ranks > 1 && out.side_by_side > 1)
    faults.add(YAML::Node(), "resources of " + kind + "-" + scale +
                                 ": side_by_side is for runs of one rank, here are " +
                                 std::to_string(out.nodes * out.ranks));
  if ((kind == "evaluate" || kind == "check" || kind == "implement") && out.nodes * out.ranks > 1)
    faults.add(YAML::Node(), "resources of " + kind + ": one process, not " + std::to_string(out.nodes * out.ranks));
  faults.finish();
  return out;
}

Site read_site(const Path& path) {
  SiteFile read;
  read.site.file = path.empty() ? "site" : path.string();
  if (path.empty()) return read.site;
  const YAML::Node document = load_yaml(path);
  Faults faults(path.string());
  read_settings(document, read, faults, "");
  if (!document.IsMap()) faults.finish();
  if (read.site.format != 1)
    faults.add(document["format"], "format " + std::to_string(read.site.format) + ", this build reads 1");
  require_word(document, "launch", read.site.launch, {"auto", "pmix", "mpirun"}, faults);
  require_word(document, "resubmit", read.site.resubmit, {"requeue", "chain"}, faults);
  if (read.site.signal_seconds < 0) faults.add(document["signal_seconds"], "signal_seconds: must be 0 or more");
  require_positive(document, read.site.limits, faults);
  for (const auto& [name, r] : read.resources) {
    check_resources(document["resources"][name], name, r, faults);
    read.site.kinds[name] = document["resources"][name];
  }
  faults.finish();
  return read.site;
}

Path site_file(const std::string& given, const Path& experiment) {
  if (!given.empty()) return given;
  const char* set = std::getenv("GRADUS_SITE");
  if (set != nullptr && *set != 0) return set;
  std::error_code none;
  if (!experiment.empty() && std::filesystem::exists(experiment / "site.yaml", none)) return experiment / "site.yaml";
  const Path verbs = std::filesystem::read_symlink("/proc/self/exe", none).parent_path();
  for (const char* place : {"../../configs/site.yaml", "../../share/gradus/configs/site.yaml"}) {  // a clone; installed
    const Path shipped = (verbs / place).lexically_normal();
    if (std::filesystem::exists(shipped, none)) return shipped;
  }
  return {};
}

Resources resources_of(const Site& site, const std::string& name) {
  const std::string fault = kind_fault(name);
  if (!fault.empty()) throw UsageError(fault);
  const auto [kind, scale] = kind_and_scale(name);
  return site.resources(kind, scale);
}

std::vector<std::string> sbatch_words(const Site& site, const Resources& r, double seconds) {
  const auto minutes = int64_t(std::ceil((seconds + double(site.signal_seconds)) / 60));
  std::vector<std::string> words{"--nodes=" + std::to_string(r.nodes),
                                 "--ntasks-per-node=" + std::to_string(r.ranks),
                                 "--cpus-per-task=" + std::to_string(r.cores * r.side_by_side),
                                 "--mem=" + std::to_string(int64_t(std::ceil(r.memory_gb * 1024))) + "M",
                                 "--time=" + std::to_string(std::clamp(minutes, int64_t{1}, r.minutes)),
                                 "--open-mode=append",
                                 "--requeue"};
  if (site.signal_seconds > 0) words.push_back("--signal=B:USR1@" + std::to_string(site.signal_seconds));
  if (!r.partition.empty()) words.push_back("--partition=" + r.partition);
  if (!site.account.empty()) words.push_back("--account=" + site.account);
  if (!site.qos.empty()) words.push_back("--qos=" + site.qos);
  // By node and unbound: with --gpus-per-task every rank sees one device, and NCCL then goes without NVLink.
  if (r.gpus > 0)
    words.push_back("--gpus-per-node=" + (r.gpu_type.empty() ? "" : r.gpu_type + ":") + std::to_string(r.gpus));
  words.insert(words.end(), site.sbatch.begin(), site.sbatch.end());
  words.insert(words.end(), r.sbatch.begin(), r.sbatch.end());
  return words;
}

std::string shell_facts(const Site& site, const Resources& r) {
  std::string modules;
  for (const std::string& m : site.modules) modules += (modules.empty() ? "" : " ") + m;
  std::string out;
  const auto fact = [&](const char* name, const std::string& value) {
    out += std::string(name) + "=" + quoted(value) + "\n";
  };
  fact("site_modules", modules);
  fact("site_setup", site.setup);
  fact("site_launch", site.launch);
  fact("site_scratch", site.scratch);
  fact("site_resubmit", site.resubmit);
  fact("site_requeues", std::to_string(site.limits.requeues));
  fact("site_drivers", std::to_string(site.limits.drivers));
  fact("site_generations", std::to_string(site.limits.generations));
  fact("site_ranks", std::to_string(r.nodes * r.ranks));
  fact("site_cores", std::to_string(r.cores));
  fact("site_side_by_side", std::to_string(r.side_by_side));
  return out;
}

}  // namespace gradus

// doctor - what is wrong with this machine, this site, this experiment, and how to mend it.
#include "page/doctor.h"

#include <cstdio>

#include "base/tool.h"
#include "design/forecast.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: doctor [options] [EXP]
       doctor --site KIND [options]

A line for each thing that has to be right: libtorch, matrix products and copies, MPI, devices; Slurm, its partitions and
limits against site.yaml; of EXP, or of the current directory, the file system: whole writes, locks, clock, free space and
inodes against the forecast; of EXP the corpora, and that all runs were made from them.
--site prints what the scripts of slurm/ take from site.yaml for a kind of work (driver, implement, check, pretrain,
evaluate) or one at a scale (pretrain-nano): words for sbatch, then facts for bash.

Reads   --config FILE, else GRADUS_SITE, else EXP/site.yaml, else configs/site.yaml; EXP; scontrol, sinfo, srun where
        there are any
Writes  nothing that stays
Prints  ok, warn or fail  what  found  mend
Exits   0 nothing fails; 1 something does; 2 not done

Examples
  $ bin/doctor exp
  $ bin/doctor exp | grep -v ^ok || true
  $ bin/doctor --site pretrain-nano --config configs/site/cpu.yaml
)";

/// What a command says within ten seconds; "" where there is none.
std::string words_of(const std::string& command) {
  const std::string line =
      "command -v " + command.substr(0, command.find(' ')) + " > /dev/null || exit 0; timeout 10 " + command + " 2>&1";
  FILE* pipe = ::popen(line.c_str(), "r");
  if (pipe == nullptr) return "";
  std::string text;
  char part[4096];
  for (size_t n; (n = std::fread(part, 1, sizeof part, pipe)) > 0;) text.append(part, n);
  ::pclose(pipe);
  return text;
}

SlurmWords ask_slurm() {
  SlurmWords words;
  words.version = words_of("sbatch --version");
  if (words.version.empty()) return words;
  words.ping = words_of("scontrol ping");
  if (words.ping.find(" is UP") == words.ping.npos) return words;
  words.config = words_of("scontrol show config");
  words.partitions = words_of("sinfo -h -o '%P|%a|%l|%c|%m|%G|%D'");
  words.mpi = words_of("srun --mpi=list");
  return words;
}

int print_site(const Args& args) {
  const Site site = read_site(site_file(args.config));
  const Resources r = resources_of(site, *args.get("site"));
  std::string text;
  for (const std::string& word : sbatch_words(site, r, double(60 * r.minutes))) text += word + "\n";
  print_text(text + shell_facts(site, r));
  return kDone;
}

int doctor(const Args& args) {
  if (args.has("site")) return print_site(args);
  if (args.paths.size() > 1) throw UsageError("expected one experiment, or none");
  std::optional<Experiment> experiment;
  if (!args.paths.empty()) experiment.emplace(args.paths[0]);
  const Site site = read_site(site_file(args.config, experiment ? experiment->root() : Path()));
  const auto need =
      experiment ? forecast_generation(experiment->settings(), site.limits.at_once) : GenerationForecast{};
  bool fails = false;
  const auto tell = [&](const std::vector<Finding>& findings) {
    for (const Finding& f : findings) {
      print_text(to_line(f) + "\n");
      fails = fails || f.level == Finding::Level::kFail;
    }
  };
  tell(examine_machine(site));
  tell(examine_slurm(ask_slurm(), site));
  tell(examine_folder(experiment ? experiment->root() : Path("."), need.bytes, need.files));
  if (experiment) tell(examine_experiment(*experiment));
  return fails ? kNo : kDone;
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  return gradus::run_tool(argc, argv, gradus::kUsage, {{"site", "KIND", "print the site's facts for a kind of work"}},
                          gradus::doctor, 0);
}

// status - where an experiment is: stages, jobs, what was spent, what is left, what went wrong last.
#include "page/status.h"

#include <cstdio>

#include "base/log.h"
#include "base/tool.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: status [options] EXP

One screen: of the open generation each stage with what is asked, done, refused, failed, running and waiting; what was
spent; the forecast of what is left; jobs in Slurm's queue, held ones by name; the last errors, with the runs they are of.

Reads   the experiment; `squeue`, where there is one; for the forecast --config FILE, else GRADUS_SITE, else
        EXP/site.yaml, else configs/site.yaml
Writes  nothing
Prints  the screen
Exits   0 done; 2 not done

Examples
  $ bin/status exp
)";

/// Slurm's queue; "" without Slurm. A controller that does not answer is told, and costs ten seconds.
std::string read_queue() {
  FILE* pipe =
      ::popen("command -v squeue > /dev/null || exit 0; timeout 10 squeue -h -r -o '%j|%T|%i|%r' 2> /dev/null", "r");
  if (pipe == nullptr) return "";
  std::string text;
  char part[4096];
  for (size_t n; (n = std::fread(part, 1, sizeof part, pipe)) > 0;) text.append(part, n);
  if (::pclose(pipe) != 0) log_warning("squeue does not answer: jobs are not shown");
  return text;
}

int status(const Args& args) {
  if (args.paths.size() != 1) throw UsageError("expected one experiment");
  const Experiment experiment(args.paths[0]);
  const Site site = read_site(site_file(args.config, experiment.root()));
  print_text(render_status(read_status(experiment, site, parse_queue(read_queue(), job_key(experiment.root())))));
  return kDone;
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) { return gradus::run_tool(argc, argv, gradus::kUsage, {}, gradus::status); }

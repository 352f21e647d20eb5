// doctor - what is wrong with this machine, this site, this experiment, and how to mend it.
#include "base/site.h"
#include "base/tool.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: doctor --site KIND [options]

--site prints what the scripts of slurm/ take from configs/site.yaml for a kind of work (driver, implement, check,
pretrain, evaluate) or one at a scale (pretrain-nano): words for sbatch, then facts for bash.

Reads   configs/site.yaml (--config FILE: yours)
Writes  nothing
Prints  words for sbatch and NAME='value' lines
Exits   0 done; 2 not done

Examples
  $ bin/doctor --site pretrain-nano --config configs/site/cpu.yaml
)";

int print_site(const Args& args) {
  const Site site = read_site(args.config);
  const std::string what = *args.get("site");
  const size_t dash = what.find('-');
  const Resources r = site.resources(what.substr(0, dash), dash == what.npos ? "" : what.substr(dash + 1));
  std::string text;
  for (const std::string& word : sbatch_words(site, r, double(60 * r.minutes))) text += word + "\n";
  print_text(text + shell_facts(site, r));
  return kDone;
}

int doctor(const Args& args) {
  if (args.has("site")) return print_site(args);
  throw UsageError("--site KIND is missing");
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  return gradus::run_tool(argc, argv, gradus::kUsage, {{"site", "KIND", "print the site's facts for a kind of work"}},
                          gradus::doctor, 0);
}

// review - judge a design before an hour of computing is spent on it.
#include "agent/novelty.h"
#include "agent/studio.h"
#include "base/hash.h"
#include "base/ledger.h"
#include "base/log.h"
#include "base/tool.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: review [options] DESIGN…

Judges proposals. One with a tree is judged without a model: lawful and fitting, new (no equal tree, no equal trace of
operators), affordable at equal parameters; units run for the first time here, in a child. One that a model wrote is refused
where its text repeats an earlier one, else rated by an adversarial reviewer (agents.reviewer), who does not know which
rating it takes. Rates 0 to 5 and names the nearest relatives.

Reads   designs/…/{candidate.yaml,proposal.md} of the design and its relatives, units/, transcripts/, experiment.yaml
        (review.*, agents.*)
Writes  designs/…/review.yaml, transcripts/, mailbox/
Prints  design  verdict  .  rating  novelty  cost  reason
Exits   0 done; 1 the one design named is rejected; 2 not done; 75 stopped or waiting for an answer, run again

Examples
  $ bin/review exp/designs/g001/g001-000
  $ bin/propose exp -n 2 | bin/review -
)";

Record to_record(const Record& input, const Review& review) {
  Record record = input;
  record.verdict = review.accepted ? Verdict::kOk : Verdict::kNo;
  record.detail = {format_g(review.rating), format_g(review.novelty), format_g(review.flops_ratio),
                   review.reasons.empty() ? "." : review.reasons.front()};
  return record;
}

Review judge_one(const Args& args, const Experiment& experiment, const DesignName& d) {
  if (is_proposal_alone(experiment, d)) return studio_of(experiment.root(), args).review(d);
  const Path candidate = experiment.directory(d) / "candidate.yaml";
  const Design design = read_design(load_yaml(candidate), candidate.string());
  const Examination examination = examine_in_child(experiment, {design}).front();
  return judge(design, examination, known_designs(experiment, d), experiment.settings().review);
}

Record review_one(const Args& args, const Record& input) {
  const Located located = locate_design(input.design);
  const Experiment experiment(located.experiment);
  const Path directory = experiment.directory(located.design);
  if (!args.force)
    if (const auto known = read_yaml_if_exists<Review>(directory / "review.yaml")) return to_record(input, *known);
  const Review review = judge_one(args, experiment, located.design);
  write_yaml(directory / "review.yaml", review);
  append_ledger(experiment.root(), {located.design.text(), "review", review.accepted ? "ok" : "no",
                                    std::filesystem::relative(directory / "review.yaml", experiment.root()).string(),
                                    file_hash_hex16(directory / "review.yaml")});
  return to_record(input, review);
}

int review(const Args& args) {
  if (args.has("show-prompt")) return show_prompts(args, [&](const Record& record) { review_one(args, record); });
  return for_each_design(args, [&](const Record& record) { return review_one(args, record); },
                         {"rating", "novelty", "cost", "reason"});
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  gradus::register_examination_child();
  return gradus::run_tool(argc, argv, gradus::kUsage, gradus::studio_options(), gradus::review);
}

// select - who is a parent, who is trained, who climbs, and why.
#include <algorithm>

#include "base/log.h"
#include "base/terminal.h"
#include "base/tool.h"
#include "ladder/budget.h"
#include "ladder/decision_file.h"
#include "ladder/promote.h"
#include "ladder/questions.h"
#include "page/ranking.h"
#include "page/simulation.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: select [options] EXP --stage STAGE
       select EXP --calibration | --outlook
       select EXP --confirm [--design NAME]… [--second EXP2]
       select EXP --ablate --design NAME
       select EXP --population
       select EXP | TABLE.tsv --ranking [--scale NAME]
       select --simulate [WORLDS] [--plays N] [--policy NAME]… [--curves] [--plot FILE.svg] [--machine]

Decides a stage of a generation once, by the rules frozen in experiment.yaml, and prints the runs it asks for. Asked again,
it prints the same. For the rungs nano and micro the stages of a generation are, in this order:

  parents     whose trees the next proposals start from
  nano        all designs that passed the gate and the baselines, every learning rate, seed 0
  nano-seeds  their further seeds, each at its own best learning rate; further seeds of the baseline
  micro       the best by the lower bound of their lead, audits, the baselines, at the learning rate found below
  close       the standing of the generation

Between them: pretrain, then evaluate, the runs printed. With rules.promotion async a rung is decided in parts: each call adds
whoever is ready and prints all so far; no call waits, and any number may run at once.

What was spent, is committed and is left (rules.budget) is told on standard error with each decision, and by bin/status.

--ranking rates designs by their scores on tasks, as the reference does: design, rating by Massey, by Colley, by Borda, mean.
Scores nearer than .01 are a draw; a task in which nobody is above chance by .02 is left out. Nothing climbs by it.

--calibration asks afterwards whether the ladder was right: each rung, its curve at half the tokens and each probe beside
each dearer rung, over the designs that have both; rank correlations, accuracy of pairs (all; those beyond their noise on both
sides), recall of the best, regret, with bootstrap intervals (95 %), corrected for seed noise and for the selection that sent
only the best up; and what the audits say of the designs sent away. EXP may be a table of runs (data/README.md) instead.

--outlook says what all runs so far make one believe of each design at the dearest rung: its lead over the baseline there,
with a deviation, by all rungs and both points of their curves; the probability that it beats the baseline, and all; the next
run, its hours, and the bits per byte an hour that knowing it is worth; whether its order against the baseline turns with
the budget; and where three rungs exist its lead at 4 times the size and tokens by a scaling fit.

--confirm turns a lead into a claim, or not. Who (the likeliest of the outlook, or those named), at which learning rates, on
which fresh seeds and at what error is frozen once in selected/gNNN-confirm.yaml; the runs wanted next are printed; asked
again when they are trained and evaluated it judges all so far by evidence that may be looked at after every pair, on the
confirmation shard, Holm's correction over the designs, and wants more until all is decided or the seeds are used. Then it
writes and prints the claims. With --second the same designs must beat the baseline on another experiment's corpus too.

--ablate asks which unit did it: at the cheapest rung that separates the design from the baseline, the design beside itself
with one unit left out or one subtree swapped back to its parent's, as an experiment of its own, EXP/ablations/NAME, whose
baseline is the design. Check and train it like any other (below); asked again it prints what each unit is worth, and which
did it after Holm's correction.

--population gathers all runs that the ledger names into EXP/population.h5, so that figures over 100,000 designs take about a
second; from then on every tool that ranks reads it, after what the ledger has since. Remove it at will.

--simulate plays policies on synthetic worlds instead (configs/worlds.yaml, or a file like it) and prints what each costs and
how far from the best it ends: world, policy, budget and spent (the reference ladder's cost is 1), regret in bits per byte,
share of plays that name the best design, and the budget at which the policy reaches the reference's regret, each with
its 95 % interval; then a summary, a line a policy.

Reads   experiment.yaml (rules.*), designs/, selected/
Writes  selected/gNNN-STAGE.yaml; --confirm: selected/gNNN-confirm.yaml, selected/gNNN-claims.yaml;
        --ablate: ablations/NAME/
Prints  design  verdict  run  role  difference  lower  upper  reason      one line a run; `no`: passed over
        --calibration: proxy  target  designs  statistic  value  lower  upper  pairs
        --outlook: design  rung  lead  deviation  p_better  p_best  next  hours  improvement_per_hour  crossing  beyond
        --ablate: design  ok  .  operation  slot  worth  lower  upper  what
Exits   0 done; 2 not done: an earlier stage or some of its runs are missing

In bash write bin/select or gradus select: `select` alone is a word of the shell.

Examples
  $ bin/select exp --stage parents --generation 1
  $ bin/select exp --stage nano --without-unfinished
  $ bin/select exp --stage nano | cut -f 1-4
  $ bin/select exp --stage nano | bin/pretrain - | bin/evaluate -
  $ bin/select exp --calibration
  $ bin/select exp --outlook
  $ bin/select exp --population
  $ bin/select exp --confirm --design g001-000 | bin/pretrain - | bin/evaluate -
  $ bin/select exp --confirm
  $ bin/select exp --ablate --design g001-000 --scale nano | bin/check -
  $ bin/select exp/ablations/g001-000 --stage nano | bin/pretrain - | bin/evaluate -
  $ bin/select exp --ablate --design g001-000 | cut -f 2,4-
  $ printf '# design\tarc\nrandom\t.25\na\t.31\nb\t.29\n' > table.tsv && bin/select table.tsv --ranking
  $ bin/select --simulate --plays 20 --policy ours --policy halving
)";

void print_selection(const Experiment& experiment, const Selection& selection) {
  for (const Record& record : selection_records(experiment, selection)) print_record(record);
}

/// Policies on synthetic worlds: no experiment is read.
int simulate_policies(const Args& args) {
  if (args.paths.size() > 1) throw UsageError("--simulate takes one file of worlds, or none: configs/worlds.yaml");
  show_simulation({args.paths.empty() ? "" : args.paths[0], args.get_int("plays").value_or(1000), args.all("policy"),
                   args.header, args.has("curves"), args.has("machine"), args.get_or("plot", "")},
                  print_text);
  return kDone;
}

int select(const Args& args) {
  if (args.has("simulate")) return simulate_policies(args);
  if (args.paths.size() != 1) throw UsageError("expected one experiment");
  if (args.has("ranking")) return print_text(ranking_text(args.paths[0], args.get_or("scale", ""), args.header)), kDone;
  if (const auto text = table_question(args.paths[0], args)) return print_text(*text), kDone;
  const Experiment experiment(args.paths[0]);
  const auto stages = selection_stages(experiment.settings());
  std::string all;
  for (const std::string& s : stages) all += (all.empty() ? "" : ", ") + s;
  if (args.has("stages")) {
    for (const std::string& s : stages) print_text(s + "\n");
    return kDone;
  }
  if (const auto text = select_question(experiment, args)) return print_text(*text), kDone;
  const auto stage = args.get("stage");
  if (!stage) throw UsageError("--stage is missing: one of " + all);
  if (!is_selection_stage(experiment.settings(), *stage)) {
    const std::string near = nearest(*stage, stages);
    throw UsageError("no stage '" + *stage +
                     "': " + (near.empty() ? "expected one of " + all : "did you mean '" + near + "'?"));
  }
  const int generation = int(args.get_int("generation").value_or(newest_generation(experiment, *stage)));
  if (generation < 0) throw UsageError("--generation must be 0 or more");

  const TakenDecision taken =
      take_decision(experiment, {generation, *stage, args.has("without-unfinished"), args.force});
  if (taken.written) {
    log_info(experiment.selection(generation, *stage).string() + ": " + taken.selection.rule);
    log_info(describe(read_spending(experiment)));
  }
  if (!taken.complete) log_info("in parts: others are decided on when they are ready (rules.promotion async)");
  if (args.header || is_terminal(1)) print_header({"role", "difference", "lower", "upper", "reason"});
  print_selection(experiment, taken.selection);
  return kDone;
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  return gradus::run_tool(
      argc, argv, gradus::kUsage,
      {{"stage", "STAGE", "parents, a rung, the lowest rung's RUNG-seeds, or close"},
       {"generation", "G", "the generation (the newest)"},
       {"without-unfinished", "", "pass over designs whose files or runs are missing, by name"},
       {"calibration", "", "how well each cheap score foretold each dearer rung"},
       {"outlook", "", "each design at the dearest rung, by all that was seen of it"},
       {"confirm", "", "fresh seeds for the likeliest designs, and the claims they carry"},
       {"population", "", "build EXP/population.h5 from the ledger"},
       {"ablate", "", "designs without one unit of --design, and what each unit is worth"},
       {"design", "NAME", "--confirm: this one instead of the likeliest; --ablate: of this", true},
       {"scale", "NAME",
        "--confirm, --ablate, --ranking: at this rung (the dearest reached; ablate: the cheapest that separates)"},
       {"second", "EXP2", "--confirm: the same designs on another corpus, too"},
       {"stages", "", "print the stages of a generation in order, and decide nothing"},
       {"ranking", "", "rate designs by their scores on tasks"},
       {"simulate", "", "play policies on synthetic worlds"},
       {"plays", "N", "pools played in each world (1000)"},
       {"policy", "NAME", "random, reference, halving, asha or ours alone", true},
       {"machine", "", "barrier against async on a machine of 16 workers, instead of the policies"},
       {"curves", "", "a line for every budget"},
       {"plot", "FILE", "the curves as SVG"}},
      gradus::select, 0);
}

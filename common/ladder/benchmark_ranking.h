/// The reference's ranking of designs by benchmark tables (Genesys: library rankit): each task in which somebody is
/// above chance is a round of games, each pair of designs one game, and a rating makes one number of them. For tables
/// of a report; nothing climbs by it (tiny models' accuracies say nothing of larger ones).
#pragma once

#include <string>
#include <vector>

#include "design/experiment.h"

namespace gradus {

/// Scores from 0 to 1; NaN where a design has none.
struct BenchmarkTable {
  std::vector<std::string> designs, tasks;
  std::vector<std::vector<double>> score;  // [design][task]
  std::vector<double> chance;              // by task: an untrained model's score
};

struct RankingRules {
  double draw_margin = 0.01;  // scores nearer than this are a draw
  double filter = 0.02;       // a task counts where the best is above chance by this
};

struct RankedDesign {
  std::string design;
  double massey = 0;  // least squares of the margins; means 0
  double colley = 0;  // (1 + wins) / (2 + games) corrected for the opponents; means .5
  double borda = 0;   // designs beaten over all tasks, a draw is half
  double mean = 0;    // of the scores in the tasks that count
};
struct BenchmarkRanking {
  std::vector<RankedDesign> designs;         // by Massey, best first
  std::vector<std::string> tasks, left_out;  // that count; with the reason
};

BenchmarkRanking rank_benchmarks(const BenchmarkTable& table, const RankingRules& rules);

/// `# design  task…`, a line a design, `.` for a missing score, one line `random`. Faults name file and line.
BenchmarkTable read_benchmark_table(const Path& file);
/// Of an experiment's designs at a scale: acc_norm where there is one (not of mmlu), else acc, contains, exact_match,
/// or (mcc + 1) / 2; tasks of blimp and of inverse_scaling count as one each; several runs are averaged.
BenchmarkTable read_benchmark_table(const Experiment& experiment, const std::string& scale);

}  // namespace gradus

#include "page/ranking.h"

#include "base/log.h"
#include "ladder/benchmark_ranking.h"

namespace gradus {

std::string ranking_text(const std::string& path, const std::string& scale, bool header) {
  BenchmarkTable table;
  if (std::filesystem::is_regular_file(path)) {
    if (!scale.empty()) throw UsageError("--scale is of an experiment; '" + path + "' is a table");
    table = read_benchmark_table(Path(path));
  } else {
    const Experiment experiment(path);
    const std::string name = scale.empty() ? experiment.settings().rungs.back() : scale;
    experiment.scale(name);  // known?
    table = read_benchmark_table(experiment, name);
  }
  const BenchmarkRanking ranking = rank_benchmarks(table, {});
  std::string out = header ? "# design\tmassey\tcolley\tborda\tmean\n" : "";
  for (const RankedDesign& d : ranking.designs) {
    out += d.design;
    for (double x : {d.massey, d.colley, d.borda, d.mean}) out += "\t" + format_g(x);
    out += "\n";
  }
  for (const std::string& task : ranking.left_out) out += "# left out: " + task + "\n";
  return out;
}

}  // namespace gradus

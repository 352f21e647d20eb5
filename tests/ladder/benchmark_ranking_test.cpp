// The reference's ranking beside a naive solver in exact fractions.
#include "ladder/benchmark_ranking.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <map>

namespace gradus {
namespace {

BenchmarkTable table() {
  return {{"a", "b", "c", "d", "e"},
          {"arc", "piqa", "hellaswag", "wsc"},
          {{0.31, 0.50, 0.40, 0.262},
           {0.305, 0.55, 0.42, 0.25},
           {0.28, 0.61, 0.20, 0.255},
           {0.33, 0.52, 0.395, 0.261},
           {0.25, 0.50, 0.41, 0.256}},
          {0.25, 0.5, 0.25, 0.25}};
}

TEST(BenchmarkRanking, AgreesWithANaiveSolver) {
  // Gauss and Jordan over Python's fractions; games counted in a double loop.
  struct Expected {
    double massey, colley, borda;
  };
  const std::map<std::string, Expected> expected{{"a", {0.004, 0.4117647058823529, 4.5}},
                                                 {"b", {0.02666666666666667, 0.7058823529411765, 9.5}},
                                                 {"c", {-0.035333333333333335, 0.4411764705882353, 5.0}},
                                                 {"d", {0.016666666666666666, 0.5882352941176471, 7.5}},
                                                 {"e", {-0.012, 0.35294117647058826, 3.5}}};
  const BenchmarkRanking r = rank_benchmarks(table(), {});
  EXPECT_EQ(r.tasks, (std::vector<std::string>{"arc", "piqa", "hellaswag"}));
  EXPECT_EQ(r.left_out, std::vector<std::string>{"wsc: the best is 0.262, chance 0.250"});
  ASSERT_EQ(r.designs.size(), 5u);
  std::string order;
  for (const RankedDesign& d : r.designs) {
    order += d.design;
    EXPECT_NEAR(d.massey, expected.at(d.design).massey, 1e-12) << d.design;
    EXPECT_NEAR(d.colley, expected.at(d.design).colley, 1e-12) << d.design;
    EXPECT_NEAR(d.borda, expected.at(d.design).borda, 1e-12) << d.design;
  }
  EXPECT_EQ(order, "bdaec");
}

TEST(BenchmarkRanking, MarginsAndFiltersCountAtTheirEdges) {
  // .27 - .25 is .02: counts. A difference of .01 is a win, less is a draw.
  BenchmarkTable t{{"a", "b", "c"}, {"x"}, {{0.27}, {0.26}, {0.251}}, {0.25}};
  const BenchmarkRanking r = rank_benchmarks(t, {});
  ASSERT_EQ(r.tasks.size(), 1u);
  EXPECT_DOUBLE_EQ(r.designs[0].borda, 2);
  EXPECT_DOUBLE_EQ(r.designs[1].borda, 0.5);  // b and c draw
  t.chance = {0.251};
  EXPECT_TRUE(rank_benchmarks(t, {}).tasks.empty());
  t.chance = {0.25}, t.score[1][0] = NAN;
  EXPECT_EQ(rank_benchmarks(t, {}).left_out, std::vector<std::string>{"x: missing for some design"});
  EXPECT_EQ(rank_benchmarks(t, {}).designs[0].massey, 0);
}

TEST(BenchmarkRanking, ReadsTablesAndNamesTheLine) {
  const Path file = std::filesystem::temp_directory_path() / ("gradus-table-" + std::to_string(::getpid()) + ".tsv");
  const auto fault = [&](const std::string& text) {
    write_file(file, text);
    try {
      read_benchmark_table(file);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("none");
  };
  EXPECT_EQ(fault("# design\tarc\tpiqa\nrandom\t0.25\t0.5\na\t0.3\t.\n"), "none");
  const BenchmarkTable t = read_benchmark_table(file);
  EXPECT_EQ(t.designs, std::vector<std::string>{"a"});
  EXPECT_EQ(t.chance, (std::vector<double>{0.25, 0.5}));
  EXPECT_TRUE(std::isnan(t.score[0][1]));
  EXPECT_NE(fault("# design\tarc\na\t0.3x\n").find("line 2: '0.3x' is no score"), std::string::npos);
  EXPECT_NE(fault("# design\tarc\na\t0.3\t0.4\n").find("line 2: expected 1 scores, found 2"), std::string::npos);
  EXPECT_NE(fault("# design\tarc\na\t0.3\n").find("no line 'random'"), std::string::npos);
  EXPECT_NE(fault("design\tarc\n").find("line 1: expected '# design'"), std::string::npos);
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace gradus

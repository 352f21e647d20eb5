#include "ladder/calibration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace gradus {
namespace {

Standing row(int slot, double difference, double error, bool audit = false) {
  Standing s;
  s.design = {1, slot}, s.pairs = 2, s.seeds = 2, s.audit = audit;
  s.difference = difference, s.standard_error = error;
  s.half_difference = difference / 2, s.half_error = error;
  return s;
}

Standings rung(const std::string& scale, std::vector<Standing> rows) {
  Standings out{scale, {0, 0}};
  Standing reference;
  reference.design = {0, 0}, reference.baseline = true;
  out.rows = std::move(rows);
  out.rows.push_back(reference);
  return out;
}

CalibrationRow find(const Calibration& c, const std::string& proxy, const std::string& target) {
  const auto found = std::find_if(c.rows.begin(), c.rows.end(),
                                  [&](const CalibrationRow& r) { return r.proxy == proxy && r.target == target; });
  EXPECT_NE(found, c.rows.end()) << proxy << " " << target;
  return *found;
}
double value(const CalibrationRow& row, const std::string& name) {
  for (const Statistic& s : row.statistics)
    if (s.name == name) return s.value;
  ADD_FAILURE() << name;
  return 0;
}

TEST(Calibration, ComparesTheDesignsThatHaveBoth) {
  // nano: 0.3, 0.2, 0.1, reference 0; micro has three of them, two the other way round; a diverged one is no score.
  Standing wild = row(9, -5, 0.01);
  wild.diverged = true;
  const Standings nano = rung("nano", {row(0, 0.3, 0.01), row(1, 0.2, 0.01), row(2, 0.1, 0.01), wild});
  const Standings micro = rung("micro", {row(0, 0.1, 0.01), row(1, 0.15, 0.01), wild});
  const Calibration c = calibrate({nano, micro}, {}, 0.95, 0);
  const CalibrationRow r = find(c, "nano", "micro");
  EXPECT_EQ(r.designs, 3);  // g001-000, g001-001 and the reference
  EXPECT_NEAR(value(r, "pairwise_accuracy"), 2.0 / 3, 1e-12);
  EXPECT_NEAR(value(r, "spearman"), 0.5, 1e-12);
  EXPECT_NEAR(value(r, "regret"), 0.05, 1e-12);
  EXPECT_EQ(find(c, "nano at half", "micro").designs, 3);
  EXPECT_EQ(find(c, "nano at half", "nano").designs, 4);
}

TEST(Calibration, TwoPointsOfOneCurveAreNotCorrectedForNoise) {
  const Standings nano = rung("nano", {row(0, 0.3, 0.01), row(1, 0.2, 0.01), row(2, 0.1, 0.01)});
  const CalibrationRow r = find(calibrate({nano}, {}, 0.95, 0), "nano at half", "nano");
  for (const Statistic& s : r.statistics) EXPECT_EQ(s.name.find("corrected"), std::string::npos) << s.name;
}

TEST(Calibration, AProbeIsJudgedLikeARung) {
  const Standings nano = rung("nano", {row(0, 0.3, 0.01), row(1, 0.2, 0.01), row(2, 0.1, 0.01)});
  ProbeColumn probe{"probe mqar easy", {}, {}};
  for (int slot = 0; slot < 3; ++slot) probe.value[{1, slot}] = slot, probe.error[{1, slot}] = 0.1;
  const CalibrationRow r = find(calibrate({nano}, {probe}, 0.95, 0), "probe mqar easy", "nano");
  EXPECT_EQ(r.designs, 3);
  EXPECT_NEAR(value(r, "kendall_tau_b"), -1, 1e-12);
}

TEST(Calibration, AuditsSayWhatTheGateThrewAway) {
  // Promoted 0.1, 0.2, 0.3; audits 0.25 and 0.35: both above the median 0.2, one above the best.
  const Standings nano = rung("nano", {});
  const Standings micro = rung("micro", {row(0, 0.1, 0.01), row(1, 0.2, 0.01), row(2, 0.3, 0.01),
                                         row(3, 0.25, 0.01, true), row(4, 0.35, 0.01, true)});
  const Calibration c = calibrate({nano, micro}, {}, 0.95, 0);
  ASSERT_EQ(c.audits.size(), 1u);
  const AuditRow& a = c.audits[0];
  EXPECT_EQ(a.promoted, 3);
  EXPECT_EQ(a.audits, 2);
  EXPECT_EQ(a.above_median, 2);
  EXPECT_EQ(a.above_best, 1);
  EXPECT_NEAR(a.regret, 0.05, 1e-12);
  EXPECT_NEAR(a.share_above_best.value, 0.5, 1e-12);
  EXPECT_LT(a.share_above_best.lower, 0.02);  // 1 of 2 says next to nothing
  const std::string table = calibration_table(c);
  EXPECT_NE(table.find("audit\tmicro\t2\tshare_above_promoted_best\t0.5\t"), std::string::npos) << table;
}

TEST(Calibration, NothingToCompareIsARowOfPoints) {
  const Calibration c = calibrate({rung("nano", {}), rung("micro", {})}, {}, 0.95, 0);
  for (const CalibrationRow& r : c.rows)
    for (const Statistic& s : r.statistics) EXPECT_TRUE(std::isnan(s.value)) << s.name;
  EXPECT_NE(calibration_table(c).find("nano\tmicro\t1\tspearman\t.\t.\t.\t."), std::string::npos);
}

}  // namespace
}  // namespace gradus

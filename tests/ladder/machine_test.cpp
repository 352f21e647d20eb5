#include "ladder/machine.h"

#include <gtest/gtest.h>

namespace gradus {
namespace {

World plain() {
  World w;
  w.cost = {1, 4, 16}, w.spread = {0.3, 0.2, 0.1}, w.noise = {0.03, 0.02, 0.01};
  w.correlation = 0.7, w.designs = 32, w.top = 1;
  return w;
}

TEST(Machine, BarrierByHand) {
  // One worker never waits. 16 designs: 16 runs of 1, 4 of 4, 1 of 16: 48 hours.
  MachineSettings s;
  s.workers = 1, s.generations = 1, s.proposals = 16, s.spread_time = 0;
  MachinePlay p = play_machine(plain(), s, false, 1);
  EXPECT_DOUBLE_EQ(p.hours, 48);
  EXPECT_DOUBLE_EQ(p.cost, 48);
  EXPECT_DOUBLE_EQ(p.busy, 1);
  // 16 workers: 1 + 4 + 16 hours, one after another.
  s.workers = 16;
  p = play_machine(plain(), s, false, 1);
  EXPECT_DOUBLE_EQ(p.hours, 21);
  EXPECT_NEAR(p.busy, 48 / (16.0 * 21), 1e-12);
  // Three generations, each after the other.
  s.generations = 3;
  EXPECT_DOUBLE_EQ(play_machine(plain(), s, false, 1).hours, 63);
}

TEST(Machine, AsyncTrainsAsManyAndIsBusier) {
  MachineSettings s;
  for (uint64_t key = 0; key < 20; ++key) {
    const MachinePlay b = play_machine(plain(), s, false, key), a = play_machine(plain(), s, true, key);
    EXPECT_DOUBLE_EQ(a.cost, b.cost);
    EXPECT_GT(a.busy, 1.2 * b.busy);
    EXPECT_LT(a.hours, b.hours);
  }
  World broken = plain();
  broken.diverge = {0.4, 0.3, 0.2};  // nobody waits for what will not come
  for (uint64_t key = 0; key < 20; ++key) EXPECT_GT(play_machine(broken, s, true, key).hours, 0);
}

TEST(Machine, InTheSameTimeAsyncEndsNoWorse) {
  const MachineComparison m = compare_promotion("plain", plain(), {}, 60);
  EXPECT_GT(m.async_busy.low, m.barrier_busy.high);
  EXPECT_LT(m.time_ratio.value, 1.1);
  EXPECT_GT(m.time_gain.low, 0);
  EXPECT_LT(m.lead_gain.value, 0.1);  // with as many generations it has seen less when it draws parents
}

}  // namespace
}  // namespace gradus

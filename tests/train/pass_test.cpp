// A micro-batch on an accelerator beside the CPU's: a stand-in accelerator computes with ATen on the CPU, and what it
// records it keeps as a function. tests/bench/gpu.sh does the same on a GPU.
#include "train/pass.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/softmax.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "base/log.h"
#include "design/fit.h"
#include "train/head_loss.h"

namespace gradus {
namespace {

class StandIn final : public Accelerator {
 public:
  c10::Device device() const override { return c10::kCPU; }
  std::string name() const override { return "stand-in"; }
  int64_t free_bytes() const override { return free; }
  int64_t take_peak_bytes() override { return std::exchange(peak, 0); }
  void synchronize() override {}
  void use_deterministic(bool) override {}
  void softmax_gradient(const at::Tensor& z, const at::Tensor& targets, double scale,
                        const at::Tensor& losses) override {
    peak = std::max<int64_t>(peak, 1000 + 1000 * z.size(0));
    at::Tensor(losses).copy_(-at::log_softmax(z, 1).gather(1, targets.unsqueeze(1)).squeeze(1));
    at::Tensor gradient = at::softmax(z, 1);
    gradient.scatter_add_(1, targets.unsqueeze(1), -at::ones({z.size(0), 1}));
    at::Tensor(z).copy_(gradient.mul_(scale));
  }
  std::unique_ptr<Recording> record(const std::function<void()>& work) override {
    if (refuses) throw std::runtime_error("operation not permitted when stream is capturing\nmore");
    return std::make_unique<Kept>(work, n_replays);
  }
  // Of units, which Pass knows nothing of: kernels_test.
  void turn(const at::Tensor&, const at::Tensor&, const at::Tensor&, bool, const at::Tensor&) override {}
  void gate(const at::Tensor&, const at::Tensor&) override {}
  void gate_backward(const at::Tensor&, const at::Tensor&, const at::Tensor&) override {}
  std::string make_meeting() override { return ""; }
  std::unique_ptr<DeviceRanks> meet(const std::string&, int, int) override { return nullptr; }

  struct Kept final : Recording {
    Kept(std::function<void()> w, int& n) : work(std::move(w)), n_replays(n) {}
    void replay() override { work(), ++n_replays; }
    std::function<void()> work;
    int& n_replays;
  };
  bool refuses = false;
  int n_replays = 0;
  int64_t free = int64_t{1} << 40, peak = 0;
};

constexpr int64_t kContext = 16, kVocabulary = 48;

struct Bench {
  explicit Bench(const std::string& design)
      : model(builtin_design(design), UnitStore(), {16, 2, kVocabulary, kContext}, 1, {}) {
    scale.context = kContext;
    scale.vocabulary = kVocabulary;
    scale.batch_tokens = 4 * kContext;
    optimizer = std::make_unique<Optimizer>(model.parameters(), scale);
  }
  DesignModel model;
  Scale scale;
  std::unique_ptr<Optimizer> optimizer;
};

at::Tensor tokens_of(int64_t rows) { return at::randint(kVocabulary, {rows, kContext + 1}, at::kLong); }

TEST(Pass, OfAnAcceleratorEqualsTheCpusPlainAndReplayed) {
  // On the CPU attention counts as drawing.
  Bench plain("mamba2"), fast("mamba2");
  StandIn stand_in;
  Pass cpu(plain.model, *plain.optimizer, nullptr, true), pass(fast.model, *fast.optimizer, &stand_in, true);
  for (int i = 0; i < 8; ++i) {
    for (Bench* b : {&plain, &fast}) b->optimizer->zero_gradients();
    // Two micro-batches add up; of the fifth step one has another shape, which no recording fits.
    for (int64_t rows : {int64_t{2}, i == 5 ? int64_t{1} : int64_t{2}}) {
      const at::Tensor tokens = tokens_of(rows);
      cpu.run(tokens, 0.01, false);
      pass.run(tokens, 0.01, i == 6);
    }
    EXPECT_NEAR(pass.take_loss() / cpu.take_loss(), 1, 1e-6);
    const at::Tensor &ours = fast.optimizer->gradients(), &theirs = plain.optimizer->gradients();
    EXPECT_LT((ours - theirs).abs().max().item<double>(), 1e-5 * theirs.abs().max().item<double>());
    EXPECT_EQ(pass.recorded(), i >= 1) << pass.why_plain();
  }
  EXPECT_FALSE(cpu.recorded());
  EXPECT_EQ(stand_in.n_replays, 16 - 3 - 1 - 2);  // three to warm up, another shape, a plain step
  EXPECT_EQ(pass.take_loss(), 0);
}

TEST(Pass, WhatCannotBeRecordedRunsAsItIsWritten) {
  Bench b("mamba2");
  StandIn stand_in;
  stand_in.refuses = true;
  set_log_level(LogLevel::kError);
  Pass pass(b.model, *b.optimizer, &stand_in, true);
  for (int i = 0; i < 6; ++i) pass.run(tokens_of(2), 0.01, false);
  EXPECT_FALSE(pass.recorded());
  EXPECT_EQ(pass.why_plain(), "operation not permitted when stream is capturing");
  EXPECT_NEAR(pass.take_loss() / (6 * 2 * kContext), std::log(static_cast<double>(kVocabulary)), 0.2);
}

TEST(Pass, ADesignThatDrawsIsNeverRecorded) {
  UnitStore units(Path(testing::TempDir()) / "pass_test_units");
  const std::string drop = units.add(
      "import torch.nn as nn\nclass Drop(nn.Module):\n    KIND = 'sequence'\n    def __init__(self, dim):\n"
      "        super().__init__()\n        self.up = nn.Linear(dim, dim)\n        self.drop = nn.Dropout(0.5)\n"
      "    def forward(self, x):\n        return x + self.drop(self.up(x))\n");
  Design design;
  design.root = {drop, {}, {}};
  DesignModel model(design, units, {16, 2, kVocabulary, kContext}, 1, {});
  model.set_training(true);
  Optimizer optimizer(model.parameters(), Scale{});
  StandIn stand_in;
  Pass pass(model, optimizer, &stand_in, true);
  for (int i = 0; i < 6; ++i) {
    model.set_step(static_cast<uint64_t>(i));
    pass.run(tokens_of(2), 0.01, false);
  }
  EXPECT_FALSE(pass.recorded());
  EXPECT_EQ(pass.why_plain(), "the design draws random numbers in every step");
  std::filesystem::remove_all(Path(testing::TempDir()) / "pass_test_units");
}

TEST(Pass, AMicroBatchIsWhatTheMemoryHolds) {
  Bench b("gpt2");
  StandIn stand_in;  // one sequence more takes 16,000 bytes of it
  const auto chosen = [&](int64_t free, int64_t most) {
    stand_in.free = free;
    return device_micro_batch(b.model, stand_in, b.scale, most);
  };
  const int64_t fixed = 16 * b.model.parameter_count() + 4 * kHeadElements;
  EXPECT_EQ(chosen(int64_t{1} << 40, 64), 64);
  EXPECT_EQ(chosen(int64_t{1} << 40, 5), 4);
  EXPECT_EQ(chosen(fixed + 16'000 * 20, 64), 4);  // 0.8 × 20 / 2 sequences, the next power of two below
  EXPECT_EQ(chosen(0, 64), 1);
  for (const auto& p : b.model.parameters()) EXPECT_TRUE(!p.tensor.grad().defined());
}

TEST(Accelerator, TheModuleLoadsWhereItIsBuilt) {
  const auto module = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "libgradus_cuda.so";
  if (!std::filesystem::exists(module)) GTEST_SKIP() << "not built";
  const DeviceChoice choice = choose_device("auto");
  if (choice.kind == DeviceKind::kCuda) return;
  EXPECT_TRUE(choice.is_surprising);
  EXPECT_EQ(choice.why.rfind("no GPU is there: ", 0), 0U) << choice.why;
}

TEST(Accelerator, SettingsAreReadAndRefused) {
  EXPECT_EQ(choose_device("cpu").kind, DeviceKind::kCpu);
  EXPECT_THROW(choose_device("gpu"), Error);
  const DeviceChoice choice = choose_device("auto");
  if (choice.kind == DeviceKind::kCuda) GTEST_SKIP() << "there is a GPU";
  EXPECT_FALSE(choice.why.empty());
  try {
    choose_device("cuda");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()), "pretrain.device is cuda, but " + choice.why + "; or set it to cpu");
  }
}

}  // namespace
}  // namespace gradus

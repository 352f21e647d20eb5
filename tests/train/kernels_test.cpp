// The kernels of common/cuda beside ATen, and a whole model with them beside the units' own source: compiled for the
// CPU (host_cuda.h), so that they are held to their laws where there is no GPU too.
#include "host_cuda.h"
// The kernels' source itself.
#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <numbers>

#include "cuda/kernels.cu"
#include "design/fit.h"
#include "design/model.h"
#include "unit/tensor/fused.h"

namespace gradus {
namespace {

bool is_half(const at::Tensor& t) { return t.scalar_type() == at::kBFloat16; }

class OnTheCpu final : public FusedKernels {
 public:
  void turn(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin, bool back,
            const at::Tensor& y) override {
    ++n_turns;
    launch_turn(
        x.const_data_ptr(), is_half(x), cos.const_data_ptr<float>(), sin.const_data_ptr<float>(), back, y.data_ptr(),
        {x.size(0), x.size(1), x.size(2), x.size(3), x.stride(0), x.stride(1), x.stride(2), x.stride(3)}, nullptr);
  }
  void gate(const at::Tensor& h, const at::Tensor& y) override {
    ++n_gates;
    launch_gate(h.const_data_ptr(), is_half(h), y.data_ptr(), y.size(0), y.size(1), nullptr);
  }
  void gate_backward(const at::Tensor& h, const at::Tensor& dy, const at::Tensor& dh) override {
    launch_gate_backward(h.const_data_ptr(), dy.const_data_ptr(), is_half(h), dh.data_ptr(), dy.size(0), dy.size(1),
                         nullptr);
  }
  int n_turns = 0, n_gates = 0;
};

double distance(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  const at::Tensor x = a.to(at::kDouble), y = b.to(at::kDouble);
  return ((x - y).norm() / y.norm()).item<double>();
}
double tolerance(at::ScalarType type) { return type == at::kBFloat16 ? 4e-3 : 1e-6; }

class Kernels : public testing::TestWithParam<at::ScalarType> {
 protected:
  void SetUp() override {
    at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
    generator.set_current_seed(0);
  }
};

TEST_P(Kernels, SoftmaxAndItsGradientInPlaceWhereverARowBegins) {
  for (int64_t v : {7, 64, 1001}) {  // shorter than a pack, whole packs, rows that begin anywhere
    const int64_t m = 3;
    at::Tensor z = (3 * at::randn({m, v})).to(GetParam());
    z[0] -= 200;  // far from zero
    z[1][v / 2] = 60;
    const at::Tensor targets = at::randint(v, {m}, at::kLong), before = z.to(at::kDouble);
    targets[2] = v - 1;
    const at::Tensor losses = at::full({m}, -1, at::kFloat);
    launch_softmax_gradient(z.data_ptr(), is_half(z), targets.const_data_ptr<int64_t>(), 0.25f,
                            losses.data_ptr<float>(), m, v, nullptr);
    const at::Tensor log = at::log_softmax(before, 1);
    const at::Tensor expected = 0.25 * (log.exp() - at::one_hot(targets, v));
    EXPECT_LT(distance(z, expected), tolerance(GetParam())) << v;
    EXPECT_LT(distance(losses, -log.gather(1, targets.unsqueeze(1)).squeeze(1)), 1e-5) << v;  // differences of 200s
  }
}

TEST_P(Kernels, PairsAreTurnedAndBack) {
  OnTheCpu kernels;
  for (int64_t d : {16, 6}) {  // whole packs, and not
    const int64_t t = 5;
    const at::Tensor packed = at::randn({2, t, 3, 4, d}).to(GetParam());
    const at::Tensor q = packed.permute({2, 0, 3, 1, 4})[1].detach().requires_grad_();  // strides of a real q
    const at::Tensor angle = at::arange(t, at::kDouble).unsqueeze(1) * at::arange(1, d / 2 + 1, at::kDouble);
    const at::Tensor cos = angle.cos().to(at::kFloat), sin = angle.sin().to(at::kFloat);
    const auto law = [&](const at::Tensor& x) {
      const at::Tensor even = x.slice(-1, 0, d, 2), odd = x.slice(-1, 1, d, 2);
      return at::stack({even * cos - odd * sin, even * sin + odd * cos}, -1).flatten(-2);
    };
    const at::Tensor y = fused_turn(kernels, q, cos, sin);
    EXPECT_TRUE(y.is_contiguous());
    EXPECT_LT(distance(y, law(q.to(at::kDouble))), tolerance(GetParam()));
    const at::Tensor weight = at::randn(y.sizes()).to(GetParam());
    const at::Tensor plain = q.detach().to(at::kDouble).requires_grad_();
    (law(plain) * weight).sum().backward();
    const auto ours = torch::autograd::grad({(y * weight).sum()}, {q});
    EXPECT_LT(distance(ours[0], plain.grad()), tolerance(GetParam()));
    // Rows with others between them.
    const at::Tensor whole = at::randn({1, 2, 9, d}).to(GetParam()), some = whole.slice(2, 2, 2 + t);
    EXPECT_LT(distance(fused_turn(kernels, some, cos, sin), law(some.to(at::kDouble))), tolerance(GetParam()));
  }
}

TEST_P(Kernels, AGateAndItsGradientsOfBothOrders) {
  OnTheCpu kernels;
  for (int64_t f : {24, 5}) {
    const at::Tensor h = (2 * at::randn({2, 3, 2 * f})).to(GetParam()).requires_grad_();
    const at::Tensor plain = h.detach().to(at::kDouble).requires_grad_();
    const auto law = [](const at::Tensor& x) { return x.chunk(2, -1)[0] * at::silu(x.chunk(2, -1)[1]); };
    const at::Tensor y = fused_gate(kernels, h), expected = law(plain);
    EXPECT_LT(distance(y, expected), tolerance(GetParam()));
    const at::Tensor weight = at::randn(y.sizes()).to(GetParam());
    const auto first = torch::autograd::grad({(y * weight).sum()}, {h}, {}, true);
    const auto wanted = torch::autograd::grad({(expected * weight).sum()}, {plain}, {}, true, true);
    EXPECT_LT(distance(first[0], wanted[0]), tolerance(GetParam()));
    const auto recorded = torch::autograd::grad({(y * weight).sum()}, {h}, {}, true, true);
    const auto second = torch::autograd::grad({recorded[0].square().sum()}, {h});
    const auto wanted_second = torch::autograd::grad({wanted[0].square().sum()}, {plain});
    EXPECT_LT(distance(second[0], wanted_second[0]), 5 * tolerance(GetParam()));
  }
}

/// The seeds that hold such units compute the same with the kernels, and their gradients are the same.
TEST_P(Kernels, AModelWithThemIsTheModel) {
  for (const std::string name : {"gpt2", "ttt_linear", "mamba2"}) {
    ModelOptions options;
    options.dtype = GetParam();
    const Shape shape{32, 2, 64, 16};
    DesignModel plain(builtin_design(name), UnitStore(), shape, 1, options);
    DesignModel fused(builtin_design(name), UnitStore(), shape, 1, options);
    DesignModel exact(builtin_design(name), UnitStore(), shape, 1, {});
    OnTheCpu kernels;
    fused.to_device(c10::kCPU, &kernels);
    const at::Tensor tokens = at::randint(64, {2, 16}, at::kLong);
    const at::Tensor expected = plain.hidden(tokens), hidden = fused.hidden(tokens);
    // In bfloat16 as near to float32 as the units' own source is.
    const auto is_near = [](const at::Tensor& ours, const at::Tensor& theirs, const at::Tensor& full, double close) {
      const bool half = GetParam() == at::kBFloat16;
      return half ? distance(ours, full) < 2 * distance(theirs, full) + 1e-2 : distance(ours, theirs) < close;
    };
    const at::Tensor full = exact.hidden(tokens);
    EXPECT_TRUE(is_near(hidden, expected, full, 1e-5)) << name;
    EXPECT_EQ(kernels.n_turns > 0, name != "mamba2");
    EXPECT_EQ(kernels.n_gates > 0, name != "mamba2");
    const at::Tensor weight = at::randn(hidden.sizes()).to(GetParam());
    (hidden * weight).sum().backward();
    (expected * weight).sum().backward();
    (full * weight).sum().backward();
    for (size_t i = 0; i < fused.parameters().size(); ++i)
      EXPECT_TRUE(is_near(fused.parameters()[i].tensor.grad(), plain.parameters()[i].tensor.grad(),
                          exact.parameters()[i].tensor.grad(), 4e-5))
          << name << " " << fused.parameters()[i].name;
  }
}

INSTANTIATE_TEST_SUITE_P(Types, Kernels, testing::Values(at::kFloat, at::kBFloat16));

}  // namespace
}  // namespace gradus

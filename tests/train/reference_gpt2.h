/// The GPT2 seed written directly in ATen calls: a second LanguageModel, so that the trainer is tested without the unit
/// language, and a plain reference for tests/peer (reference: x + MHA(RMS(x)), x + SwiGLU(RMS(x)), rotary on
/// interleaved pairs, biases on the attention's projections, final RMSNorm, tied head).
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/triu.h>

#include <cmath>
#include <string>

#include "base/rng.h"
#include "design/model.h"

namespace gradus {

class ReferenceGpt2 : public LanguageModel {
 public:
  ReferenceGpt2(int64_t d, int64_t n_blocks, int64_t vocabulary, uint64_t seed)
      : d_(d), f_((8 * d / 3 + 127) / 128 * 128), n_blocks_(n_blocks), seed_(seed) {
    draw("embedding.weight", {vocabulary, d}, 0.02);
    for (int64_t k = 0; k < n_blocks; ++k) {
      const std::string block = "blocks." + std::to_string(k) + ".";
      constant(block + "norm_1.weight", {d}, 1);
      draw(block + "mixer.qkv.weight", {3 * d, d}, 1 / std::sqrt(3.0 * static_cast<double>(d)));
      constant(block + "mixer.qkv.bias", {3 * d}, 0);
      draw(block + "mixer.out.weight", {d, d}, 1 / std::sqrt(3.0 * static_cast<double>(d)));
      constant(block + "mixer.out.bias", {d}, 0);
      constant(block + "norm_2.weight", {d}, 1);
      draw(block + "mlp.up.weight", {2 * f_, d}, 1 / std::sqrt(3.0 * static_cast<double>(d)));
      draw(block + "mlp.down.weight", {d, f_}, 1 / std::sqrt(3.0 * static_cast<double>(f_)));
    }
    constant("norm.weight", {d}, 1);
  }

  at::Tensor hidden(const at::Tensor& tokens) override {
    at::Tensor x = at::embedding(parameters_[0].tensor, tokens);
    for (int64_t k = 0; k < n_blocks_; ++k) {
      const auto* p = &parameters_[static_cast<size_t>(1 + 8 * k)];
      x = x + attention(norm(x, p[0].tensor), p[1].tensor, p[2].tensor, p[3].tensor, p[4].tensor);
      const auto up = at::linear(norm(x, p[5].tensor), p[6].tensor).split(f_, -1);
      x = x + at::linear(up[0] * at::silu(up[1]), p[7].tensor);
    }
    return norm(x, parameters_.back().tensor);
  }
  const at::Tensor& head() override { return parameters_[0].tensor; }
  const std::vector<ModelParameter>& parameters() override { return parameters_; }
  void set_training(bool) override {}

 private:
  void add(const std::string& name, at::Tensor t) {
    t.requires_grad_(true);
    parameters_.push_back({name, t, t.dim() >= 2});
  }
  void constant(const std::string& name, at::IntArrayRef shape, double value) {
    add(name, at::full(shape, value, at::kFloat));
  }
  void draw(const std::string& name, at::IntArrayRef shape, double deviation) {
    at::Tensor t = at::empty(shape, at::kFloat);
    const Stream stream("reference", {seed_, parameters_.size()});
    for (int64_t i = 0; i < t.numel(); ++i)
      t.data_ptr<float>()[i] = static_cast<float>(deviation * stream.normal(static_cast<uint64_t>(i)));
    add(name, t);
  }
  static at::Tensor norm(const at::Tensor& x, const at::Tensor& weight) {
    return weight * (x * at::rsqrt((x * x).mean(-1, true) + 1e-5));
  }
  /// Pairs (2i, 2i+1) of (B, H, T, W) turned by position / 10000^(2i/W).
  static at::Tensor rotate(const at::Tensor& x) {
    const int64_t w = x.size(-1);
    const at::Tensor rate = at::pow(10000.0, at::arange(0, w, 2, at::kDouble).neg() / static_cast<double>(w));
    const at::Tensor angle = at::outer(at::arange(x.size(-2), at::kDouble), rate);
    const at::Tensor c = at::cos(angle).to(x.scalar_type()), s = at::sin(angle).to(x.scalar_type());
    const at::Tensor even = x.slice(-1, 0, w, 2), odd = x.slice(-1, 1, w, 2);
    return at::stack({even * c - odd * s, even * s + odd * c}, -1).flatten(-2);
  }
  at::Tensor attention(const at::Tensor& x, const at::Tensor& in, const at::Tensor& in_bias, const at::Tensor& out,
                       const at::Tensor& out_bias) const {
    const int64_t b = x.size(0), t = x.size(1), heads = 8, w = d_ / heads;
    const auto qkv = at::linear(x, in, in_bias).view({b, t, 3, heads, w}).permute({2, 0, 3, 1, 4}).unbind(0);
    const at::Tensor mask = at::triu(at::full({t, t}, -INFINITY, x.options()), 1);
    const at::Tensor scores =
        at::matmul(rotate(qkv[0]), rotate(qkv[1]).transpose(-1, -2)) / std::sqrt(static_cast<double>(w));
    const at::Tensor mixed = at::matmul(at::softmax(scores + mask, -1), qkv[2]);
    return at::linear(mixed.transpose(1, 2).reshape({b, t, d_}), out, out_bias);
  }

  int64_t d_, f_, n_blocks_;
  uint64_t seed_;
  std::vector<ModelParameter> parameters_;
};

}  // namespace gradus

#include "design/model.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "base/error.h"
#include "base/rng.h"
#include "design/block.h"
#include "unit/tensor/device.h"
#include "unit/tensor/tensor.h"

namespace gradus {
namespace {

constexpr double kEmbeddingDeviation = 0.02;  // N(0, .02), as GPT-2
constexpr double kNormEpsilon = 1e-5;

at::Tensor draw_embedding(const Shape& shape, uint64_t seed) {
  at::Tensor weight = at::empty({shape.vocabulary, shape.d_model}, at::kFloat);
  float* out = weight.mutable_data_ptr<float>();
  const Stream stream("init embedding", {seed});
  at::parallel_for(0, weight.numel(), 1 << 14, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      out[i] = static_cast<float>(kEmbeddingDeviation * stream.normal(static_cast<uint64_t>(i)));
  });
  return weight;
}

}  // namespace

at::Tensor logits(LanguageModel& model, const at::Tensor& tokens) {
  return at::matmul(model.hidden(tokens), model.head().t());
}

struct DesignModel::State {
  State(const Design& design, const UnitStore& units, const Shape& s, const ModelOptions& options)
      : shape(s), builder(design, units, options.limits, options.under_test) {}

  Shape shape;
  BlockBuilder builder;
  at::Tensor embedding, norm;
  std::vector<Value> blocks;  // destroyed before the interpreter
  std::vector<ModelParameter> parameters;
  bool records_scales = false;
  std::vector<double> scales;

  void enumerate();
};

void DesignModel::State::enumerate() {
  parameters.clear();
  parameters.push_back({"embedding.weight", embedding, true});
  for (size_t k = 0; k < blocks.size(); ++k) {
    for (const NamedTensor& p : named_parameters(builder.interpreter(), blocks[k])) {
      parameters.push_back({"blocks." + std::to_string(k) + "." + p.name, p.tensor, p.tensor.dim() >= 2});
    }
  }
  parameters.push_back({"norm.weight", norm, false});
}

DesignModel::DesignModel(const Design& design, const UnitStore& units, const Shape& shape, double fit_multiplier,
                         const ModelOptions& options)
    : state_(std::make_unique<State>(design, units, shape, options)) {
  State& s = *state_;
  s.embedding =
      options.draw ? draw_embedding(shape, options.seed) : at::zeros({shape.vocabulary, shape.d_model}, at::kFloat);
  s.norm = at::ones({shape.d_model}, at::kFloat);
  const at::ScalarType dtype = options.under_test.wide ? at::kDouble : options.dtype;
  s.embedding = s.embedding.to(dtype).requires_grad_();
  s.norm = s.norm.to(dtype).requires_grad_();
  Interpreter& interpreter = s.builder.interpreter();
  for (int64_t k = 0; k < shape.n_blocks; ++k) {
    s.blocks.push_back(s.builder.build(shape, k, fit_multiplier, options.seed));
    if (dtype != at::kFloat && !options.under_test.wide) convert_module(interpreter, s.blocks.back(), options.dtype);
  }
  s.enumerate();
}

DesignModel::~DesignModel() = default;

at::Tensor DesignModel::hidden(const at::Tensor& tokens) {
  const at::Tensor x = blocks(at::embedding(state_->embedding, tokens));
  return at::rms_norm(x, {state_->shape.d_model}, state_->norm, kNormEpsilon);
}

const at::Tensor& DesignModel::head() { return state_->embedding; }

const std::vector<ModelParameter>& DesignModel::parameters() { return state_->parameters; }

std::vector<ModelParameter> DesignModel::buffers() {
  std::vector<ModelParameter> out;
  for (size_t k = 0; k < state_->blocks.size(); ++k) {
    for (const NamedTensor& b : named_buffers(interpreter(), state_->blocks[k])) {
      out.push_back({"blocks." + std::to_string(k) + "." + b.name, b.tensor, false});
    }
  }
  return out;
}

void DesignModel::set_training(bool training) {
  for (const Value& block : state_->blocks) gradus::set_training(interpreter(), block, training);
}

void DesignModel::record_scales(bool record) { state_->records_scales = record; }

std::vector<double> DesignModel::block_scales() { return state_->scales; }

void DesignModel::set_step(uint64_t key) { exchange_random_scope(interpreter(), {key, 0}); }

uint64_t DesignModel::draws() {
  const RandomScope scope = exchange_random_scope(interpreter(), {});
  exchange_random_scope(interpreter(), scope);
  return scope.draws;
}

void LanguageModel::to_device(c10::Device device, FusedKernels*) {
  require(device.is_cpu(), "this model stays on the CPU");
}

void DesignModel::to_device(c10::Device device, FusedKernels* kernels) {
  const at::NoGradGuard no_grad;
  for (at::Tensor* t : {&state_->embedding, &state_->norm}) *t = t->detach().to(device).requires_grad_();
  for (const Value& block : state_->blocks) move_module(interpreter(), block, device);
  set_device(interpreter(), device);
  for (const Value& block : state_->blocks)
    if (kernels) state_->builder.use_kernels(block, *kernels);
  state_->enumerate();
}

at::Tensor DesignModel::blocks(const at::Tensor& x) {
  Value carry;
  at::Tensor y = x;
  state_->scales.clear();
  for (int64_t k = 0; k < state_->shape.n_blocks; ++k) {
    y = block(k, y, carry);
    if (state_->records_scales)
      state_->scales.push_back(at::linalg_vector_norm(y.detach(), 2, c10::nullopt, false, at::kDouble).item<double>() /
                               std::sqrt(static_cast<double>(y.numel())));
  }
  return y;
}

at::Tensor DesignModel::block(int64_t k, const at::Tensor& x, Value& carry) {
  return state_->builder.run(state_->blocks.at(static_cast<size_t>(k)), k, x, carry);
}

const Shape& DesignModel::shape() const { return state_->shape; }

BlockBuilder& DesignModel::builder() { return state_->builder; }

Interpreter& DesignModel::interpreter() { return state_->builder.interpreter(); }

int64_t DesignModel::parameter_count() const {
  int64_t n = 0;
  for (const ModelParameter& p : state_->parameters) n += p.tensor.numel();
  return n;
}

int64_t DesignModel::block_parameter_count() const {
  return parameter_count() - state_->embedding.numel() - state_->norm.numel();
}

}  // namespace gradus

#include "train/pass.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <exception>

#include "base/error.h"
#include "base/log.h"
#include "base/rng.h"
#include "train/head_loss.h"

namespace gradus {
namespace {

constexpr int kWarmPasses = 3;        // before one is recorded: libraries choose kernels and workspaces at first use
constexpr double kMemoryShare = 0.8;  // of what is free: recording keeps a second set of the activations' memory
constexpr int64_t kMostTokens = 1 << 17;

std::string first_line(const std::exception& e) {
  const std::string text = e.what();
  return text.substr(0, text.find('\n'));
}

}  // namespace

Pass::Pass(LanguageModel& model, Optimizer& optimizer, Accelerator* accelerator, bool records)
    : model_(model),
      optimizer_(optimizer),
      accelerator_(accelerator),
      records_(records && accelerator),
      head_gradient_(optimizer.gradient_of(model.head())) {
  if (accelerator_) loss_sum_ = at::zeros({}, head_gradient_.options().dtype(at::kDouble));
}

Pass::~Pass() = default;

at::Tensor Pass::token_room(int64_t count, int64_t width) const {
  return at::empty({count, width},
                   at::TensorOptions(at::kLong).pinned_memory(accelerator_ && accelerator_->device().is_cuda()));
}

double Pass::take_loss() {
  if (!accelerator_) return std::exchange(loss_, 0.0);
  const double sum = loss_sum_.item<double>();
  loss_sum_.zero_();
  return sum;
}

void Pass::compute(const at::Tensor& tokens, double scale) {
  const int64_t context = tokens.size(1) - 1;
  const at::Tensor inputs = tokens.narrow(1, 0, context).contiguous(),
                   targets = tokens.narrow(1, 1, context).reshape({-1});
  if (accelerator_)
    backpropagate_on(*accelerator_, model_, inputs, targets, scale, head_gradient_, loss_sum_);
  else
    loss_ += backpropagate(model_, inputs, targets, scale, head_gradient_);
  optimizer_.collect_gradients();
}

bool Pass::fits_recording(const at::Tensor& tokens, double scale) const {
  return inputs_.defined() && inputs_.sizes() == tokens.sizes() && scale_ == scale;
}

void Pass::try_to_record(const at::Tensor& tokens, double scale) {
  inputs_.copy_(tokens, true);
  try {
    recording_ = accelerator_->record([this, scale] { compute(inputs_, scale); });
  } catch (const std::exception& e) {  // it needs the host in between
    optimizer_.discard_gradients();
    why_plain_ = first_line(e);
    records_ = false;
    log_info("steps are not recorded: " + why_plain_);
  }
}

void Pass::run(const at::Tensor& tokens, double scale, bool plain) {
  if (!accelerator_) return compute(tokens, scale);
  if (!records_ || plain) return compute(tokens.to(accelerator_->device(), true), scale);
  if (!inputs_.defined()) {
    inputs_ = at::empty(tokens.sizes(), head_gradient_.options().dtype(at::kLong));
    scale_ = scale;
  }
  if (!fits_recording(tokens, scale)) return compute(tokens.to(accelerator_->device(), true), scale);
  if (!recording_ && n_plain_ >= kWarmPasses) try_to_record(tokens, scale);
  if (recording_) {
    inputs_.copy_(tokens, true);
    return recording_->replay();
  }
  const uint64_t drawn = model_.draws();
  compute(tokens.to(accelerator_->device(), true), scale);
  ++n_plain_;
  if (model_.draws() != drawn) {
    records_ = false;
    why_plain_ = "the design draws random numbers in every step";
  }
}

int64_t device_micro_batch(LanguageModel& model, Accelerator& accelerator, const Scale& scale, int64_t most) {
  const c10::Device device = accelerator.device();
  std::vector<at::Tensor> buffers;
  for (const auto& b : model.buffers()) buffers.push_back(b.tensor.clone());
  model.set_step(stream_key("rehearsal"));
  const at::Tensor gradient = at::zeros(model.head().sizes(), at::TensorOptions(at::kFloat).device(device));
  const at::Tensor sum = at::zeros({}, at::TensorOptions(at::kDouble).device(device));
  const auto peak_of = [&](int64_t sequences) {
    at::Tensor tokens = at::empty({sequences, scale.context}, at::kLong);
    for (int64_t i = 0; i < tokens.numel(); ++i) tokens.data_ptr<int64_t>()[i] = i * 7 % scale.vocabulary;
    tokens = tokens.to(device);
    accelerator.take_peak_bytes();
    backpropagate_on(accelerator, model, tokens, tokens.reshape({-1}), 1, gradient, sum);
    for (const auto& p : model.parameters()) at::Tensor(p.tensor).mutable_grad() = at::Tensor();
    return static_cast<double>(accelerator.take_peak_bytes());
  };
  peak_of(1);
  const double one = peak_of(1), two = most > 1 ? peak_of(2) : one;
  const auto now = model.buffers();
  for (size_t i = 0; i < now.size(); ++i) at::Tensor(now[i].tensor).copy_(buffers[i]);
  int64_t parameters = 0;
  for (const auto& p : model.parameters()) parameters += p.tensor.numel();
  // Flat weights, gradients and moments; the head's block of logits (head_loss).
  const double fixed = 16.0 * static_cast<double>(parameters) + 4.0 * kHeadElements;
  const double room = kMemoryShare * (static_cast<double>(accelerator.free_bytes()) - fixed) / 2;
  int64_t n = 1;
  while (2 * n <= most && 2 * n * scale.context <= kMostTokens &&
         static_cast<double>(2 * n) * std::max(two - one, 1.0) < room)
    n *= 2;
  return n;
}

}  // namespace gradus

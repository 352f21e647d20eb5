#include "train/loop.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/rng.h"
#include "base/signals.h"
#include "train/head_loss.h"
#include "train/scoring.h"

namespace gradus {
namespace {

constexpr int64_t kMostTokensAtOnce = 16'384;  // more only costs memory: the caches are full long before
constexpr uint64_t kSliceTokens = 16'384;      // of the validation slice, at most
constexpr double kSmoothing = 0.95;            // of the loss that divergence is judged by: 20 steps
constexpr int64_t kGraceSteps = 50;            // before it is judged; of a short run a quarter

int64_t sequences_per_step(const Scale& scale) {
  if (scale.batch_tokens % scale.context != 0)
    throw Error("the scale's batch_tokens (" + std::to_string(scale.batch_tokens) +
                ") is no multiple of its context (" + std::to_string(scale.context) + ")");
  return scale.batch_tokens / scale.context;
}

}  // namespace

int64_t most_micro_batch(const Scale& scale, int n_ranks) {
  return (sequences_per_step(scale) + n_ranks - 1) / n_ranks;
}

int64_t default_micro_batch(const Scale& scale, int n_ranks) {
  return std::clamp<int64_t>(kMostTokensAtOnce / scale.context, 1, most_micro_batch(scale, n_ranks));
}

uint64_t slice_tokens(const Scale& scale) {
  return std::min(kSliceTokens, std::max<uint64_t>(1, static_cast<uint64_t>(scale.tokens) / 8));
}

Trainer::Trainer(LanguageModel& model, const TokenShard& train, const TokenShard& validation, const TrainSetup& setup,
                 const Communicator& communicator)
    : model_(model),
      train_(train),
      validation_(validation),
      setup_(setup),
      communicator_(communicator),
      order_(train.size(), setup.scale.context, setup.seed),
      optimizer_(model.parameters(), setup.scale, communicator.rank(), communicator.size(), setup.bucket_elements),
      reducer_(optimizer_, communicator),
      pass_(model, optimizer_, setup.accelerator, setup.settings.device_graph) {
  if (sequences_per_step(setup_.scale) < communicator.size())
    throw Error("a step has " + std::to_string(sequences_per_step(setup_.scale)) + " sequences, too few for " +
                std::to_string(communicator.size()) + " ranks");
  if (setup_.micro_batch <= 0) setup_.micro_batch = default_micro_batch(setup_.scale, communicator.size());
  if (const auto found = load_checkpoint(setup_.directory, optimizer_, model_, communicator_)) state_ = *found;
  optimizer_.publish();
  checkpointed_step_ = state_.step;
  model_.set_training(true);
}

at::Tensor Trainer::batch(int64_t step, int64_t first, int64_t count) const {
  const int64_t width = setup_.scale.context + 1;
  at::Tensor out = pass_.token_room(count, width);
  for (int64_t i = 0; i < count; ++i) {
    const auto position = static_cast<uint64_t>(step * sequences_per_step(setup_.scale) + first + i);
    train_.read(order_.first_token(position), static_cast<uint64_t>(width), out.data_ptr<int64_t>() + i * width);
  }
  return out;
}

double Trainer::accumulate(int64_t step) {
  const Scale& scale = setup_.scale;
  const Part mine = part_of(sequences_per_step(scale), communicator_.rank(), communicator_.size());
  const double per_token = 1.0 / static_cast<double>(scale.batch_tokens);
  optimizer_.zero_gradients();
  model_.set_step(
      stream_key("step", {setup_.seed, static_cast<uint64_t>(step), static_cast<uint64_t>(communicator_.rank())}));
  for (int64_t at = mine.begin; at < mine.end; at += setup_.micro_batch) {
    const int64_t count = std::min(setup_.micro_batch, mine.end - at);
    const bool last = at + count == mine.end;
    if (last) reducer_.listen();
    pass_.run(batch(step, at, count), per_token, records_ || (last && communicator_.size() > 1));
  }
  reducer_.finish();
  const double loss = pass_.take_loss();
  const double norm = optimizer_.own_norm();
  std::vector<double> shared{loss, stop_requested() ? 1.0 : 0.0, norm * norm};
  communicator_.sum(shared);
  stop_ = shared[1] > 0;
  norm_ = communicator_.size() == 1 ? norm : std::sqrt(shared[2]);
  return shared[0] * per_token;
}

std::string Trainer::divergence(double loss, double norm) {
  const std::string at = " at step " + std::to_string(state_.step + 1);
  if (!std::isfinite(loss)) return "the loss is not finite" + at;
  if (!std::isfinite(norm)) return "the gradient is not finite" + at;
  state_.smoothed_loss = kSmoothing * state_.smoothed_loss + (1 - kSmoothing) * loss;
  state_.smoothed_weight = kSmoothing * state_.smoothed_weight + (1 - kSmoothing);
  const double smoothed = state_.smoothed_loss / state_.smoothed_weight;
  if (state_.best_loss == 0 || smoothed < state_.best_loss) state_.best_loss = smoothed;
  const bool early = state_.step < std::min<int64_t>(kGraceSteps, setup_.scale.steps() / 4);
  if (early || smoothed <= setup_.settings.diverged_ratio * state_.best_loss) return "";
  return "the smoothed loss rose to " + format_fixed(smoothed, 3) + " from " + format_fixed(state_.best_loss, 3) + at;
}

void Trainer::step() {
  const auto start = std::chrono::steady_clock::now();
  const double rate = learning_rate(setup_.scale, setup_.learning_rate_multiplier, state_.step);
  records_ = setup_.settings.unit_steps > 0 && (state_.step + 1) % setup_.settings.unit_steps == 0;
  model_.record_scales(records_);
  const double loss = accumulate(state_.step);
  optimizer_.apply(rate, state_.step, norm_);
  reducer_.share_weights();
  optimizer_.publish();
  diverged_ = divergence(loss, norm_);
  ++state_.step;
  laps_.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  step_seconds_ += laps_.back();
  if (records_) record_units();
  if (first()) RunLog::append_step(setup_.directory, state_.step, loss, rate, norm_);
}

std::string Trainer::speed() const {
  const double tokens = static_cast<double>(laps_.size()) * static_cast<double>(setup_.scale.batch_tokens) /
                        std::max(step_seconds_, 1e-9);
  std::string text = tokens < 10'000 ? format_fixed(tokens, 0) : format_fixed(tokens / 1000, 1) + "k";
  text += " tokens/s";
  if (setup_.flops_per_token > 0) text += ", " + format_fixed(3e-9 * setup_.flops_per_token * tokens, 0) + " GFLOP/s";
  return text;
}

double Trainer::validate() {
  const uint64_t n = std::min(validation_.size(), slice_tokens(setup_.scale));
  const auto nats = score_tokens(model_, validation_, n, setup_.scale.context,
                                 setup_.micro_batch * setup_.scale.context, communicator_);
  double sum = 0;
  for (double x : nats) sum += x;
  return bits_per_byte(sum, bytes_of_tokens(validation_, n));
}

void Trainer::record_units() {
  UnitRecord record;
  record.step = state_.step;
  record.block_scales = model_.block_scales();
  const auto& parameters = optimizer_.parameters();
  std::vector<double> squares(2 * parameters.size());
  for (const auto& slice : optimizer_.slices(optimizer_.partition(), communicator_.rank())) {
    const auto square = [&](const at::Tensor& flat) {
      const double norm = at::linalg_vector_norm(flat.narrow(0, slice.flat, slice.count)).item<double>();
      return norm * norm;
    };
    squares[2 * slice.parameter] += square(optimizer_.gradients());
    squares[2 * slice.parameter + 1] += square(optimizer_.weights());
  }
  communicator_.sum(squares);
  for (size_t i = 0; i < parameters.size(); ++i) {
    const std::string unit = parameters[i].name.substr(0, parameters[i].name.rfind('.'));
    if (record.units.empty() || record.units.back().name != unit) record.units.push_back({unit});
    record.units.back().gradient_norm += squares[2 * i];
    record.units.back().weight_norm += squares[2 * i + 1];
  }
  for (auto& unit : record.units) {
    unit.gradient_norm = std::sqrt(unit.gradient_norm);
    unit.weight_norm = std::sqrt(unit.weight_norm);
  }
  if (first()) RunLog::append_units(setup_.directory, record);
}

void Trainer::checkpoint() {
  if (checkpointed_step_ == state_.step) return;
  checkpointed_step_ = state_.step;
  compare_ranks();
  if (first()) RunLog::sync(setup_.directory);
  save_checkpoint(setup_.directory, state_, optimizer_, model_, communicator_);
  if (first()) thin_checkpoints(setup_.directory, setup_.settings.keep_checkpoints);
}

void Trainer::compare_ranks() {
  if (communicator_.size() == 1) return;
  const at::Tensor weights = optimizer_.weights().cpu();
  const uint64_t mine = checksum64(weights.const_data_ptr<float>(), static_cast<size_t>(weights.nbytes()));
  uint64_t first = mine;
  communicator_.broadcast(&first, sizeof first);
  if (communicator_.any(first != mine))
    throw Error("the ranks' weights differ at step " + std::to_string(state_.step) +
                ": a memory or network fault. Run it again: it goes on from the last checkpoint");
}

TrainOutcome Trainer::outcome(TrainEnd end, const std::string& reason) const {
  std::vector<double> laps = laps_;
  const auto middle = laps.begin() + static_cast<std::ptrdiff_t>(laps.size() / 2);
  std::nth_element(laps.begin(), middle, laps.end());
  return {end, reason, state_.step, step_seconds_, laps.empty() ? 0 : *middle};
}

TrainOutcome Trainer::run() {
  const int64_t steps = setup_.scale.steps();
  const int64_t validate_steps = std::max<int64_t>(1, setup_.settings.validate_steps);
  const int64_t checkpoint_steps = std::max<int64_t>(1, setup_.settings.checkpoint_steps);
  if (first()) {
    RunLog::cut(setup_.directory, state_.step);
    thin_checkpoints(setup_.directory, setup_.settings.keep_checkpoints);  // a kill may have come before the last time
  }
  Progress progress(setup_.title, static_cast<double>(steps), "steps");
  while (state_.step < steps) {
    step();
    if (!diverged_.empty()) return outcome(TrainEnd::kDiverged, diverged_);
    if (state_.step % validate_steps == 0 || state_.step == (steps + 1) / 2 || state_.step == steps) {
      const double bits = validate();
      if (first()) RunLog::append_validation(setup_.directory, state_.step, bits);
      progress.update(static_cast<double>(state_.step), format_fixed(bits, 3) + " bits/byte, " + speed());
    } else {
      progress.update(static_cast<double>(state_.step), speed());
    }
    if (state_.step < steps && (stop_ || state_.step % checkpoint_steps == 0)) checkpoint();
    if (stop_ && state_.step < steps) return outcome(TrainEnd::kStopped);
  }
  progress.finish();
  return outcome(TrainEnd::kDone);
}

}  // namespace gradus

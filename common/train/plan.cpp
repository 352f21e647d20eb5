#include "train/plan.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>

#include "train/loop.h"
#include "train/machine.h"
#include "train/optimizer.h"
#include "train/pass.h"

namespace gradus {
namespace {

constexpr int kMostRanks = 512;
constexpr double kHidden = 2.0 / 3;        // of a micro-batch: its backward, under which buckets travel
constexpr double kScoringShare = 1.0 / 3;  // of a token's training time: forward, without backward of twice its FLOPs
constexpr double kLogBytesAStep = 140;     // a line of log.jsonl, about 100, and four numbers of metrics.h5

/// The median of five goes, after one that fills the caches.
double seconds_of(const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  work();
  std::vector<double> goes;
  for (int i = 0; i < 5; ++i) {
    const auto start = Clock::now();
    work();
    goes.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  std::nth_element(goes.begin(), goes.begin() + 2, goes.end());
  return goes[2];
}

void train_on(Pass& pass, const Scale& scale, int64_t sequences) {
  const at::Tensor tokens = pass.token_room(sequences, scale.context + 1);
  for (int64_t i = 0; i < tokens.numel(); ++i) tokens.data_ptr<int64_t>()[i] = i * 7919 % scale.vocabulary;
  pass.run(tokens, 1.0 / static_cast<double>(tokens.numel()), false);
  pass.take_loss();
}

/// GB/s of a reduction among the ranks there are: bytes that leave a rank over seconds.
double measure_exchange(const Communicator& communicator, c10::Device device) {
  const int64_t part = Partition::kBucketElements / communicator.size();
  const auto options = at::TensorOptions(at::kFloat).device(device);
  const at::Tensor values = at::zeros({part * communicator.size()}, options), mine = at::zeros({part}, options);
  const double seconds = seconds_of([&] {
    Request request = communicator.start_sum_scatter(values.const_data_ptr<float>(), mine.data_ptr<float>(), part);
    communicator.wait(request);
  });
  return 4e-9 * static_cast<double>(part) * (communicator.size() - 1) / seconds;
}

PlanRow row_of(const Plan& plan, const Scale& scale, const PretrainSettings& settings, int ranks, int threads,
               int64_t micro_batch, double memory_gb) {
  const int64_t sequences = scale.batch_tokens / scale.context;
  const int64_t mine = (sequences + ranks - 1) / ranks, micro = std::min(micro_batch, mine);
  const double goes = std::ceil(static_cast<double>(mine) / static_cast<double>(micro));
  const double a_go = plan.overhead_seconds + plan.sequence_seconds * static_cast<double>(micro);
  const double bytes = 4.0 * static_cast<double>(plan.parameters);
  const double exchange = bytes * (ranks - 1) / ranks / (1e9 * plan.exchange_gbs);
  PlanRow row{ranks};
  row.step_seconds = goes * plan.overhead_seconds + plan.sequence_seconds * static_cast<double>(mine) +
                     plan.update_seconds / ranks + exchange + std::max(0.0, exchange - kHidden * a_go);
  row.tokens_per_second = static_cast<double>(scale.batch_tokens) / row.step_seconds;
  const double steps = static_cast<double>(scale.steps());
  const double scored = static_cast<double>(slice_tokens(scale)) *
                        (steps / static_cast<double>(std::max<int64_t>(1, settings.validate_steps)) + 1);
  const double token_seconds = plan.sequence_seconds / static_cast<double>(scale.context);
  row.hours = (steps * row.step_seconds + kScoringShare * token_seconds * scored / ranks) / 3600;
  row.core_hours = row.hours * ranks * threads;
  row.memory_gb = memory_gb - 1e-9 * 2 * bytes * (1 - 1.0 / ranks);
  return row;
}

/// Seconds of a sequence, of what a micro-batch takes whatever its size, and of an update, on this machine.
void measure_steps(Plan& plan, LanguageModel& model, const Scale& scale, const PretrainSettings& settings,
                   Accelerator* accelerator, int64_t micro_batch) {
  Optimizer optimizer(model.parameters(), scale);
  // One for each shape: what is recorded is of one.
  Pass single(model, optimizer, accelerator, settings.device_graph),
      whole(model, optimizer, accelerator, settings.device_graph);
  if (!accelerator && settings.gemm == "probe")
    probe_gemm([&] { train_on(whole, scale, micro_batch); });
  else if (!accelerator)
    use_gemm(parse_gemm(settings.gemm));
  for (int i = 0; accelerator && i < 5; ++i) train_on(single, scale, 1), train_on(whole, scale, micro_batch);
  const double one = seconds_of([&] { train_on(single, scale, 1); });
  const double many = micro_batch == 1 ? one : seconds_of([&] { train_on(whole, scale, micro_batch); });
  plan.sequence_seconds = micro_batch == 1 ? one : (many - one) / static_cast<double>(micro_batch - 1);
  plan.overhead_seconds = std::max(0.0, many - plan.sequence_seconds * static_cast<double>(micro_batch));
  plan.update_seconds = seconds_of([&] {
    optimizer.update(0, 0);
    optimizer.publish();
    optimizer.zero_gradients();
    if (accelerator) accelerator->synchronize();
  });
}

}  // namespace

Plan plan_run(const PretrainRequest& request, const Communicator& communicator, double assumed_gbs) {
  const Scale& scale = request.experiment.scale(request.run.scale);
  const Trainable trainable = read_trainable(request.experiment, request.design, request.run.scale);
  Accelerator* accelerator = settle_device(request.settings, communicator);
  int64_t micro_batch = request.settings.micro_batch > 0 ? request.settings.micro_batch : default_micro_batch(scale, 1);
  const int threads = useful_threads(
      request.threads, 3 * trainable.fit.flops_per_token * static_cast<double>(micro_batch * scale.context));
  at::set_num_threads(threads);
  const auto model = build_model(request.experiment, trainable, scale, request.run.seed,
                                 parse_precision(request.settings.precision, accelerator != nullptr));
  const c10::Device device = accelerator ? accelerator->device() : c10::Device(c10::kCPU);
  model->to_device(device, accelerator);
  if (accelerator && request.settings.micro_batch <= 0)
    micro_batch = device_micro_batch(*model, *accelerator, scale, most_micro_batch(scale, 1));
  Plan plan;
  plan.parameters = trainable.fit.parameters;
  measure_steps(plan, *model, scale, request.settings, accelerator, micro_batch);
  plan.measured_exchange = communicator.size() > 1;
  plan.exchange_gbs = plan.measured_exchange ? measure_exchange(communicator, device) : assumed_gbs;
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  const double memory_gb = accelerator ? 1e-9 * static_cast<double>(accelerator->take_peak_bytes())
                                       : static_cast<double>(usage.ru_maxrss) * 1024e-9;
  const int64_t weights = 4 * plan.parameters, checkpoints = request.settings.keep_checkpoints + 1;
  plan.bytes =
      weights * (3 * checkpoints + 1) + static_cast<int64_t>(kLogBytesAStep * static_cast<double>(scale.steps()));
  for (int ranks = 1; ranks <= kMostRanks && ranks <= scale.batch_tokens / scale.context; ranks *= 2)
    plan.rows.push_back(row_of(plan, scale, request.settings, ranks, threads, micro_batch, memory_gb));
  plan.files = 6 + checkpoints * (2 + plan.rows.back().ranks);  // a directory, its manifest and a shard a rank
  return plan;
}

}  // namespace gradus

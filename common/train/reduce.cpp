#include "train/reduce.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>

#include "base/error.h"

namespace gradus {

class Reducer::Hook final : public torch::autograd::PostAccumulateGradHook {
 public:
  Hook(Reducer& reducer, size_t parameter) : reducer_(reducer), parameter_(parameter) {}
  void operator()(const torch::autograd::Variable&) override { reducer_.arrived(parameter_); }

 private:
  Reducer& reducer_;
  size_t parameter_;
};

Reducer::Reducer(Optimizer& optimizer, const Communicator& communicator)
    : optimizer_(optimizer), communicator_(communicator) {
  if (communicator_.size() == 1) return;
  const Partition& partition = optimizer_.partition();
  const auto& parameters = optimizer_.parameters();
  buckets_of_.resize(parameters.size());
  arrivals_.resize(parameters.size());
  for (const auto& bucket : partition.buckets())
    sums_.push_back(at::empty({bucket.part}, optimizer_.gradients().options()));
  for (size_t i = 0; i < parameters.size(); ++i) {
    const int64_t begin = optimizer_.offset(i), end = begin + parameters[i].tensor.numel();
    for (size_t b = partition.bucket_of(begin); b <= partition.bucket_of(end - 1); ++b) buckets_of_[i].push_back(b);
    torch::autograd::impl::set_post_acc_grad_hooks(parameters[i].tensor, std::make_unique<Hook>(*this, i));
  }
}

Reducer::~Reducer() {
  if (communicator_.size() == 1) return;
  for (const auto& p : optimizer_.parameters()) torch::autograd::impl::set_post_acc_grad_hooks(p.tensor, nullptr);
}

void Reducer::listen() {
  if (communicator_.size() == 1) return;
  std::fill(arrivals_.begin(), arrivals_.end(), 0);
  missing_.assign(sums_.size(), 0);
  for (const auto& buckets : buckets_of_)
    for (size_t b : buckets) ++missing_[b];
  requests_.clear();
  requests_.resize(sums_.size());
  n_started_ = 0;
  listening_ = true;
}

void Reducer::arrived(size_t parameter) {
  if (!listening_) return;
  if (++arrivals_[parameter] > 1) {
    if (!watched_) return;
    if (may_overlap_)
      throw Error("the gradient of '" + optimizer_.parameters()[parameter].name +
                  "' came in one part at the first step and in several now: such a design trains on one rank only");
    return;
  }
  for (size_t b : buckets_of_[parameter]) --missing_[b];
  if (!may_overlap_) return;
  optimizer_.collect_gradient(parameter);
  start_complete_buckets();
}

void Reducer::start_complete_buckets() {
  while (n_started_ < sums_.size() && missing_[sums_.size() - 1 - n_started_] == 0)
    start(sums_.size() - 1 - n_started_);
  for (Request& request : requests_) communicator_.progress(request);
}

void Reducer::start(size_t bucket) {
  const auto& b = optimizer_.partition().buckets()[bucket];
  requests_[bucket] = communicator_.start_sum_scatter(optimizer_.gradients().data_ptr<float>() + b.begin,
                                                      sums_[bucket].data_ptr<float>(), b.part);
  ++n_started_;
}

void Reducer::finish() {
  if (communicator_.size() == 1) return;
  listening_ = false;
  optimizer_.collect_gradients();
  n_early_ = static_cast<int64_t>(n_started_);
  while (n_started_ < sums_.size()) start(sums_.size() - 1 - n_started_);
  const at::NoGradGuard no_grad;
  for (size_t i = sums_.size(); i-- > 0;) {
    communicator_.wait(requests_[i]);
    const auto& b = optimizer_.partition().buckets()[i];
    optimizer_.gradients().narrow(0, b.begin + communicator_.rank() * b.part, b.part).copy_(sums_[i]);
  }
  if (!watched_) {
    const bool once = std::all_of(arrivals_.begin(), arrivals_.end(), [](int n) { return n <= 1; });
    may_overlap_ = !communicator_.any(!once);
    watched_ = true;
  }
}

void Reducer::share_weights() {
  if (communicator_.size() == 1) return;
  float* weights = optimizer_.weights().data_ptr<float>();
  std::vector<Request> requests;
  for (const auto& b : optimizer_.partition().buckets())
    requests.push_back(communicator_.start_gather(weights + b.begin, b.part));
  for (Request& request : requests) communicator_.wait(request);
}

}  // namespace gradus

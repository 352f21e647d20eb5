#include "check/gradient.h"

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "check/perturb.h"

namespace gradus {

at::Tensor random_token_loss(LanguageModel& model, const at::Tensor& tokens) {
  int64_t length = tokens.size(1) - 1;
  auto scores = logits(model, tokens.narrow(1, 0, length));
  return at::cross_entropy_loss(scores.flatten(0, 1), tokens.narrow(1, 1, length).flatten());
}

GradientResult measure_gradients(LanguageModel& model, int64_t vocabulary, int64_t length, uint64_t key) {
  constexpr int kBatches = 3;
  GradientResult result;
  std::map<std::string, double> largest_rms;
  for (int batch = 0; batch < kBatches; ++batch) {
    auto loss = random_token_loss(model, random_tokens(2, length + 1, vocabulary, key + batch));
    if (batch == 0) result.loss = loss.item<double>();
    loss.backward();
    for (const auto& parameter : model.parameters()) {
      at::Tensor p = parameter.tensor;
      double rms = 0;
      if (p.grad().defined()) {
        if (!at::isfinite(p.grad()).all().item<bool>())
          rms = std::numeric_limits<double>::infinity();
        else
          rms = std::sqrt(p.grad().to(at::kDouble).pow(2).mean().item<double>());
        p.mutable_grad().reset();
      }
      auto& known = largest_rms[parameter.name];
      known = std::max(known, rms);
    }
  }
  result.smallest = std::numeric_limits<double>::infinity();
  for (const auto& [name, rms] : largest_rms) {
    if (std::isinf(rms))
      result.not_finite.push_back(name);
    else if (rms == 0)
      result.dead.push_back(name);
    else
      result.smallest = std::min(result.smallest, rms), result.largest = std::max(result.largest, rms);
  }
  return result;
}

}  // namespace gradus

/// Cross-entropy over the tied head without the (tokens × vocabulary) logits: rows in chunks, the gradients made in the
/// same pass, as in Liger-Kernel (Hsu et al. 2024, arXiv:2410.10989).
/// L = Σ_n logsumexp(z_n) − z_n[t_n],  z = h Wᵀ;  dL/dz = softmax(z) − onehot(t);  dL/dh = dL/dz W;  dL/dW = dL/dzᵀ h.
/// The logits of a chunk become exp(z − max z) where they are; the softmax's division and the onehot are left to the
/// small products: dL/dh = (E W) / Σ − W[t], dL/dW = Eᵀ (h / Σ) − onehotᵀ h. So a chunk is read twice and written once.
#pragma once

#include <ATen/core/Tensor.h>

#include "design/model.h"
#include "train/accelerator.h"

namespace gradus {

struct HeadLoss {
  double loss = 0;             // summed over the rows, nats
  at::Tensor hidden_gradient;  // (N, D): of scale × loss
};

/// hidden (N, D) and weight (V, D) float32, or both bfloat16: then the products are, and what comes between them is
/// float32. targets (N) int64; weight_gradient (V, D) += the gradient of scale × loss.
HeadLoss head_loss(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets, double scale,
                   const at::Tensor& weight_gradient);

/// A model's forward and backward: tokens (B, T), targets (B T). The gradients of scale × loss are added, the head's as
/// an output layer to head_gradient (V, D), the others' where autograd puts them. Returns the loss, summed, nats.
double backpropagate(LanguageModel& model, const at::Tensor& tokens, const at::Tensor& targets, double scale,
                     const at::Tensor& head_gradient);

/// The same on an accelerator, where the block of logits becomes its own gradient in place and nothing waits for the
/// host: the loss is added to loss_sum (float64, no dimension).
void backpropagate_on(Accelerator& accelerator, LanguageModel& model, const at::Tensor& tokens,
                      const at::Tensor& targets, double scale, const at::Tensor& head_gradient,
                      const at::Tensor& loss_sum);
/// Logits in that block, at most.
constexpr int64_t kHeadElements = int64_t{1} << 29;

/// Loss of each row, float64 (N), no gradients.
at::Tensor row_losses(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets);

}  // namespace gradus

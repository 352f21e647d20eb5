// What tests/peer/export_peer.py compares with stock PyTorch.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>

#include <string>
#include <vector>

#include "base/rng.h"
#include "design/fit.h"
#include "design/hub.h"
#include "design/safetensors.h"

namespace gradus {

inline at::Tensor draw_tokens(const Shape& shape, int64_t B, const char* name) {
  Stream stream(name, {});
  std::vector<int64_t> tokens(static_cast<size_t>(B * shape.context));
  for (int64_t& t : tokens) t = static_cast<int64_t>(stream.next_below(static_cast<uint64_t>(shape.vocabulary)));
  return at::tensor(tokens, at::kLong).view({B, shape.context});
}

/// DIR/NAME.py, its weights, the same as a folder DIR/NAME for transformers, and what our interpreter makes of them:
/// logits, loss, gradients.
inline void write_peer(const Path& directory, const std::string& name, const Design& design, const UnitStore& units,
                       const Shape& shape, double multiplier) {
  DesignModel model(design, units, shape, multiplier, {});
  const at::Tensor tokens = draw_tokens(shape, 2, "peer tokens"), targets = draw_tokens(shape, 2, "peer targets");
  const at::Tensor out = logits(model, tokens);
  const at::Tensor loss = at::cross_entropy_loss(out.reshape({-1, shape.vocabulary}), targets.reshape({-1}));
  loss.backward();
  NamedTensors weights,
      expected = {{"tokens", tokens}, {"targets", targets}, {"logits", out.detach()}, {"loss", loss.detach()}};
  for (const ModelParameter& p : model.parameters()) {
    weights.emplace_back(p.name, p.tensor.detach());
    expected.emplace_back("gradient." + p.name, p.tensor.grad());
  }
  write_file(directory / (name + ".py"), export_pytorch(design, units, shape, multiplier, name));
  write_safetensors(directory / (name + ".safetensors"), weights);
  write_hub_folder(directory / name, design, units, {name, shape, multiplier, 0, "", false, {}}, weights);
  write_safetensors(directory / (name + ".expected.safetensors"), expected);
}

}  // namespace gradus

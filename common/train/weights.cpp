#include "train/weights.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>

#include "base/error.h"
#include "base/hash.h"

namespace gradus {
namespace {

std::string shape_text(at::IntArrayRef shape) {
  std::string out;
  for (int64_t n : shape) out += (out.empty() ? "" : " x ") + std::to_string(n);
  return out.empty() ? "scalar" : out;
}

at::Tensor plain(const at::Tensor& t) { return t.detach().to(at::kFloat).cpu().contiguous(); }

uint64_t tensor_checksum(const at::Tensor& contiguous, uint64_t seed = 0) {
  return checksum64(contiguous.data_ptr<float>(), static_cast<size_t>(contiguous.numel()) * sizeof(float), seed);
}

}  // namespace

std::string weights_hash(LanguageModel& model) {
  const at::NoGradGuard no_grad;
  uint64_t hash = 0;
  const auto add = [&](const std::vector<ModelParameter>& tensors) {
    for (const auto& p : tensors)
      hash = tensor_checksum(plain(p.tensor), checksum64(p.name + " " + shape_text(p.tensor.sizes()), hash));
  };
  add(model.parameters());
  add(model.buffers());
  return hex16(hash);
}

void write_tensors(Hdf5File& file, const std::string& group, const std::vector<ModelParameter>& tensors) {
  for (const auto& p : tensors) {
    const at::Tensor t = plain(p.tensor);
    const std::string name = group + "/" + p.name;
    std::vector<uint64_t> shape(t.sizes().begin(), t.sizes().end());
    if (shape.empty()) shape.push_back(1);
    file.write_raw(name, Hdf5Type::kFloat, t.data_ptr<float>(), shape, {"1", shape_text(t.sizes())});
    file.set(name, "checksum", hex16(tensor_checksum(t)));
  }
}

void read_tensors(const Hdf5File& file, const Path& path, const std::string& group,
                  const std::vector<ModelParameter>& tensors) {
  const at::NoGradGuard no_grad;
  for (const auto& p : tensors) {
    const std::string name = group + "/" + p.name;
    const auto refuse = [&](const std::string& why) {
      throw Error("cannot use '" + path.string() + "': '" + name + "' " + why);
    };
    auto values = file.read<float>(name);
    if (static_cast<int64_t>(values.size()) != p.tensor.numel())
      refuse("has " + std::to_string(values.size()) + " values, the model's is " + shape_text(p.tensor.sizes()));
    const at::Tensor t = at::from_blob(values.data(), p.tensor.sizes(), at::kFloat);
    if (hex16(tensor_checksum(t)) != file.text(name, "checksum")) refuse("does not match its checksum");
    at::Tensor place = p.tensor.detach();
    place.copy_(t);
  }
}

void save_weights(const Path& path, LanguageModel& model, const std::string& design_id, int64_t step) {
  write_hdf5(path, [&](Hdf5File& file) {
    write_tensors(file, "/model", model.parameters());
    write_tensors(file, "/buffers", model.buffers());
    file.set("/", "weights_hash", weights_hash(model));
    file.set("/", "design_id", design_id);
    file.set("/", "step", step);
  });
}

void load_weights(const Path& path, LanguageModel& model, const std::string& hash) {
  const Hdf5File file = Hdf5File::open(path);
  read_tensors(file, path, "/model", model.parameters());
  read_tensors(file, path, "/buffers", model.buffers());
  const std::string found = weights_hash(model);
  if (found != file.text("/", "weights_hash") || (!hash.empty() && found != hash))
    throw Error("cannot use '" + path.string() + "': its weights have hash " + found + ", recorded is " +
                (hash.empty() ? file.text("/", "weights_hash") : hash));
}

}  // namespace gradus

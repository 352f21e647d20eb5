#include "unit/tensor/counts.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/function_schema.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

namespace gradus {

namespace {

using Tensors = std::vector<at::Tensor>;

Tensors tensors_in(const std::vector<c10::IValue>& values) {
  Tensors all;
  for (const auto& v : values) {
    if (v.isTensor() && v.toTensor().defined()) all.push_back(v.toTensor());
    if (v.isTensorList())
      for (const at::Tensor& t : v.toTensorVector()) all.push_back(t);
  }
  return all;
}

double elements(const at::Tensor& t) { return static_cast<double>(t.numel()); }
const at::Tensor& input(const OperatorCall& c, size_t i) { return c.inputs.at(i).toTensor(); }
double log2_at_least_1(double n) { return std::max(1.0, std::log2(n)); }

/// 2 · (elements of the result) · (length of the contracted axis, the last of the first operand).
double contraction(const at::Tensor& out, const at::Tensor& left) {
  return 2 * elements(out) * static_cast<double>(left.dim() ? left.size(-1) : 1);
}

/// The product of all index sizes of two operands, pairwise from the left where there are more.
double einsum_flops(const OperatorCall& c) {
  std::string equation = c.inputs[0].toStringRef();
  std::erase(equation, ' ');
  Tensors operands = c.inputs[1].toTensorVector();
  std::unordered_map<char, double> size;
  std::vector<std::string> terms{""};
  size_t arrow = equation.find("->");
  for (char ch : equation.substr(0, arrow)) ch == ',' ? void(terms.emplace_back()) : void(terms.back() += ch);
  double batch = 1;
  for (size_t i = 0; i < terms.size() && i < operands.size(); ++i) {
    size_t dots = terms[i].find("..."), named = terms[i].size() - (dots == std::string::npos ? 0 : 3);
    size_t skipped = static_cast<size_t>(operands[i].dim()) - named, d = 0;
    double covered = 1;
    for (size_t k = 0; k < terms[i].size(); ++k) {
      if (terms[i][k] == '.') {
        for (size_t s = 0; s < skipped; ++s)
          covered *= static_cast<double>(operands[i].size(static_cast<int64_t>(d++)));
        k += 2;
        continue;
      }
      double n = static_cast<double>(operands[i].size(static_cast<int64_t>(d++)));
      size[terms[i][k]] = std::max(size[terms[i][k]], n);
    }
    batch = std::max(batch, covered);
  }
  std::string result = arrow == std::string::npos ? "" : equation.substr(arrow + 2), seen = terms[0];
  double flops = 0;
  for (size_t i = 1; i < terms.size() || i == 1; ++i) {
    std::string next = i < terms.size() ? terms[i] : "";
    std::unordered_set<char> all(seen.begin(), seen.end());
    all.insert(next.begin(), next.end());
    double n = batch;
    for (char ch : all)
      if (ch != '.') n *= size[ch];
    flops += (terms.size() > 1 ? 2 : 1) * n;
    std::string later = result;
    for (size_t k = i + 1; k < terms.size(); ++k) later += terms[k];
    seen.clear();
    for (char ch : all)
      if (later.find(ch) != std::string::npos) seen += ch;
  }
  return flops;
}

double convolution_flops(const OperatorCall& c, bool transposed) {
  const at::Tensor& weight = input(c, 1);
  const at::Tensor& counted = transposed ? input(c, 0) : c.outputs[0].toTensor();
  return 2 * elements(counted) * elements(weight) / static_cast<double>(std::max<int64_t>(weight.size(0), 1));
}

/// Scores and mixture, whole also where causal; softmax 5 an element.
double attention_flops(const OperatorCall& c) {
  const at::Tensor &q = input(c, 0), &k = input(c, 1), &v = input(c, 2);
  double scores = elements(q) / static_cast<double>(q.size(-1)) * static_cast<double>(k.size(-2));
  return scores * (2 * static_cast<double>(q.size(-1)) + 2 * static_cast<double>(v.size(-1)) + 5);
}

double rnn_flops(const OperatorCall& c) {
  double weights = 0;
  for (const auto& v : c.inputs)
    if (v.isTensorList() && v.toTensorVector().size() >= 2)
      for (const at::Tensor& t : v.toTensorVector())
        if (t.dim() == 2) weights += elements(t);
  const at::Tensor& x = input(c, 0);
  return 2 * weights * elements(x) / static_cast<double>(x.size(-1));
}

const std::unordered_map<std::string_view, double>& per_element() {
  static const std::unordered_map<std::string_view, double> costs = {{"softmax", 5},
                                                                     {"log_softmax", 5},
                                                                     {"layer_norm", 8},
                                                                     {"rms_norm", 8},
                                                                     {"group_norm", 8},
                                                                     {"batch_norm", 8},
                                                                     {"instance_norm", 8},
                                                                     {"cross_entropy_loss", 5},
                                                                     {"logsumexp", 5},
                                                                     {"logcumsumexp", 5},
                                                                     {"cosine_similarity", 6},
                                                                     {"var", 4},
                                                                     {"std", 4},
                                                                     {"linalg_vector_norm", 2},
                                                                     {"addcmul", 2},
                                                                     {"addcdiv", 2},
                                                                     {"lerp", 3},
                                                                     {"glu", 2}};
  return costs;
}

bool is_free(std::string_view name) {
  static const std::unordered_set<std::string_view> names = {"cat",
                                                             "concat",
                                                             "stack",
                                                             "clone",
                                                             "copy_",
                                                             "to",
                                                             "contiguous",
                                                             "reshape",
                                                             "flatten",
                                                             "index",
                                                             "index_select",
                                                             "gather",
                                                             "embedding",
                                                             "index_put_",
                                                             "index_put",
                                                             "scatter",
                                                             "scatter_",
                                                             "masked_select",
                                                             "roll",
                                                             "flip",
                                                             "repeat",
                                                             "tile",
                                                             "repeat_interleave",
                                                             "pad",
                                                             "constant_pad_nd",
                                                             "zeros",
                                                             "ones",
                                                             "full",
                                                             "empty",
                                                             "zeros_like",
                                                             "ones_like",
                                                             "full_like",
                                                             "empty_like",
                                                             "new_zeros",
                                                             "new_ones",
                                                             "new_full",
                                                             "new_empty",
                                                             "arange",
                                                             "eye",
                                                             "tril",
                                                             "triu",
                                                             "fill_",
                                                             "zero_",
                                                             "one_hot",
                                                             "nonzero",
                                                             "where",
                                                             "masked_fill",
                                                             "masked_fill_",
                                                             "broadcast_tensors",
                                                             "meshgrid",
                                                             "item",
                                                             "numel"};
  return names.contains(name);
}

double reduction_size(const Tensors& in, const Tensors& out) {
  double n = 0;
  for (const auto& t : in) n = std::max(n, elements(t));
  for (const auto& t : out) n = std::max(n, elements(t));
  return n;
}

double flops_of(const OperatorCall& c, std::string_view name, const Tensors& in, const Tensors& out) {
  if (in.empty() && out.empty()) return 0;
  if (name == "matmul" || name == "mm" || name == "bmm" || name == "mv" || name == "dot" || name == "inner" ||
      name == "linalg_matmul")
    return contraction(out[0], in[0]);
  if (name == "linear") return contraction(out[0], in[0]) + (in.size() > 2 ? elements(out[0]) : 0);
  if (name == "addmm" || name == "baddbmm" || name == "addmv" || name == "addbmm")
    return contraction(out[0], in[1]) + elements(out[0]);
  if (name == "outer" || name == "ger" || name == "kron") return elements(out[0]);
  if (name == "einsum") return einsum_flops(c);
  if (name == "tensordot") return 2 * std::sqrt(elements(in[0]) * elements(in[1]) * elements(out[0]));
  if (name == "bilinear") return 2 * elements(in[2]) * elements(out[0]) / static_cast<double>(in[2].size(0));
  if (name == "scaled_dot_product_attention") return attention_flops(c);
  if (name == "gru" || name == "lstm" || name == "rnn_tanh" || name == "rnn_relu") return rnn_flops(c);
  if (name.starts_with("conv_transpose")) return convolution_flops(c, true);
  if (name.starts_with("conv") && name.size() > 4 && std::isdigit(static_cast<unsigned char>(name[4])))
    return convolution_flops(c, false);
  double size = reduction_size(in, out);
  if (name.starts_with("fft_") && !name.ends_with("freq") && !name.ends_with("shift")) {
    double n = static_cast<double>(std::max(in[0].dim() ? in[0].size(-1) : 1, out[0].dim() ? out[0].size(-1) : 1));
    return (name.find("rfft") != std::string_view::npos ? 2.5 : 5) * size * log2_at_least_1(n);
  }
  if (name == "sort" || name == "argsort" || name == "topk" || name == "unique") return size * log2_at_least_1(size);
  if (is_free(name)) return 0;
  auto found = per_element().find(name);
  return (found == per_element().end() ? 1 : found->second) * size;
}

bool shares_storage(const Tensors& in, const at::Tensor& out) {
  if (!out.has_storage()) return false;
  return std::any_of(in.begin(), in.end(), [&](const at::Tensor& t) {
    return t.has_storage() && t.storage().unsafeGetStorageImpl() == out.storage().unsafeGetStorageImpl();
  });
}

}  // namespace

Cost cost_of(const OperatorCall& c) {
  const auto& schema = c.op.schema();
  std::string_view name = schema.name();
  name.remove_prefix(6);  // aten::
  Tensors in = tensors_in(c.inputs), out = tensors_in(c.outputs);
  Cost cost;
  cost.calls = 1;
  bool writes = std::any_of(schema.arguments().begin(), schema.arguments().end(),
                            [](const auto& a) { return a.alias_info() && a.alias_info()->isWrite(); });
  bool view = !out.empty() && !writes &&
              std::all_of(out.begin(), out.end(), [&](const at::Tensor& t) { return shares_storage(in, t); });
  if (view) return cost;
  if (name.ends_with("_") && !is_free(name)) name.remove_suffix(1);
  cost.flops = flops_of(c, name, in, out);
  for (const auto& t : in) cost.bytes += static_cast<double>(t.nbytes());
  for (const auto& t : out) {
    cost.bytes += static_cast<double>(t.nbytes());
    if (!writes) cost.output_bytes += static_cast<double>(t.nbytes());
  }
  return cost;
}

void Cost::add(const Cost& c) {
  flops += c.flops, bytes += c.bytes, output_bytes += c.output_bytes, calls += c.calls;
  peak_bytes = std::max(peak_bytes, c.peak_bytes);
}

// One span of memory is open at any time above those of the modules: from the last operator to the next.
Counter::Counter(Interpreter& in) : interpreter_(in) {
  memory_.open();
  set_observer(in, [this](const OperatorCall& call) {
    Cost c = cost_of(call);
    c.peak_bytes = memory_.close();
    memory_.open();
    by_operator_[call.op.schema().name().substr(6)].add(c);
    c.peak_bytes = 0;
    total_.add(c);
    std::unordered_set<std::string_view> counted;
    for (const auto& path : open_)
      if (counted.insert(path).second) by_module_[path].add(c);
  });
  set_module_observer(in, [this](const ModuleCall& call) {
    memory_.close();
    if (!call.enter) {
      Cost& cost = by_module_[open_.back()];
      cost.peak_bytes = std::max(cost.peak_bytes, memory_.close());
      open_.pop_back();
      return memory_.open();
    }
    std::string name = interpreter_.type_name(call.module);
    open_.push_back(open_.empty() ? name : open_.back() + "/" + name);
    by_module_[open_.back()];
    memory_.open();
    memory_.open();
  });
}

Counter::~Counter() {
  set_observer(interpreter_, {});
  set_module_observer(interpreter_, {});
}

}  // namespace gradus

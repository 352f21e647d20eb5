// Functions of torch whose Python signature is not their operator's schema.
#include "unit/tensor/functions.h"

#include <array>

#include "unit/tensor/convert.h"
#include "unit/tensor/fast.h"
#include "unit/tensor/index.h"
#include "unit/tensor/operators.h"
#include "unit/tensor/result.h"
#include "unit/tensor/tensor_class.h"
#include "unit/tensor/types.h"

namespace gradus {

namespace {

Value call_values(Interpreter& in, const std::string& name, std::vector<Value> values) {
  return call_bound(in, bound_operator(in, name), Arguments{values, {}});
}

/// f(*tensors) and f([tensors]) alike.
Value tensors_argument(Interpreter& in, const Arguments& a, size_t from) {
  if (a.positional.size() == from + 1 && items_of(a.positional[from])) return a.positional[from];
  std::vector<Value> items(a.positional.begin() + static_cast<int64_t>(std::min(from, a.positional.size())),
                           a.positional.end());
  for (const Value& v : items)
    if (!is_tensor(v))
      in.raise("TypeError",
               "expected Tensor as element " + std::to_string(&v - items.data()) + ", but got " + in.type_name(v));
  return make_tuple(std::move(items));
}

Value einsum(Interpreter& in, const Arguments& a) {
  if (a.positional.empty() || !a.positional[0].is(Kind::kStr))
    in.raise("TypeError", "einsum(): the equation must be a str, operands follow it");
  return call_values(in, "einsum", {a.positional[0], tensors_argument(in, a, 1)});
}

NativeFunction of_tensors(const char* op, bool one_alone = false) {
  return [op, one_alone](Interpreter& in, const Arguments& a) {
    if (one_alone && a.positional.size() == 1 && is_tensor(a.positional[0]))
      return call_values(in, op, {a.positional[0]});
    return call_values(in, op, {tensors_argument(in, a, 0)});
  };
}

Value meshgrid(Interpreter& in, const Arguments& a) {
  std::string indexing = "ij";
  for (const auto& [name, v] : a.keywords)
    if (name->text == "indexing" && v.is(Kind::kStr)) indexing = v.as<Str>().text;
  return call_named(in, "meshgrid", {tensors_argument(in, a, 0)}, {{"indexing", in.make_str(indexing)}});
}

Value tensordot(Interpreter& in, const Arguments& a) {
  static const Signature signature("tensordot", "a, b, dims=2, out=None");
  auto v = signature.bind(in, a);
  std::vector<int64_t> left, right;
  if (const auto* items = items_of(v[2]); items && items->size() == 2) {
    left = to_ints(in, (*items)[0]);
    right = to_ints(in, (*items)[1]);
  } else {
    int64_t n = to_int(in, v[2]), d = to_tensor(v[0]).dim();
    if (n < 0 || n > d || n > to_tensor(v[1]).dim())
      in.raise("RuntimeError", "tensordot expects dims >= 0 and <= both dimensions, but got dims=" + std::to_string(n));
    for (int64_t i = 0; i < n; ++i) left.push_back(d - n + i), right.push_back(i);
  }
  return call_values(in, "tensordot", {v[0], v[1], make_size(left), make_size(right)});
}

/// An array of the prelude's numpy is the tensor it holds.
Value unwrapped(Interpreter& in, const Value& v) {
  if (!v.is(Kind::kInstance)) return v;
  const Value held = in.find_attribute(v, in.intern("__torch_tensor__"));
  return held.defined() && is_tensor(held) ? held : v;
}

Value make_tensor(Interpreter& in, const Arguments& a) {
  static const Signature signature("tensor", "data, dtype=None, device=None, requires_grad=False, pin_memory=False");
  auto v = signature.bind(in, a);
  check_device(in, v[2]);
  std::optional<at::ScalarType> type;
  if (!v[1].is_none()) type = to_dtype(in, v[1]);
  return guarded(in, [&] {
    at::Tensor t = tensor_from_data(in, unwrapped(in, v[0]), type);
    if (in.truth(v[3])) t.set_requires_grad(true);
    return from_tensor(t);
  });
}

Value as_tensor(Interpreter& in, const Arguments& a) {
  static const Signature signature("as_tensor", "data, dtype=None, device=None");
  auto v = signature.bind(in, a);
  check_device(in, v[2]);
  if (is_tensor(v[0])) {
    if (v[1].is_none()) return v[0];
    return tensor_to(in, Arguments{std::array<Value, 2>{v[0], v[1]}, {}});
  }
  return make_tensor(in, Arguments{std::array<Value, 2>{v[0], v[1]}, {}});
}

/// ATen's kernel trusts the labels: one out of range is read, and in backward written, beyond log_probs.
void check_labels(Interpreter& in, const at::Tensor& log_probs, const at::Tensor& targets,
                  const Value& target_lengths) {
  if (log_probs.dim() == 0) in.raise("RuntimeError", "log_probs needs a dimension for the labels");
  if (!at::isIntegralType(targets.scalar_type(), false)) in.raise("RuntimeError", "targets must be integral");
  const int64_t n_labels = log_probs.size(-1), width = targets.dim() == 2 ? targets.size(1) : targets.numel();
  const at::Tensor labels = targets.to(at::kLong).contiguous();
  std::vector<int64_t> lengths;  // of the rows: what is behind them is not looked at
  if (targets.dim() == 2 && is_tensor(target_lengths)) {
    const at::Tensor given = to_tensor(target_lengths).to(at::kLong).contiguous();
    lengths.assign(given.const_data_ptr<int64_t>(), given.const_data_ptr<int64_t>() + given.numel());
  } else if (targets.dim() == 2) {
    lengths = to_ints(in, target_lengths);
  }
  for (int64_t i = 0; i < labels.numel(); ++i) {
    const auto row = static_cast<size_t>(i / width);
    if (row < lengths.size() && i % width >= lengths[row]) continue;
    const int64_t label = labels.const_data_ptr<int64_t>()[i];
    if (label < 0 || label >= n_labels)
      in.raise("IndexError", "Target " + std::to_string(label) + " is out of bounds.");
  }
}

Value ctc_loss(Interpreter& in, const Arguments& a) {
  static const Signature signature(
      "ctc_loss", "log_probs, targets, input_lengths, target_lengths, blank=0, reduction=1, zero_infinity=False");
  auto v = signature.bind(in, a);
  if (is_tensor(v[0]) && is_tensor(v[1]))
    guarded(in, [&] {
      check_labels(in, to_tensor(v[0]), to_tensor(v[1]), v[3]);
      return Value();
    });
  return call_values(in, "ctc_loss", {v[0], v[1], v[2], v[3], v[4], v[5], v[6]});
}

void add_plain(Interpreter& in, ModuleObject& m, std::string_view public_name, const std::string& op) {
  BoundOperator* b = &bound_operator(in, op);
  set_function(in, m, public_name, [b](Interpreter& i, const Arguments& a) { return call_bound(i, *b, a); });
}

}  // namespace

Value tensor_split(Interpreter& in, const Arguments& a) {
  static const Signature signature("split", "tensor, split_size, dim=0"),
      sized("split", "tensor, split_size_or_sections, dim=0");
  bool by_name = false;
  for (const auto& k : a.keywords) by_name |= k.first->text == "split_size_or_sections";
  auto v = by_name ? sized.bind(in, a) : signature.bind(in, a);
  if (items_of(v[1])) return call_values(in, "split_with_sizes", {v[0], v[1], v[2]});
  return call_values(in, "split", {v[0], v[1], v[2]});
}

Value tensor_norm(Interpreter& in, const Arguments& a) {
  static const Signature signature("norm", "input, p='fro', dim=None, keepdim=False, out=None, dtype=None");
  auto v = signature.bind(in, a);
  if (v[1].is_none() || v[1].is(Kind::kStr)) {
    if (v[1].is(Kind::kStr) && v[1].as<Str>().text == "nuc") return call_named(in, "linalg_matrix_norm", {v[0], v[1]});
    v[1] = Value(2.0);
  }
  return call_named(in, "linalg_vector_norm", {v[0], v[1], v[2], v[3]}, {{"dtype", v[5]}});
}

namespace {

/// (values, inverse, counts) → values, or a tuple with those of the others that were asked for.
Value unique_results(Interpreter& in, const Value& all, const Value& inverse, const Value& counts) {
  const auto& items = all.as<Tuple>().items;
  std::vector<Value> wanted{items[0]};
  if (in.truth(inverse)) wanted.push_back(items[1]);
  if (in.truth(counts)) wanted.push_back(items[2]);
  return wanted.size() == 1 ? wanted[0] : make_tuple(std::move(wanted));
}

}  // namespace

Value tensor_unique(Interpreter& in, const Arguments& a) {
  static const Signature signature("unique", "input, sorted=True, return_inverse=False, return_counts=False, dim=None");
  auto v = signature.bind(in, a);
  Value all = v[4].is_none() ? call_values(in, "_unique2", {v[0], v[1], v[2], v[3]})
                             : call_values(in, "unique_dim", {v[0], v[4], v[1], v[2], v[3]});
  return unique_results(in, all, v[2], v[3]);
}

Value tensor_unique_consecutive(Interpreter& in, const Arguments& a) {
  static const Signature signature("unique_consecutive", "input, return_inverse=False, return_counts=False, dim=None");
  auto v = signature.bind(in, a);
  return unique_results(in, call_values(in, "unique_consecutive", {v[0], v[1], v[2], v[3]}), v[1], v[2]);
}

Value tensor_nonzero(Interpreter& in, const Arguments& a) {
  static const Signature signature("nonzero", "input, as_tuple=False");
  auto v = signature.bind(in, a);
  return call_values(in, in.truth(v[1]) ? "nonzero_numpy" : "nonzero", {v[0]});
}

Value tensor_where_method(Interpreter& in, const Arguments& a) {
  static const Signature signature("where", "self, condition, other");
  auto v = signature.bind(in, a);
  return call_values(in, "where", {v[1], v[0], v[2]});
}

void add_functions(Interpreter& in, ModuleObject& torch) {
  for (auto name : function_names()) add_plain(in, torch, name, std::string(name));
  add_plain(in, torch, "where", "where");
  set_function(in, torch, "split", tensor_split);
  set_function(in, torch, "norm", tensor_norm);
  set_function(in, torch, "unique", tensor_unique);
  set_function(in, torch, "unique_consecutive", tensor_unique_consecutive);
  set_function(in, torch, "nonzero", tensor_nonzero);
  set_function(in, torch, "einsum", einsum);
  set_function(in, torch, "tensordot", tensordot);
  set_function(in, torch, "meshgrid", meshgrid);
  set_function(in, torch, "ctc_loss", ctc_loss);
  set_function(in, torch, "tensor", make_tensor);
  set_function(in, torch, "as_tensor", as_tensor);
  set_function(in, torch, "asarray", as_tensor);
  for (const char* name : {"broadcast_tensors", "block_diag", "cartesian_prod"})
    set_function(in, torch, name, of_tensors(name));
  for (const char* name : {"atleast_1d", "atleast_2d", "atleast_3d"})
    set_function(in, torch, name, of_tensors(name, true));
}

void add_neural(Interpreter& in, ModuleObject& m) {
  for (auto name : neural_names()) add_plain(in, m, name, std::string(name));
}

void add_prefixed(Interpreter& in, ModuleObject& m, std::string_view prefix) {
  for (auto name : prefixed_names())
    if (name.starts_with(prefix)) add_plain(in, m, name.substr(prefix.size()), std::string(name));
  if (prefix == "linalg_") set_name(in, m, "LinAlgError", in.exception_class("RuntimeError"));
}

}  // namespace gradus

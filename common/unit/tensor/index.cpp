#include "unit/tensor/index.h"

#include <ATen/core/List.h>

#include <algorithm>
#include <limits>

#include "unit/tensor/convert.h"
#include "unit/tensor/display.h"
#include "unit/tensor/fast.h"

namespace gradus {

namespace {

/// What a key comes to: the view that ints, slices, None and … make, and the tensors that index it afterwards.
struct Plan {
  at::Tensor view;
  c10::List<std::optional<at::Tensor>> tensors;
  bool advanced = false, changed = false;
};

int64_t slice_bound(Interpreter& in, const Value& v, int64_t otherwise) {
  if (v.is_none()) return otherwise;
  if (v.is_integral() || is_tensor(v)) return to_int(in, v);
  in.raise("TypeError", "slice indices must be integers or None or have an __index__ method");
}

bool is_sequence(const Value& v) { return v.is(Kind::kList) || v.is(Kind::kTuple) || v.is(Kind::kSize); }

/// x[[0, 1]] is an index tensor; x[[0, slice]] and x[[[0], [1]]] count as tuples (treatSequenceAsTuple of PyTorch's
/// python_variable_indexing.cpp).
std::vector<Value> key_items(const Value& key) {
  if (key.is(Kind::kTuple) || key.is(Kind::kSize)) return key.as<Tuple>().items;
  if (key.is(Kind::kList) && key.as<List>().items.size() < 32)
    for (const Value& i : key.as<List>().items)
      if (is_tensor(i) || is_sequence(i) || i.is(Kind::kSlice) || i.is(Kind::kEllipsis) || i.is_none())
        return key.as<List>().items;
  return {key};
}

int64_t consumed_dimensions(const std::vector<Value>& items) {
  int64_t n = 0;
  for (const Value& i : items) {
    if (i.is_none() || i.is(Kind::kEllipsis) || i.is_bool()) continue;
    if (is_tensor(i) && (to_tensor(i).scalar_type() == at::kBool || to_tensor(i).scalar_type() == at::kByte))
      n += to_tensor(i).dim();
    else
      ++n;
  }
  return n;
}

void apply_slice(Interpreter& in, Plan& p, const Slice& s, int64_t dim) {
  int64_t step = slice_bound(in, s.step, 1);
  if (step <= 0) in.raise("ValueError", "step must be greater than zero: use torch.flip to reverse");
  int64_t start = slice_bound(in, s.start, 0), stop = slice_bound(in, s.stop, std::numeric_limits<int64_t>::max());
  if (start == 0 && stop >= p.view.size(dim) && step == 1) return;
  p.view = apply_tensor(in, fast(in).slice, {p.view, dim, start, stop, step});
  p.changed = true;
}

void apply_select(Interpreter& in, Plan& p, int64_t index, int64_t dim) {
  int64_t size = p.view.size(dim);
  if (index < -size || index >= size)
    in.raise("IndexError", "index " + std::to_string(index) + " is out of bounds for dimension " + std::to_string(dim) +
                               " with size " + std::to_string(size));
  p.view = apply_tensor(in, fast(in).select, {p.view, dim, index});
  p.changed = true;
}

void add_tensor(Plan& p, at::Tensor t, int64_t dim) {
  while (static_cast<int64_t>(p.tensors.size()) < dim) p.tensors.push_back(std::nullopt);
  p.tensors.push_back(std::move(t));
  p.advanced = true;
}

void apply_bool(Interpreter& in, Plan& p, bool b, int64_t& dim) {
  p.view = apply_tensor(in, fast(in).unsqueeze, {p.view, dim});
  at::Tensor t = tensor_from_data(in, make<List>(std::vector<Value>{Value(b)}), at::kBool);
  add_tensor(p, std::move(t), dim++);
  p.changed = true;
}

void apply_tensor_key(Interpreter& in, Plan& p, const at::Tensor& t, int64_t& dim) {
  if (t.dim() == 0 && at::isIntegralType(t.scalar_type(), false) && !t.requires_grad())
    return apply_select(in, p, t.item().toLong(), dim);
  if (t.dim() == 0 && t.scalar_type() == at::kBool) {
    p.view = apply_tensor(in, fast(in).unsqueeze, {p.view, dim});
    p.changed = true;
    add_tensor(p, apply_tensor(in, fast(in).unsqueeze, {t, 0}), dim++);
    return;
  }
  if (!at::isIntegralType(t.scalar_type(), true))
    in.raise("IndexError",
             "tensors used as indices must be long, int, byte or bool tensors, not " + dtype_name(t.scalar_type()));
  bool mask = t.scalar_type() == at::kBool || t.scalar_type() == at::kByte;
  add_tensor(p, t, dim);
  dim += mask ? t.dim() : 1;
}

Plan make_plan(Interpreter& in, const at::Tensor& self, const Value& key) {
  Plan p;
  p.view = self;
  std::vector<Value> items = key_items(key);
  int64_t consumed = consumed_dimensions(items);
  if (consumed > self.dim())
    in.raise("IndexError", "too many indices for tensor of dimension " + std::to_string(self.dim()));
  int64_t dim = 0;
  for (const Value& i : items) {
    if (i.is(Kind::kEllipsis))
      dim += self.dim() - consumed;
    else if (i.is_none())
      p.view = apply_tensor(in, fast(in).unsqueeze, {p.view, dim++}), p.changed = true;
    else if (i.is_bool())
      apply_bool(in, p, i.as_bool(), dim);
    else if (i.is_int())
      apply_select(in, p, i.as_int(), dim);
    else if (i.is(Kind::kSlice))
      apply_slice(in, p, i.as<Slice>(), dim), ++dim;
    else if (is_tensor(i))
      apply_tensor_key(in, p, to_tensor(i), dim);
    else if (is_sequence(i) || i.is(Kind::kRange)) {
      Value list = make<List>(in.to_vector(i));
      at::Tensor t = tensor_from_data(in, list, std::nullopt);
      if (t.numel() == 0) t = t.to(at::kLong);
      apply_tensor_key(in, p, t, dim);
    } else
      in.raise(
          "TypeError",
          "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got " +
              in.type_name(i) + ")");
  }
  return p;
}

/// `tensors` has one place for each dimension of the view up to the last index; a mask of n dimensions takes one place
/// for its n dimensions, so the places after it shift by n - 1.
c10::List<std::optional<at::Tensor>> places(const Plan& p) {
  c10::List<std::optional<at::Tensor>> result;
  int64_t skip = 0;
  for (size_t i = 0; i < p.tensors.size(); ++i) {
    std::optional<at::Tensor> t = p.tensors.get(i);
    if (!t && skip > 0) {
      --skip;
      continue;
    }
    result.push_back(t);
    skip = t && (t->scalar_type() == at::kBool || t->scalar_type() == at::kByte) ? t->dim() - 1 : 0;
  }
  return result;
}

}  // namespace

Value tensor_get_item(Interpreter& in, const Value& self, const Value& key) {
  const at::Tensor& t = to_tensor(self);
  if (key.is_int()) {
    if (t.dim() == 0) in.raise("IndexError", "invalid index of a 0-dim tensor. Use `tensor.item()` in Python");
    Plan p;
    p.view = t;
    apply_select(in, p, key.as_int(), 0);
    return from_tensor(p.view);
  }
  return guarded(in, [&] {
    Plan p = make_plan(in, t, key);
    if (p.advanced) return from_tensor(apply_tensor(in, fast(in).index, {p.view, places(p)}));
    if (!p.changed) return from_tensor(apply_tensor(in, fast(in).alias, {p.view}));
    return from_tensor(p.view);
  });
}

void tensor_set_item(Interpreter& in, const Value& self, const Value& key, const Value& value) {
  guarded(in, [&] {
    const at::Tensor& t = to_tensor(self);
    at::Tensor v = is_tensor(value)         ? to_tensor(value)
                   : is_plain_number(value) ? at::Tensor(wrapped_number(to_scalar(in, value)))
                                            : tensor_from_data(in, value, t.scalar_type());
    Plan p = make_plan(in, t, key);
    // PyTorch drops leading dimensions of size 1 of the value (slicePrefix1sSize).
    while (v.dim() > p.view.dim() && !p.advanced && v.size(0) == 1) v = apply_tensor(in, fast(in).select, {v, 0, 0});
    if (!p.advanced) {
      apply_operator(in, fast(in).copy, {p.view, v});
      return 0;
    }
    if (v.scalar_type() != t.scalar_type())
      v = apply_tensor(in, fast(in).to_dtype, {v, static_cast<int64_t>(t.scalar_type())});
    apply_operator(in, fast(in).index_put, {p.view, places(p), v});
    return 0;
  });
}

}  // namespace gradus

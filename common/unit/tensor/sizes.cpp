#include "unit/tensor/sizes.h"

#include <ATen/ops/result_type.h>
#include <c10/core/ScalarType.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "unit/tensor/dispatch.h"

namespace gradus {

namespace {

std::string shape_text(const std::vector<int64_t>& sizes) {
  std::string s = "(";
  for (size_t i = 0; i < sizes.size(); ++i) s += (i ? ", " : "") + std::to_string(sizes[i]);
  return s + (sizes.size() == 1 ? ",)" : ")");
}

double product(const std::vector<int64_t>& sizes) {
  double n = 1;
  for (int64_t s : sizes) n *= static_cast<double>(std::max<int64_t>(s, 0));
  return n;
}

const c10::IValue* argument(const Overload& o, const c10::Stack& stack, std::initializer_list<std::string_view> names) {
  for (auto name : names)
    for (size_t i = 0; i < o.parameters.size(); ++i)
      if (o.parameters[i].name->text == name) return &stack[i];
  return nullptr;
}

at::ScalarType dtype_of(Interpreter& in, const Overload& o, const c10::Stack& stack) {
  const auto* d = argument(o, stack, {"dtype"});
  if (d && d->isInt()) return static_cast<at::ScalarType>(d->toInt());
  if (!stack.empty() && stack[0].isTensor() && stack[0].toTensor().defined()) return stack[0].toTensor().scalar_type();
  return tensor_state(in).default_dtype;
}

double number(const c10::IValue* v, double otherwise) {
  return v && v->isScalar() ? v->toScalar().toDouble() : otherwise;
}

void check_size_argument(Interpreter& in, const Overload& o, const c10::Stack& stack) {
  std::vector<int64_t> sizes;
  if (const auto* s = argument(o, stack, {"size"}); s && s->isIntList())
    sizes = s->toIntVector();
  else
    for (auto name : {"n", "m", "row", "col"})
      if (const auto* v = argument(o, stack, {name}); v && v->isInt()) sizes.push_back(v->toInt());
  if (sizes.size() == 1 && argument(o, stack, {"n"}) && o.op.operator_name().name == "aten::eye")
    sizes.push_back(sizes[0]);
  check_elements(in, product(sizes), dtype_of(in, o, stack), shape_text(sizes));
}

void check_range(Interpreter& in, const Overload& o, const c10::Stack& stack) {
  double n = 0;
  if (const auto* steps = argument(o, stack, {"steps", "window_length"}); steps && steps->isInt()) {
    n = static_cast<double>(steps->toInt());
  } else {
    double step = number(argument(o, stack, {"step"}), 1);
    if (step != 0) n = (number(argument(o, stack, {"end"}), 0) - number(argument(o, stack, {"start"}), 0)) / step;
  }
  if (std::isfinite(n) && n > 0) check_elements(in, n, at::kLong, "(" + std::to_string(n) + ",)");
}

void check_repeat(Interpreter& in, const Overload& o, const c10::Stack& stack) {
  if (!stack[0].isTensor()) return;
  const at::Tensor& t = stack[0].toTensor();
  const auto* by = argument(o, stack, {"repeats", "dims"});
  if (by && by->isTensor()) {  // repeat_interleave: each of its rows as often as it says
    const at::Tensor& r = by->toTensor();
    if (!at::isIntegralType(r.scalar_type(), false) || r.numel() == 0) return;
    const double rows = std::max(1.0, static_cast<double>(t.numel()) / static_cast<double>(r.numel()));
    return check_elements(in, r.to(at::kDouble).clamp_min(0).sum().item<double>() * rows, t.scalar_type(),
                          shape_text(t.sizes().vec()) + " repeated");
  }
  double times = by && by->isIntList() ? product(by->toIntVector()) : number(by, 1);
  check_elements(in, times * static_cast<double>(t.numel()), t.scalar_type(),
                 shape_text(t.sizes().vec()) + " repeated");
}

/// A cheap upper bound first: no result of these is larger than the product of both operands.
void check_two(Interpreter& in, const c10::Stack& stack, bool matmul) {
  if (stack.size() < 2 || !stack[0].isTensor() || !stack[1].isTensor()) return;
  const at::Tensor &a = stack[0].toTensor(), &b = stack[1].toTensor();
  if (!a.defined() || !b.defined()) return;
  double bound = static_cast<double>(a.numel()) * static_cast<double>(b.numel());
  if (bound * static_cast<double>(a.element_size()) <= static_cast<double>(in.limits().tensor_bytes)) return;
  std::vector<int64_t> sizes;
  size_t n = static_cast<size_t>(std::max(a.dim(), b.dim())), skip = matmul && a.dim() > 1 && b.dim() > 1 ? 2 : 0;
  for (size_t i = n; i-- > skip;) {
    auto size = [&](const at::Tensor& t) {
      return i < static_cast<size_t>(t.dim()) ? t.size(t.dim() - 1 - static_cast<int64_t>(i)) : 1;
    };
    sizes.push_back(std::max(size(a), size(b)));
  }
  if (skip) sizes.push_back(a.size(-2)), sizes.push_back(b.size(-1));
  if (matmul && a.dim() == 1 && b.dim() == 1) sizes = {a.size(0), b.size(0)};
  check_elements(in, product(sizes), a.scalar_type(), shape_text(sizes));
}

void check_pad(Interpreter& in, const Overload& o, const c10::Stack& stack) {
  if (!stack[0].isTensor()) return;
  const at::Tensor& t = stack[0].toTensor();
  std::vector<int64_t> sizes = t.sizes().vec();
  const auto* pad = argument(o, stack, {"pad"});
  if (!pad || !pad->isIntList()) return;
  auto by = pad->toIntVector();
  for (size_t i = 0; i + 1 < by.size() && i / 2 < sizes.size(); i += 2)
    sizes[sizes.size() - 1 - i / 2] += by[i] + by[i + 1];
  check_elements(in, product(sizes), t.scalar_type(), shape_text(sizes));
}

void check_one_hot(Interpreter& in, const Overload& o, const c10::Stack& stack) {
  if (!stack[0].isTensor()) return;
  const at::Tensor& t = stack[0].toTensor();
  double classes = number(argument(o, stack, {"num_classes", "minlength"}), 0);
  if (classes <= 0 && t.numel() > 0 && t.scalar_type() == at::kLong) classes = t.max().item<double>() + 1;
  check_elements(in, std::max(classes, 0.0) * static_cast<double>(std::max<int64_t>(t.numel(), 1)), at::kLong,
                 shape_text(t.sizes().vec()) + " by " + std::to_string(static_cast<int64_t>(classes)) + " classes");
}

}  // namespace

void check_elements(Interpreter& in, double elements, at::ScalarType dtype, const std::string& shape) {
  double bytes = elements * static_cast<double>(c10::elementSize(dtype));
  if (bytes <= static_cast<double>(in.limits().tensor_bytes)) return;
  std::ostringstream s;
  s.precision(3);
  s << "a tensor of shape " << shape << " and dtype " << c10::toString(dtype) << " takes " << bytes / 1e9
    << " GB, more than the limit of " << static_cast<double>(in.limits().tensor_bytes) / 1e9 << " GB";
  in.raise("MemoryError", s.str());
}

void check_sizes(Interpreter& in, const Overload& o, const c10::Stack& stack) {
  switch (o.check) {
    case SizeCheck::kNone:
      return;
    case SizeCheck::kSizeArgument:
      return check_size_argument(in, o, stack);
    case SizeCheck::kRange:
      return check_range(in, o, stack);
    case SizeCheck::kRepeat:
      return check_repeat(in, o, stack);
    case SizeCheck::kBroadcast:
      return check_two(in, stack, false);
    case SizeCheck::kMatmul:
      return check_two(in, stack, true);
    case SizeCheck::kPad:
      return check_pad(in, o, stack);
    case SizeCheck::kOneHot:
      return check_one_hot(in, o, stack);
  }
}

void fill_nan(c10::Stack& results) {
  for (auto& r : results) {
    if (!r.isTensor()) continue;
    at::Tensor t = r.toTensor();
    if (at::isFloatingType(t.scalar_type()) || at::isComplexType(t.scalar_type()))
      t.fill_(std::numeric_limits<double>::quiet_NaN());
    else if (t.scalar_type() == at::kBool)
      t.fill_(true);
    else if (at::isIntegralType(t.scalar_type(), false))
      t.fill_(t.scalar_type() == at::kByte ? 255 : -99);
  }
}

}  // namespace gradus

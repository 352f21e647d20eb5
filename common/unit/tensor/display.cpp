#include "unit/tensor/display.h"

#include <ATen/ops/abs.h>
#include <ATen/ops/isfinite.h>
#include <c10/core/ScalarType.h>
#include <torch/csrc/autograd/function.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

namespace gradus {

namespace {

constexpr int64_t kEdge = 3, kSummaryAbove = 1000;

/// One number as PyTorch prints it: %.4f, or %.4e when the magnitudes differ too much, or `3.` for whole numbers.
struct NumberFormat {
  enum class Style { kWhole, kFixed, kScientific, kInteger, kBool } style = Style::kFixed;
  int width = 0;
  std::string text(double v) const {
    char buffer[64];
    if (style == Style::kBool) return v != 0 ? "True" : "False";
    if (style == Style::kInteger)
      std::snprintf(buffer, sizeof buffer, "%.0f", v);
    else if (!std::isfinite(v))
      std::snprintf(buffer, sizeof buffer, "%s", std::isnan(v) ? "nan" : v > 0 ? "inf" : "-inf");
    else if (style == Style::kWhole)
      std::snprintf(buffer, sizeof buffer, "%.0f.", v);
    else if (style == Style::kScientific)
      std::snprintf(buffer, sizeof buffer, "%.4e", v);
    else
      std::snprintf(buffer, sizeof buffer, "%.4f", v);
    return buffer;
  }
};

NumberFormat choose_format(const at::Tensor& t, const std::vector<double>& values) {
  NumberFormat f;
  if (t.scalar_type() == at::kBool)
    f.style = NumberFormat::Style::kBool;
  else if (at::isIntegralType(t.scalar_type(), false))
    f.style = NumberFormat::Style::kInteger;
  else {
    double low = INFINITY, high = 0;
    bool whole = true;
    for (double v : values) {
      if (!std::isfinite(v) || v == 0) continue;
      low = std::min(low, std::abs(v));
      high = std::max(high, std::abs(v));
      whole = whole && v == std::ceil(v);
    }
    bool wide = high > 0 && (high / low > 1000 || high > 1e8);
    if (whole)
      f.style =
          wide && (high / low > 1000) && high > 1e8 ? NumberFormat::Style::kScientific : NumberFormat::Style::kWhole;
    else
      f.style = wide || low < 1e-4 ? NumberFormat::Style::kScientific : NumberFormat::Style::kFixed;
  }
  for (double v : values) f.width = std::max(f.width, static_cast<int>(f.text(v).size()));
  return f;
}

void print_level(const at::Tensor& t, const NumberFormat& f, int indent, std::string& out) {
  if (t.dim() == 0) {
    std::string s = f.text(t.item<double>());
    out += std::string(static_cast<size_t>(std::max(0, f.width - static_cast<int>(s.size()))), ' ') + s;
    return;
  }
  out += "[";
  int64_t n = t.size(0);
  bool cut = n > 2 * kEdge && t.numel() > kSummaryAbove;
  std::string gap = t.dim() == 1 ? ", "
                                 : "," + std::string(static_cast<size_t>(t.dim() - 1), '\n') +
                                       std::string(static_cast<size_t>(indent + 1), ' ');
  for (int64_t i = 0; i < n; ++i) {
    if (cut && i == kEdge) out += gap + "...", i = n - kEdge;
    if (i) out += gap;
    print_level(t.select(0, i), f, indent + 1, out);
  }
  out += "]";
}

std::vector<double> sample(const at::Tensor& t) {
  std::vector<double> values;
  at::Tensor flat = t.reshape(-1);
  int64_t n = std::min<int64_t>(flat.numel(), 4096);
  for (int64_t i = 0; i < n; ++i) values.push_back(flat[i].item<double>());
  return values;
}

}  // namespace

std::string dtype_name(at::ScalarType t) {
  switch (t) {
    case at::kFloat:
      return "float32";
    case at::kDouble:
      return "float64";
    case at::kHalf:
      return "float16";
    case at::kBFloat16:
      return "bfloat16";
    case at::kLong:
      return "int64";
    case at::kInt:
      return "int32";
    case at::kShort:
      return "int16";
    case at::kChar:
      return "int8";
    case at::kByte:
      return "uint8";
    case at::kBool:
      return "bool";
    case at::kComplexFloat:
      return "complex64";
    case at::kComplexDouble:
      return "complex128";
    default:
      return c10::toString(t);
  }
}

std::string shape_and_dtype(const at::Tensor& t) {
  std::string s = "(";
  for (int64_t i = 0; i < t.dim(); ++i) s += (i ? ", " : "") + std::to_string(t.size(i));
  return s + (t.dim() == 1 ? ",) " : ") ") + dtype_name(t.scalar_type());
}

std::string tensor_repr(const at::Tensor& given, bool is_parameter) {
  at::Tensor t = given.detach();
  std::string out = is_parameter ? "Parameter containing:\ntensor(" : "tensor(";
  if (at::isComplexType(t.scalar_type())) {
    out += "complex " + shape_and_dtype(t);
  } else if (t.numel() == 0) {
    out += "[]";
    if (t.dim() != 1) out += ", size=" + shape_and_dtype(t).substr(0, shape_and_dtype(t).rfind(' '));
  } else {
    at::Tensor wide = t.to(at::kDouble);
    NumberFormat f = choose_format(t, sample(wide));
    print_level(wide, f, 7, out);
  }
  auto type = t.scalar_type();
  if (type != at::kFloat && type != at::kLong && type != at::kBool) out += ", dtype=torch." + dtype_name(type);
  if (given.grad_fn())
    out += ", grad_fn=<" + given.grad_fn()->name() + ">";
  else if (given.requires_grad())
    out += ", requires_grad=True";
  return out + ")";
}

}  // namespace gradus

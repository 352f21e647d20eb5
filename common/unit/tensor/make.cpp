#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include <algorithm>

#include "unit/run/object.h"
#include "unit/tensor/convert.h"
#include "unit/tensor/display.h"
#include "unit/tensor/index.h"
#include "unit/tensor/state.h"
#include "unit/tensor/types.h"

namespace gradus {

namespace {

enum class Level : uint8_t { kNone, kBool, kInt, kFloat, kComplex };

/// Nested sequences on their way into a tensor: the shape by the first elements, then every number.
struct Reader {
  Interpreter& in;
  std::vector<int64_t> sizes;
  std::vector<double> floats, imaginary;
  std::vector<int64_t> ints;
  Level level = Level::kNone;
  at::ScalarType widest = at::kBool;
  bool has_tensor = false;

  static bool is_sequence(const Value& v) {
    return v.is(Kind::kList) || v.is(Kind::kTuple) || v.is(Kind::kSize) || v.is(Kind::kRange) ||
           (is_tensor(v) && to_tensor(v).dim() > 0);
  }
  std::vector<Value> items(const Value& v) { return in.to_vector(v); }

  void measure(const Value& v, int depth) {
    if (!is_sequence(v)) return;
    if (depth > 64) in.raise("ValueError", "too many dimensions in the data of a tensor");
    auto list = items(v);
    sizes.push_back(static_cast<int64_t>(list.size()));
    if (!list.empty()) measure(list[0], depth + 1);
  }

  void number(const Value& v) {
    if (v.is_bool())
      add(Level::kBool, static_cast<double>(v.as_bool()), v.as_bool(), 0);
    else if (v.is_int())
      add(Level::kInt, static_cast<double>(v.as_int()), v.as_int(), 0);
    else if (v.is_float())
      add(Level::kFloat, v.as_float(), static_cast<int64_t>(0), 0);
    else if (v.is(Kind::kComplex))
      add(Level::kComplex, v.as<Complex>().real, 0, v.as<Complex>().imaginary);
    else if (is_tensor(v)) {
      has_tensor = true;
      widest = c10::promoteTypes(widest, to_tensor(v).scalar_type());
      number(from_number(to_tensor(v).item()));
    } else
      in.raise("TypeError", "new(): invalid data type '" + in.type_name(v) + "'");
  }
  Value from_number(const c10::Scalar& s) {
    if (s.isBoolean()) return Value(s.toBool());
    if (s.isIntegral(false)) return Value(s.toLong());
    if (s.isFloatingPoint()) return Value(s.toDouble());
    return make<Complex>(s.toComplexDouble().real(), s.toComplexDouble().imag());
  }
  void add(Level l, double f, int64_t i, double imag) {
    level = std::max(level, l);
    floats.push_back(f);
    ints.push_back(i);
    imaginary.push_back(imag);
  }

  void read(const Value& v, size_t depth) {
    if (depth == sizes.size()) {
      if (is_sequence(v)) in.raise("ValueError", "only one element tensors can be converted to Python scalars");
      return number(v);
    }
    if (!is_sequence(v)) in.raise("TypeError", "not a sequence: the data of a tensor must be nested evenly");
    auto list = items(v);
    if (static_cast<int64_t>(list.size()) != sizes[depth])
      in.raise("ValueError", "expected sequence of length " + std::to_string(sizes[depth]) + " at dim " +
                                 std::to_string(depth) + " (got " + std::to_string(list.size()) + ")");
    for (const Value& i : list) read(i, depth + 1);
  }

  at::ScalarType dtype() const {
    if (has_tensor) return widest;
    switch (level) {
      case Level::kBool:
        return at::kBool;
      case Level::kInt:
        return at::kLong;
      case Level::kComplex:
        return true_type(in, at::kComplexFloat);
      default:
        return tensor_state(in).default_dtype;
    }
  }

  at::Tensor tensor(at::ScalarType type) {
    auto source = level == Level::kComplex ? at::kComplexDouble : level >= Level::kFloat ? at::kDouble : at::kLong;
    at::Tensor t = at::empty(sizes, at::TensorOptions().dtype(source));
    for (size_t i = 0; i < floats.size(); ++i) {
      if (source == at::kLong)
        t.mutable_data_ptr<int64_t>()[i] = ints[i];
      else if (source == at::kDouble)
        t.mutable_data_ptr<double>()[i] = floats[i];
      else
        t.mutable_data_ptr<c10::complex<double>>()[i] = {floats[i], imaginary[i]};
    }
    return t.to(type);
  }
};

}  // namespace

at::Tensor tensor_from_data(Interpreter& in, const Value& data, std::optional<at::ScalarType> dtype) {
  if (is_tensor(data)) return to_tensor(data).detach().clone().to(dtype.value_or(to_tensor(data).scalar_type()));
  Reader r{in, {}, {}, {}, {}, Level::kNone, at::kBool, false};
  r.measure(data, 0);
  r.read(data, 0);
  const at::ScalarType type = dtype.value_or(r.dtype());
  const c10::Device device = tensor_state(in).device;
  if (device.is_cpu()) return r.tensor(type);
  // One number is filled in, not copied: a step that copies from the host cannot be recorded (train/accelerator.h).
  const at::Tensor made = r.tensor(type);
  return made.numel() == 1 ? at::full(made.sizes(), made.item(), made.options().device(device)) : made.to(device);
}

}  // namespace gradus

#include "unit/tensor/types.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <limits>

#include "unit/tensor/convert.h"
#include "unit/tensor/dispatch.h"
#include "unit/tensor/display.h"
#include "unit/tensor/result.h"
#include "unit/tensor/state.h"

namespace gradus {

namespace {

const std::vector<std::pair<const char*, at::ScalarType>>& dtype_names() {
  static const std::vector<std::pair<const char*, at::ScalarType>> names = {{"float32", at::kFloat},
                                                                            {"float", at::kFloat},
                                                                            {"float64", at::kDouble},
                                                                            {"double", at::kDouble},
                                                                            {"float16", at::kHalf},
                                                                            {"half", at::kHalf},
                                                                            {"bfloat16", at::kBFloat16},
                                                                            {"int64", at::kLong},
                                                                            {"long", at::kLong},
                                                                            {"int32", at::kInt},
                                                                            {"int", at::kInt},
                                                                            {"int16", at::kShort},
                                                                            {"short", at::kShort},
                                                                            {"int8", at::kChar},
                                                                            {"uint8", at::kByte},
                                                                            {"bool", at::kBool},
                                                                            {"complex64", at::kComplexFloat},
                                                                            {"cfloat", at::kComplexFloat},
                                                                            {"complex128", at::kComplexDouble},
                                                                            {"cdouble", at::kComplexDouble}};
  return names;
}

Value dtype_attribute(Interpreter& in, const Value& self, const Ref<Str>& name) {
  auto t = self.as<DtypeObject>().type;
  if (name->text == "is_floating_point") return Value(at::isFloatingType(t));
  if (name->text == "is_complex") return Value(at::isComplexType(t));
  if (name->text == "is_signed") return Value(c10::isSignedType(t));
  if (name->text == "itemsize") return Value(static_cast<int64_t>(c10::elementSize(t)));
  if (name->text == "to_real") return from_dtype(in, c10::toRealValueType(t));
  return Value::undefined();
}

Value dtype_compare(Interpreter&, syntax::Op op, const Value& a, const Value& b) {
  if (op != syntax::Op::kEqual && op != syntax::Op::kNotEqual) return Value::undefined();
  bool equal = a.is(Kind::kDtype) && b.is(Kind::kDtype) && a.as<DtypeObject>().type == b.as<DtypeObject>().type;
  return Value(equal == (op == syntax::Op::kEqual));
}

std::string device_name(const Value& v) { return v.as<DeviceObject>().name; }

Value device_compare(Interpreter&, syntax::Op op, const Value& a, const Value& b) {
  if (op != syntax::Op::kEqual && op != syntax::Op::kNotEqual) return Value::undefined();
  bool equal = a.is(Kind::kDevice) && b.is(Kind::kDevice) && device_name(a) == device_name(b);
  return Value(equal == (op == syntax::Op::kEqual));
}

Value device_attribute(Interpreter& in, const Value& self, const Ref<Str>& name) {
  const std::string text = device_name(self);
  size_t colon = text.find(':');
  if (name->text == "type") return in.make_str(text.substr(0, colon));
  if (name->text == "index") return colon == std::string::npos ? Value() : Value(std::stoi(text.substr(colon + 1)));
  return Value::undefined();
}

void install_dtype(Interpreter& in, TensorState& s) {
  s.dtype_class = in.native_class("dtype", "torch", Kind::kDtype);
  Hooks h;
  h.get_attribute = dtype_attribute;
  h.compare = dtype_compare;
  h.repr = [](Interpreter&, const Value& v) { return "torch." + dtype_name(v.as<DtypeObject>().type); };
  h.hash = [](Interpreter&, const Value& v) {
    return static_cast<size_t>(v.as<DtypeObject>().type) * 2654435761u + 17;
  };
  in.set_hooks(Kind::kDtype, h);
}

void install_device(Interpreter& in, TensorState& s) {
  s.device_class = in.native_class("device", "torch", Kind::kDevice);
  s.device_class->construct = [](Interpreter& i, const Arguments& a) -> Value {
    static const Signature signature("device", "type, index=None");
    auto v = signature.bind(i, Arguments{a.positional.subspan(1), a.keywords});
    if (is_device(v[0])) return v[0];
    if (v[0].is_int()) return make<DeviceObject>("cuda:" + std::to_string(v[0].as_int()));
    if (!v[0].is(Kind::kStr)) i.raise("TypeError", "device(): expected a str");
    std::string name = v[0].as<Str>().text;
    if (v[1].is_int()) name += ":" + std::to_string(v[1].as_int());
    if (name == "cpu") return tensor_state(i).cpu;
    return make<DeviceObject>(name);
  };
  Hooks h;
  h.get_attribute = device_attribute;
  h.compare = device_compare;
  h.repr = [](Interpreter&, const Value& v) {
    std::string name = device_name(v);
    size_t colon = name.find(':');
    if (colon == std::string::npos) return "device(type='" + name + "')";
    return "device(type='" + name.substr(0, colon) + "', index=" + name.substr(colon + 1) + ")";
  };
  h.format = [](Interpreter&, const Value& v, std::string_view) { return device_name(v); };
  h.hash = [](Interpreter&, const Value& v) { return std::hash<std::string>()(device_name(v)); };
  in.set_hooks(Kind::kDevice, h);
  in.method(s.device_class, "__str__",
            [](Interpreter& i, const Arguments& a) { return i.make_str(device_name(a.positional[0])); });
  s.cpu = make<DeviceObject>("cpu");
}

/// shape + (1,) and shape * 2 are Sizes, (1,) + shape is a tuple.
Value size_binary(Interpreter&, syntax::Op op, const Value& left, const Value& right) {
  if (op == syntax::Op::kAdd && items_of(left) && items_of(right) && !left.is(Kind::kList) && !right.is(Kind::kList)) {
    std::vector<Value> items = *items_of(left);
    items.insert(items.end(), items_of(right)->begin(), items_of(right)->end());
    return make<Tuple>(std::move(items), left.is(Kind::kSize) ? Kind::kSize : Kind::kTuple);
  }
  const Value& size = left.is(Kind::kSize) ? left : right;
  const Value& times = left.is(Kind::kSize) ? right : left;
  if (op != syntax::Op::kMul || !size.is(Kind::kSize) || !times.is_integral()) return Value::undefined();
  std::vector<Value> items;
  for (int64_t k = 0; k < times.as_int() && items.size() < 1000; ++k)
    items.insert(items.end(), size.as<Tuple>().items.begin(), size.as<Tuple>().items.end());
  return make<Tuple>(std::move(items), Kind::kSize);
}

/// torch.Size is a tuple of the tuple class's methods with numel() and a repr of its own; slices and sums of it are
/// tuples or Sizes as in PyTorch.
void install_size(Interpreter& in, TensorState& s) {
  Value tuple = in.builtin("tuple");
  s.size_class = in.native_class("Size", "torch", Kind::kSize, {tuple.ref<Class>()});
  s.size_class->construct = [](Interpreter& i, const Arguments& a) -> Value {
    if (a.positional.size() < 2) return make_size({});
    return make_size(to_ints(i, make<List>(i.to_vector(a.positional[1]))));
  };
  in.method(s.size_class, "numel", [](Interpreter&, const Arguments& a) -> Value {
    int64_t n = 1;
    for (const Value& v : a.positional[0].as<Tuple>().items) n *= v.as_int();
    return n;
  });
  Hooks h;
  h.repr = [](Interpreter& i, const Value& v) {
    std::string text;
    for (const Value& x : v.as<Tuple>().items) text += (text.empty() ? "" : ", ") + i.repr(x);
    return "torch.Size([" + text + "])";
  };
  h.binary = size_binary;
  in.set_hooks(Kind::kSize, h);
}

at::Generator& generator_of(Interpreter& in, const Arguments& a) {
  if (a.positional.empty() || !is_native(a.positional[0], "Generator"))
    in.raise("TypeError", "expected a torch.Generator");
  return native_part<at::Generator>(a.positional[0]);
}

Value generator_seeded(Interpreter& in, const Arguments& a) {
  if (a.positional.size() != 2) in.raise("TypeError", "manual_seed() takes one argument: the seed");
  generator_of(in, a).set_current_seed(static_cast<uint64_t>(to_int(in, a.positional[1])));
  return a.positional[0];
}

/// A class whose instances are made here only, with a native part.
Ref<Class> opaque_class(Interpreter& in, const std::string& name) {
  auto c = in.native_class(name, "torch", Kind::kInstance);
  c->native_kind.reset();
  c->allocate = nullptr;
  c->construct = [name](Interpreter& i, const Arguments&) -> Value {
    i.raise("TypeError", "cannot create '" + name + "' instances");
  };
  return c;
}

Value make_enum(const Ref<Class>& c, std::string name, int64_t value) {
  auto i = make<Instance>(c);
  i->extra = std::make_shared<EnumData>(EnumData{std::move(name), value});
  return i;
}

void install_others(Interpreter& in, TensorState& s) {
  s.layout_class = opaque_class(in, "layout");
  s.memory_format_class = opaque_class(in, "memory_format");
  s.generator_class = opaque_class(in, "Generator");
  s.generator_class->construct = [](Interpreter& i, const Arguments&) -> Value {
    auto g = make<Instance>(tensor_state(i).generator_class);
    g->extra = std::make_shared<at::Generator>(at::make_generator<at::CPUGeneratorImpl>(next_draw(i)));
    return g;
  };
  in.method(s.generator_class, "manual_seed", generator_seeded);
  in.method(s.generator_class, "initial_seed", [](Interpreter& i, const Arguments& a) -> Value {
    return static_cast<int64_t>(generator_of(i, a).current_seed());
  });
  for (const auto& c : {s.layout_class, s.memory_format_class})
    in.method(c, "__repr__", [](Interpreter& i, const Arguments& a) {
      if (a.positional.empty() || !a.positional[0].is(Kind::kInstance) || !a.positional[0].as<Instance>().extra)
        i.raise("TypeError", "no such object");
      return i.make_str(native_part<EnumData>(a.positional[0]).name);
    });
  s.strided = make_enum(s.layout_class, "torch.strided", 0);
  s.contiguous_format = make_enum(s.memory_format_class, "torch.contiguous_format", 0);
  s.preserve_format = make_enum(s.memory_format_class, "torch.preserve_format", 1);
}

struct Limit {
  double eps, max, tiny;
  int bits;
};
Limit float_limit(at::ScalarType t) {
  switch (t) {
    case at::kDouble:
      return {std::numeric_limits<double>::epsilon(), std::numeric_limits<double>::max(),
              std::numeric_limits<double>::min(), 64};
    case at::kHalf:
      return {std::ldexp(1, -10), 65504.0, std::ldexp(1, -14), 16};
    case at::kBFloat16:
      return {std::ldexp(1, -7), 3.3895313892515355e38, std::ldexp(1, -126), 16};
    default:
      return {std::numeric_limits<float>::epsilon(), std::numeric_limits<float>::max(),
              std::numeric_limits<float>::min(), 32};
  }
}

Value make_finfo(Interpreter& in, const Arguments& a) {
  const bool named = !a.positional.empty() && a.positional[0].is(Kind::kDtype);  // as the unit sees it, under test too
  auto t = a.positional.empty() ? shown_type(in, tensor_state(in).default_dtype)
           : named              ? a.positional[0].as<DtypeObject>().type
                                : to_dtype(in, a.positional[0]);
  if (at::isIntegralType(t, true))
    in.raise("TypeError", "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch." +
                              dtype_name(t) + "'");
  Limit l = float_limit(t);
  auto m = make<ModuleObject>("finfo");
  set_name(in, *m, "eps", l.eps);
  set_name(in, *m, "max", l.max);
  set_name(in, *m, "min", -l.max);
  set_name(in, *m, "tiny", l.tiny);
  set_name(in, *m, "smallest_normal", l.tiny);
  set_name(in, *m, "resolution", l.bits == 64 ? 1e-15 : l.bits == 32 ? 1e-6 : t == at::kHalf ? 1e-3 : 1e-2);
  set_name(in, *m, "bits", Value(l.bits));
  set_name(in, *m, "dtype", in.make_str(dtype_name(t)));
  return m;
}

Value make_iinfo(Interpreter& in, const Arguments& a) {
  auto t = a.positional.empty() ? at::kLong : to_dtype(in, a.positional[0]);
  if (!at::isIntegralType(t, false))
    in.raise("TypeError",
             "torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch." + dtype_name(t) + "'");
  int bits = static_cast<int>(c10::elementSize(t)) * 8;
  auto m = make<ModuleObject>("iinfo");
  int64_t high = t == at::kByte ? 255
                 : bits == 64   ? std::numeric_limits<int64_t>::max()
                                : (int64_t{1} << (bits - 1)) - 1;
  set_name(in, *m, "max", high);
  set_name(in, *m, "min", t == at::kByte ? Value(0) : Value(-high - 1));
  set_name(in, *m, "bits", Value(bits));
  set_name(in, *m, "dtype", in.make_str(dtype_name(t)));
  return m;
}

}  // namespace

void set_name(Interpreter& in, ModuleObject& m, std::string_view name, Value v) {
  m.attributes->set(in.intern(name), std::move(v));
}

void set_function(Interpreter& in, ModuleObject& m, std::string_view name, NativeFunction f) {
  set_name(in, m, name, make<Native>(std::string(name), std::move(f)));
}

at::ScalarType shown_type(Interpreter& in, at::ScalarType t) {
  if (!tensor_state(in).under_test.wide) return t;
  return t == at::kDouble ? at::kFloat : t == at::kComplexDouble ? at::kComplexFloat : t;
}

at::ScalarType true_type(Interpreter& in, at::ScalarType t) {
  if (!tensor_state(in).under_test.wide) return t;
  if (at::isComplexType(t)) return at::kComplexDouble;
  return at::isFloatingType(t) ? at::kDouble : t;
}

Value from_dtype(Interpreter& in, at::ScalarType t) {
  Value& v = tensor_state(in).dtypes[static_cast<int>(t)];
  if (v.is_none()) v = make<DtypeObject>(t);
  return v;
}

void install_types(Interpreter& in) {
  TensorState& s = tensor_state(in);
  install_dtype(in, s);
  install_device(in, s);
  install_size(in, s);
  install_others(in, s);
}

void add_types(Interpreter& in, ModuleObject& torch) {
  TensorState& s = tensor_state(in);
  for (const auto& [name, type] : dtype_names()) set_name(in, torch, name, from_dtype(in, type));
  set_name(in, torch, "dtype", s.dtype_class);
  set_name(in, torch, "device", s.device_class);
  set_name(in, torch, "Size", s.size_class);
  set_name(in, torch, "layout", s.layout_class);
  set_name(in, torch, "memory_format", s.memory_format_class);
  set_name(in, torch, "Generator", s.generator_class);
  set_name(in, torch, "strided", s.strided);
  set_name(in, torch, "contiguous_format", s.contiguous_format);
  set_name(in, torch, "legacy_contiguous_format", s.contiguous_format);
  set_name(in, torch, "preserve_format", s.preserve_format);
  set_name(in, torch, "channels_last", s.preserve_format);
  set_function(in, torch, "finfo", make_finfo);
  set_function(in, torch, "iinfo", make_iinfo);
}

}  // namespace gradus

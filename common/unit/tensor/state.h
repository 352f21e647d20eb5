/// What the tensor layer keeps per Interpreter. Only sources of tensor/ include this.
#pragma once

#include <ATen/core/Generator.h>

#include <deque>
#include <exception>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "unit/tensor/overload.h"
#include "unit/tensor/tensor.h"

namespace gradus {

/// A public name (torch.add, Tensor.add_) with its overloads, found at the first call.
struct BoundOperator {
  std::string name;
  bool found = false;
  std::vector<Overload> overloads;
};

/// torch.layout, torch.memory_format and torch.Generator are instances whose native part is one of these.
struct EnumData {
  std::string name;
  int64_t value;
};
inline bool is_native(const Value& v, std::string_view name) {
  return v.is(Kind::kInstance) && v.as<Instance>().type->name == name && v.as<Instance>().extra;
}
template <class T>
T& native_part(const Value& v) {
  return *static_cast<T*>(v.as<Instance>().extra.get());
}

struct DeviceObject : Object {
  explicit DeviceObject(std::string n) : Object(Kind::kDevice), name(std::move(n)) {}
  std::string name;  // "cpu", wherever the tensors are (device.h); "cuda" may be named but not used
};
struct TensorState {
  Observer observer;
  ModuleObserver module_observer;
  UnderTest under_test;
  RandomScope random;
  std::deque<BoundOperator> operators;
  std::unordered_map<std::string, BoundOperator*> by_name;
  std::unordered_map<std::string, Ref<Class>> return_types;
  std::unordered_map<int, Value> dtypes;  // by ScalarType
  Ref<Class> tensor_class, size_class, dtype_class, device_class, layout_class, memory_format_class, generator_class;
  Ref<Class> module_class, parameter_class, function_class;
  Value cpu, strided, contiguous_format, preserve_format;
  std::vector<c10::Stack> stacks;  // spare, so that a call allocates nothing
  std::exception_ptr pending;      // from a callback of the autograd engine
  at::ScalarType default_dtype = at::kFloat;
  c10::Device device{c10::kCPU};  // of all tensors but wrapped numbers (device.h)
  struct Fast;                    // operators that the hooks call directly
  std::shared_ptr<Fast> fast;
};

inline TensorState& tensor_state(Interpreter& in) { return *static_cast<TensorState*>(in.tensor_state.get()); }

}  // namespace gradus

/// Tensors in the unit language: binding of ATen by its schemas, the random stream, and the eyes of the evaluator.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "unit/run/interpreter.h"

namespace c10 {
class OperatorHandle;
}

namespace gradus {

struct TensorObject : Object {
  explicit TensorObject(at::Tensor t) : Object(Kind::kTensor), tensor(std::move(t)) {}
  at::Tensor tensor;
  bool is_parameter = false;  // made by nn.Parameter
  Ref<Dict> attributes;       // set on parameters by units (`p._no_weight_decay = True`); usually null
};
struct DtypeObject : Object {
  explicit DtypeObject(at::ScalarType t) : Object(Kind::kDtype), type(t) {}
  at::ScalarType type;
};

inline Value from_tensor(at::Tensor t) { return make<TensorObject>(std::move(t)); }
inline bool is_tensor(const Value& v) { return v.is(Kind::kTensor); }
[[noreturn]] void raise_not_a_tensor();  // a TypeError
inline at::Tensor& to_tensor(const Value& v) {
  if (!is_tensor(v)) raise_not_a_tensor();
  return v.as<TensorObject>().tensor;
}

/// Registers torch, torch.nn, torch.nn.functional, einops and everything else of tensor/ and prelude/.
void install_torch(Interpreter&);

/// Every ATen call a unit makes, as it happens: after the call, with its inputs and outputs.
/// Counts, traces and the gate hang on this. None registered: costs one branch.
struct OperatorCall {
  const c10::OperatorHandle& op;
  const std::vector<c10::IValue>& inputs;  // in schema order
  const std::vector<c10::IValue>& outputs;
};
using Observer = std::function<void(const OperatorCall&)>;
void set_observer(Interpreter&, Observer);  // an empty one removes it

/// nn.Module.__call__, told twice: on entering with what is passed, on leaving with what came out (null when it
/// raised).
struct ModuleCall {
  const Value& module;
  bool enter;
  const Arguments* arguments;  // self first; on entering only
  const Value* result;
};
/// Gives counts their unit, and a leak the unit that made it.
using ModuleObserver = std::function<void(const ModuleCall&)>;
void set_module_observer(Interpreter&, ModuleObserver);

/// How the gate runs units, unknown to them. `wide`: every floating type is float64 and says that it is float32, so
/// that one threshold separates rounding from what should not be there, casts (`.float()`) lose nothing, and no unit
/// behaves otherwise when it is examined. `no_dropout`: dropout drops nothing in training mode either.
struct UnderTest {
  bool wide = false, no_dropout = false;
};
void set_under_test(Interpreter&, UnderTest);
UnderTest under_test(Interpreter&);

/// ATen's default type is float64 while one of these lives, where `wide`: around all that runs units under test.
class WideDefault {
 public:
  explicit WideDefault(bool wide);
  ~WideDefault();
  WideDefault(const WideDefault&) = delete;

 private:
  bool wide_;
};

/// The source of random numbers: draw number n of the current scope gets generator seed key(scope, n). The design
/// layer sets a scope while it constructs an instance (design.md §4.7) and one per training step for dropout.
struct RandomScope {
  uint64_t key = 0;
  uint64_t draws = 0;
};
/// Swaps the current scope; returns the previous one.
RandomScope exchange_random_scope(Interpreter&, RandomScope);

/// Parameters of an nn.Module instance in named_parameters() order (shared ones once), buffers likewise.
struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};
std::vector<NamedTensor> named_parameters(Interpreter&, const Value& module);
std::vector<NamedTensor> named_buffers(Interpreter&, const Value& module);
void set_training(Interpreter&, const Value& module, bool training);
/// module.to(dtype): every floating parameter and buffer in place.
void convert_module(Interpreter&, const Value& module, at::ScalarType dtype);

}  // namespace gradus

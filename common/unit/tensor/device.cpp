#include "unit/tensor/device.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/core/List.h>
#include <ATen/core/grad_mode.h>

#include <unordered_map>

#include "unit/tensor/module.h"
#include "unit/tensor/state.h"

namespace gradus {
namespace {

constexpr int kDeepest = 6;  // containers within containers

/// What was moved, by what it was, which is kept so that no other gets its address: tied weights stay tied.
struct Pair {
  at::Tensor before, after;
};
using Moved = std::unordered_map<const void*, Pair>;

void move_value(const Value& v, c10::Device device, int depth, Moved& moved) {
  if (is_tensor(v)) {
    at::Tensor& t = v.as<TensorObject>().tensor;
    if (!t.defined() || t.device() == device) return;
    Pair& pair = moved[t.unsafeGetTensorImpl()];
    if (!pair.before.defined()) pair = {t, t.detach().to(device).set_requires_grad(t.requires_grad())};
    t = pair.after;
  } else if (depth < kDeepest && (v.is(Kind::kTuple) || v.is(Kind::kList))) {
    for (const Value& item : v.is(Kind::kTuple) ? v.as<Tuple>().items : v.as<List>().items)
      move_value(item, device, depth + 1, moved);
  } else if (depth < kDeepest && v.is(Kind::kDict)) {
    for (const auto& entry : v.as<Dict>().entries())
      if (entry.key.defined()) move_value(entry.value, device, depth + 1, moved);
  }
}

/// A wrapped number stays where it is: it only stands for a scalar.
bool is_left_behind(const at::Tensor& t) {
  return t.defined() && t.is_cpu() && !t.unsafeGetTensorImpl()->is_wrapped_number();
}

void follow(c10::IValue& v, c10::Device device) {
  if (v.isTensor()) {
    if (is_left_behind(v.toTensor())) v = v.toTensor().to(device);
  } else if (v.isTensorList()) {
    c10::List<at::Tensor> list = v.toTensorList();
    for (size_t i = 0; i < list.size(); ++i)
      if (is_left_behind(list.get(i))) list.set(i, list.get(i).to(device));
  } else if (v.isOptionalTensorList()) {
    c10::List<std::optional<at::Tensor>> list = v.toOptionalTensorList();
    for (size_t i = 0; i < list.size(); ++i)
      if (const auto t = list.get(i); t && is_left_behind(*t)) list.set(i, t->to(device));
  }
}

}  // namespace

void set_device(Interpreter& in, c10::Device device) { tensor_state(in).device = device; }

void move_module(Interpreter& in, const Value& module, c10::Device device) {
  const at::NoGradGuard no_grad;
  Moved moved;
  walk_modules(in, module, "", [&](const std::string&, const Value& m) {
    for (const auto& entry : m.as<Instance>().attributes->entries())
      if (entry.key.defined()) move_value(entry.value, device, 0, moved);
  });
}

void settle_devices(Interpreter& in, const Overload& o, c10::Stack& stack) {
  const c10::Device device = tensor_state(in).device;
  const auto& arguments = o.op.schema().arguments();
  bool has_self = false;  // then no device means that of self
  for (size_t i = 0; i < stack.size() && i < o.parameters.size(); ++i) {
    const ParameterKind kind = o.parameters[i].kind;
    has_self = has_self || (kind == ParameterKind::kTensor && arguments[i].name() == "self");
    if (kind == ParameterKind::kDevice && stack[i].isNone() && !has_self) stack[i] = device;
    if (kind == ParameterKind::kGenerator && !stack[i].isNone() && device.is_cuda()) {
      auto* own = at::check_generator<at::CPUGeneratorImpl>(stack[i].toGenerator());
      at::Generator drawn = at::globalContext().defaultGenerator(device);
      drawn.set_current_seed(own->random64());
      stack[i] = c10::IValue();
    }
    // What is written in place stays where others see it.
    const bool written = arguments[i].alias_info() && arguments[i].alias_info()->isWrite();
    if (!written) follow(stack[i], device);
  }
}

}  // namespace gradus

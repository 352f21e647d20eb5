#include "unit/tensor/fused.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/pow.h>
#include <torch/csrc/autograd/custom_function.h>

#include <map>
#include <memory>

#include "unit/run/object.h"
#include "unit/tensor/result.h"

namespace gradus {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

FusedKernels& kernels_of(AutogradContext* context) {
  return *reinterpret_cast<FusedKernels*>(context->saved_data["kernels"].toInt());
}
int64_t number_of(FusedKernels& kernels) { return reinterpret_cast<int64_t>(&kernels); }

struct Turn : torch::autograd::Function<Turn> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin,
                            bool back, int64_t kernels) {
    context->save_for_backward({cos, sin});
    context->saved_data["back"] = back;
    context->saved_data["kernels"] = kernels;
    const at::Tensor y = at::empty(x.sizes(), x.options());
    reinterpret_cast<FusedKernels*>(kernels)->turn(x, cos, sin, back, y);
    return y;
  }
  /// Linear and orthogonal: its gradient is its inverse, of which the same can be said.
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const bool back = context->saved_data["back"].toBool();
    return {Turn::apply(gradients[0], saved[0], saved[1], !back, number_of(kernels_of(context))), at::Tensor(),
            at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

struct Gate : torch::autograd::Function<Gate> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& h, int64_t kernels) {
    context->save_for_backward({h});
    context->saved_data["kernels"] = kernels;
    const at::Tensor whole = h.contiguous();
    auto sizes = h.sizes().vec();
    sizes.back() /= 2;
    const at::Tensor y = at::empty(sizes, h.options());
    reinterpret_cast<FusedKernels*>(kernels)->gate(whole.view({-1, h.size(-1)}), y.view({-1, sizes.back()}));
    return y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor h = context->get_saved_variables()[0], &dy = gradients[0];
    if (at::GradMode::is_enabled()) {  // a gradient of the gradient is wanted: ATen's can be differentiated again
      const auto parts = h.chunk(2, -1);
      const at::Tensor s = parts[1].sigmoid(), slope = s * (1 + parts[1] * (1 - s));
      return {at::cat({dy * parts[1] * s, dy * parts[0] * slope}, -1), at::Tensor()};
    }
    const at::Tensor whole = h.contiguous(), given = dy.contiguous(), dh = at::empty_like(whole);
    kernels_of(context).gate_backward(whole.view({-1, h.size(-1)}), given.view({-1, dy.size(-1)}),
                                      dh.view({-1, h.size(-1)}));
    return {dh, at::Tensor()};
  }
};

bool is_plain(const at::Tensor& t) { return t.scalar_type() == at::kFloat || t.scalar_type() == at::kBFloat16; }

Value own_forward(Interpreter& in, const Instance& self, const Arguments& a) {
  std::vector<Value> positional{Value(const_cast<Instance*>(&self))};
  positional.insert(positional.end(), a.positional.begin(), a.positional.end());
  return in.call(in.get_attribute(Value(self.type), in.intern("forward")), positional, a.keywords);
}

double number(Interpreter& in, const Value& instance, const char* name) {
  const Value v = in.get_attribute(instance, in.intern(name));
  return v.is_int() ? static_cast<double>(v.as_int()) : v.is_float() ? v.as_float() : 0;
}

/// The unit's own tables, made as it makes them, once for each length and type.
struct Tables {
  double base;
  int64_t dim;
  std::map<std::pair<int64_t, at::ScalarType>, std::pair<at::Tensor, at::Tensor>> known;
  const std::pair<at::Tensor, at::Tensor>& of(const at::Tensor& q) {
    auto& [cos, sin] = known[{q.size(-2), q.scalar_type()}];
    if (!cos.defined()) {
      const at::NoGradGuard no_grad;
      const auto options = at::TensorOptions(at::kDouble).device(q.device());
      const at::Tensor rate = at::pow(base, -at::arange(0, dim, 2, options) / static_cast<double>(dim));
      const at::Tensor angle = at::arange(q.size(-2), options).unsqueeze(1) * rate;
      cos = angle.cos().to(q.scalar_type()).to(at::kFloat);
      sin = angle.sin().to(q.scalar_type()).to(at::kFloat);
    }
    return known.at({q.size(-2), q.scalar_type()});
  }
};

NativeFunction fused_rotary(Interpreter& in, Instance& self, FusedKernels& kernels) {
  auto tables = std::make_shared<Tables>(
      Tables{number(in, Value(&self), "base"), static_cast<int64_t>(number(in, Value(&self), "dim")), {}});
  return [&self, &kernels, tables](Interpreter& world, const Arguments& a) -> Value {
    const auto fits = [&](const Value& v) {
      return is_tensor(v) && to_tensor(v).dim() == 4 && is_plain(to_tensor(v)) && to_tensor(v).size(3) == tables->dim &&
             tables->dim % 2 == 0 && to_tensor(v).numel() > 0;
    };
    if (a.positional.size() != 2 || !a.keywords.empty() || !fits(a.positional[0]) || !fits(a.positional[1]) ||
        to_tensor(a.positional[0]).scalar_type() != to_tensor(a.positional[1]).scalar_type() ||
        to_tensor(a.positional[0]).size(2) != to_tensor(a.positional[1]).size(2))
      return own_forward(world, self, a);
    const auto& [cos, sin] = tables->of(to_tensor(a.positional[0]));
    return make_tuple({from_tensor(fused_turn(kernels, to_tensor(a.positional[0]), cos, sin)),
                       from_tensor(fused_turn(kernels, to_tensor(a.positional[1]), cos, sin))});
  };
}

NativeFunction fused_swiglu(Instance& self, FusedKernels& kernels) {
  return [&self, &kernels](Interpreter& world, const Arguments& a) -> Value {
    if (a.positional.size() != 1 || !a.keywords.empty() || !is_tensor(a.positional[0]) ||
        !is_plain(to_tensor(a.positional[0])) || to_tensor(a.positional[0]).numel() == 0)
      return own_forward(world, self, a);
    const Value me(&self);
    const Value up = world.call(world.get_attribute(me, world.intern("up")), a.positional);
    const Value gated = from_tensor(fused_gate(kernels, to_tensor(up)));
    return world.call(world.get_attribute(me, world.intern("down")), std::span(&gated, 1));
  };
}

}  // namespace

at::Tensor fused_turn(FusedKernels& kernels, const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin) {
  return Turn::apply(x, cos, sin, false, number_of(kernels));
}

at::Tensor fused_gate(FusedKernels& kernels, const at::Tensor& h) { return Gate::apply(h, number_of(kernels)); }

void use_fused(Interpreter& in, const Value& instance, const std::string& stem, FusedKernels& kernels) {
  if (!instance.is(Kind::kInstance)) return;
  Instance& self = instance.as<Instance>();
  NativeFunction forward;
  if (stem == "rotary") forward = fused_rotary(in, self, kernels);
  if (stem == "swiglu") forward = fused_swiglu(self, kernels);
  if (forward) self.attributes->set(in.intern("forward"), make<Native>("forward", std::move(forward)));
}

}  // namespace gradus

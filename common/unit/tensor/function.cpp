#include "unit/tensor/function.h"

#include <ATen/autocast_mode.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/grad_mode.h>

#include <unordered_set>

#include "unit/tensor/convert.h"
#include "unit/tensor/dispatch.h"
#include "unit/tensor/result.h"
#include "unit/tensor/tensor_class.h"
#include "unit/tensor/types.h"

namespace gradus {

namespace {

using torch::autograd::variable_list;

/// One apply() of a Function: calls its backward when the engine comes by.
struct LanguageNode : torch::autograd::Node {
  Interpreter* interpreter = nullptr;
  Value type, context;
  size_t n_arguments = 0;
  std::vector<int> edge_of;  // argument → edge, -1 for what is no differentiable tensor
  std::vector<at::Tensor> output_like;

  std::string name() const override { return type.as<Class>().name + "Backward"; }

  variable_list apply(variable_list&& gradients) override {
    Interpreter& in = *interpreter;
    try {
      return call_backward(in, std::move(gradients));
    } catch (...) {
      // The engine knows std::exception only; the exception itself waits for the caller of backward().
      tensor_state(in).pending = std::current_exception();
      throw std::runtime_error("an exception in a Function's backward");
    }
  }

  variable_list call_backward(Interpreter& in, variable_list&& gradients) {
    std::vector<Value> arguments{context};
    for (size_t i = 0; i < gradients.size(); ++i) {
      at::Tensor g = gradients[i];
      if (!g.defined() && output_like[i].defined()) g = at::zeros_like(output_like[i]);
      arguments.push_back(g.defined() ? from_tensor(g) : Value());
    }
    Value result = in.call(in.get_attribute(type, in.intern("backward")), arguments);
    std::vector<Value> grads =
        result.is(Kind::kTuple) || result.is(Kind::kList) ? *items_of(result) : std::vector<Value>{result};
    while (grads.size() > n_arguments && grads.back().is_none()) grads.pop_back();
    if (grads.size() != n_arguments)
      in.raise("RuntimeError", "function " + name() + " returned an incorrect number of gradients (expected " +
                                   std::to_string(n_arguments) + ", got " + std::to_string(grads.size()) + ")");
    variable_list edges(num_outputs());
    for (size_t i = 0; i < grads.size(); ++i)
      if (!is_tensor(grads[i]) && !grads[i].is_none())
        in.raise("TypeError", "expected Variable or None (got " + in.type_name(grads[i]) + ")");
      else if (edge_of[i] >= 0 && is_tensor(grads[i]))
        edges[static_cast<size_t>(edge_of[i])] = to_tensor(grads[i]);
    return edges;
  }
};

Value attribute_or(Interpreter& in, const Value& object, const char* name, Value otherwise) {
  Value v = in.find_attribute(object, in.intern(name));
  return v.defined() ? v : otherwise;
}

std::unordered_set<const void*> marked(Interpreter& in, const Value& context, const char* name) {
  std::unordered_set<const void*> set;
  Value v = attribute_or(in, context, name, Value());
  if (const auto* items = v.is_none() ? nullptr : items_of(v))
    for (const Value& t : *items)
      if (is_tensor(t)) set.insert(to_tensor(t).unsafeGetTensorImpl());
  return set;
}

Value wrap_output(Interpreter& in, const Value& v, const c10::intrusive_ptr<LanguageNode>& node,
                  const std::unordered_set<const void*>& inputs, const std::unordered_set<const void*>& dirty,
                  const std::unordered_set<const void*>& plain) {
  if (!is_tensor(v)) return v;
  at::Tensor t = to_tensor(v);
  const void* id = t.unsafeGetTensorImpl();
  if (!at::isFloatingType(t.scalar_type()) && !at::isComplexType(t.scalar_type())) return v;
  if (plain.contains(id)) return from_tensor(t.detach());
  bool changed_in_place = dirty.contains(id);
  if (inputs.contains(id) && !changed_in_place)
    t = t.view_as(t).detach();
  else if (t.requires_grad() && !changed_in_place)
    t = t.detach();
  if (changed_in_place)
    torch::autograd::impl::rebase_history(t, torch::autograd::Edge(node, node->add_input_metadata(t)));
  else
    torch::autograd::set_history(t, node);
  node->output_like.push_back(t.detach());
  (void)in;
  return changed_in_place ? v : from_tensor(t);
}

c10::intrusive_ptr<LanguageNode> make_node(Interpreter& in, const Value& type, const Value& context,
                                           std::span<const Value> inputs) {
  auto node = c10::make_intrusive<LanguageNode>();
  node->interpreter = &in;
  node->type = type;
  node->context = context;
  node->n_arguments = inputs.size();
  torch::autograd::edge_list edges;
  for (const Value& v : inputs) {
    bool edge = is_tensor(v) &&
                (at::isFloatingType(to_tensor(v).scalar_type()) || at::isComplexType(to_tensor(v).scalar_type()));
    node->edge_of.push_back(edge ? static_cast<int>(edges.size()) : -1);
    if (edge) edges.push_back(torch::autograd::impl::gradient_edge(to_tensor(v)));
  }
  node->set_next_edges(std::move(edges));
  return node;
}

/// _torch.function_apply(cls, ctx, inputs, outputs): forward ran already, without recording. Gives the outputs a
/// history.
Value function_apply(Interpreter& in, const Arguments& a) {
  const Value &type = a.positional[0], &context = a.positional[1], &outputs = a.positional[3];
  if (!type.is(Kind::kClass) || !items_of(a.positional[2]))
    in.raise("TypeError", "function_apply() takes a class, a context, inputs and outputs");
  const std::vector<Value>& inputs = *items_of(a.positional[2]);
  bool any = false;
  for (const Value& v : inputs) any |= is_tensor(v) && to_tensor(v).requires_grad();
  if (!any || !at::GradMode::is_enabled()) return outputs;
  return guarded(in, [&]() -> Value {
    auto node = make_node(in, type, context, inputs);
    auto dirty = marked(in, context, "dirty_tensors"), plain = marked(in, context, "non_differentiable");
    std::unordered_set<const void*> input_ids;
    for (const Value& v : inputs)
      if (is_tensor(v)) input_ids.insert(to_tensor(v).unsafeGetTensorImpl());
    if (const auto* items = items_of(outputs)) {
      std::vector<Value> wrapped;
      for (const Value& v : *items) wrapped.push_back(wrap_output(in, v, node, input_ids, dirty, plain));
      return make_tuple(std::move(wrapped));
    }
    return wrap_output(in, outputs, node, input_ids, dirty, plain);
  });
}

Value autograd_grad(Interpreter& in, const Arguments& a) {
  static const Signature signature(
      "grad",
      "outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False, "
      "only_inputs=True, allow_unused=None, is_grads_batched=False, materialize_grads=False");
  auto v = signature.bind(in, a);
  auto tensors = [&](const Value& x) {
    std::vector<at::Tensor> result;
    if (x.is_none()) return result;
    if (is_tensor(x)) return std::vector<at::Tensor>{to_tensor(x)};
    for (const Value& i : in.to_vector(x)) result.push_back(i.is_none() ? at::Tensor() : to_tensor(i));
    return result;
  };
  bool create = in.truth(v[4]), materialize = in.truth(v[8]);
  bool unused = v[6].is_none() ? materialize : in.truth(v[6]);
  auto inputs = tensors(v[1]);
  TensorState& s = tensor_state(in);
  s.pending = nullptr;
  variable_list grads;
  try {
    grads = torch::autograd::grad(tensors(v[0]), inputs, tensors(v[2]), v[3].is_none() ? create : in.truth(v[3]),
                                  create, unused);
  } catch (const std::exception& e) {
    if (s.pending) std::rethrow_exception(std::exchange(s.pending, nullptr));
    translate_errors(in, nullptr, nullptr, e);
  }
  std::vector<Value> result;
  for (size_t i = 0; i < grads.size(); ++i)
    result.push_back(grads[i].defined() ? from_tensor(grads[i])
                     : materialize      ? from_tensor(at::zeros_like(inputs[i]))
                                        : Value());
  return make_tuple(std::move(result));
}

Value autograd_backward(Interpreter& in, const Arguments& a) {
  static const Signature signature("backward", "tensors, grad_tensors=None, retain_graph=None, create_graph=False");
  auto v = signature.bind(in, a);
  std::vector<at::Tensor> roots = is_tensor(v[0]) ? std::vector<at::Tensor>{to_tensor(v[0])} : to_tensors(in, v[0]),
                          grads;
  if (is_tensor(v[1]))
    grads = {to_tensor(v[1])};
  else if (!v[1].is_none())
    grads = to_tensors(in, v[1]);
  bool create = in.truth(v[3]);
  run_backward(in, roots, grads, v[2].is_none() ? create : in.truth(v[2]), create);
  return Value();
}

Value set_grad_enabled(Interpreter& in, const Arguments& a) {
  bool before = at::GradMode::is_enabled();
  at::GradMode::set_enabled(in.truth(a.positional[0]));
  return Value(before);
}

/// autocast_enter(enabled, dtype) → what autocast_exit takes.
Value autocast_enter(Interpreter& in, const Arguments& a) {
  bool enabled = at::autocast::is_autocast_enabled(at::kCPU);
  auto type = at::autocast::get_autocast_dtype(at::kCPU);
  at::autocast::set_autocast_enabled(at::kCPU, in.truth(a.positional[0]) && !under_test(in).wide);
  at::autocast::set_autocast_dtype(
      at::kCPU, a.positional[1].is_none() || under_test(in).wide ? at::kBFloat16 : to_dtype(in, a.positional[1]));
  at::autocast::increment_nesting();
  return make_tuple({Value(enabled), from_dtype(in, type)});
}
Value autocast_exit(Interpreter& in, const Arguments& a) {
  if (!items_of(a.positional[0]) || items_of(a.positional[0])->size() != 2)
    in.raise("TypeError", "autocast_exit() takes what autocast_enter() gave");
  const auto& before = *items_of(a.positional[0]);
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(at::kCPU, in.truth(before[0]));
  if (!under_test(in).wide) at::autocast::set_autocast_dtype(at::kCPU, to_dtype(in, before[1]));
  return Value();
}

}  // namespace

void add_autograd_functions(Interpreter& in, ModuleObject& m) {
  auto set = [&](const char* name, size_t n, NativeFunction f) {
    set_function(in, m, name, [f = std::move(f), n, name](Interpreter& i, const Arguments& a) {
      if (a.positional.size() != n)
        i.raise("TypeError", std::string(name) + "() takes " + std::to_string(n) + " arguments");
      return f(i, a);
    });
  };
  set("function_apply", 4, function_apply);
  set_function(in, m, "autograd_grad", autograd_grad);
  set_function(in, m, "autograd_backward", autograd_backward);
  set("set_grad_enabled", 1, set_grad_enabled);
  set_function(in, m, "is_grad_enabled",
               [](Interpreter&, const Arguments&) -> Value { return at::GradMode::is_enabled(); });
  set("autocast_enter", 2, autocast_enter);
  set("autocast_exit", 1, autocast_exit);
  set_function(in, m, "is_autocast_enabled",
               [](Interpreter&, const Arguments&) -> Value { return at::autocast::is_autocast_enabled(at::kCPU); });
  set_function(in, m, "autocast_dtype", [](Interpreter& i, const Arguments&) {
    return from_dtype(i, at::autocast::get_autocast_dtype(at::kCPU));
  });
}

}  // namespace gradus

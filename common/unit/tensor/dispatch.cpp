#include "unit/tensor/dispatch.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/core/function_schema.h>
#include <c10/util/Exception.h>

#include <new>
#include <sstream>

#include "unit/tensor/convert.h"
#include "unit/tensor/device.h"
#include "unit/tensor/display.h"
#include "unit/tensor/result.h"

namespace gradus {

namespace {

/// SplitMix64's finaliser (Steele et al. 2014) of scope key and draw number.
uint64_t mix(uint64_t key, uint64_t draw) {
  uint64_t z = key + 0x9E3779B97F4A7C15ull * (draw + 1);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

/// Kernels without a Generator argument draw from the default generator, so that one is reseeded for every call.
void reseed(Interpreter& in) {
  const c10::Device device = tensor_state(in).device;
  auto generator = at::globalContext().defaultGenerator(device.is_cuda() ? device : c10::Device(c10::kCPU));
  generator.set_current_seed(next_draw(in));
}

std::string operand_line(const c10::OperatorHandle& op, const c10::Stack& stack) {
  std::string line;
  const auto& arguments = op.schema().arguments();
  for (size_t i = 0; i < arguments.size() && i < stack.size(); ++i) {
    const c10::IValue& v = stack[i];
    auto add = [&](const at::Tensor& t, const std::string& name) {
      if (t.defined()) line += (line.empty() ? "" : ", ") + name + " " + shape_and_dtype(t);
    };
    if (v.isTensor()) add(v.toTensor(), arguments[i].name());
    if (v.isTensorList()) {
      size_t k = 0;
      for (const at::Tensor& t : v.toTensorVector()) add(t, arguments[i].name() + "[" + std::to_string(k++) + "]");
    }
  }
  return line;
}

std::string first_line(const std::exception& e) {
  std::string text = e.what();
  if (auto* c = dynamic_cast<const c10::Error*>(&e)) text = c->what_without_backtrace();
  for (const char* noise : {"\nException raised from", "\nTo see the full", "This error may indicate"})
    if (size_t at = text.find(noise); at != std::string::npos) text.resize(at);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

/// `empty` gives NaN (or a large negative integer): what a unit reads before it wrote shows.
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

struct BorrowedStack {
  explicit BorrowedStack(TensorState& s) : state(s) {
    if (!s.stacks.empty()) {
      stack = std::move(s.stacks.back());
      s.stacks.pop_back();
    }
  }
  ~BorrowedStack() {
    stack.clear();
    if (state.stacks.size() < 8) state.stacks.push_back(std::move(stack));
  }
  TensorState& state;
  c10::Stack stack;
};

constexpr size_t kMaxParameters = 24;
struct Match {
  const Value* values[kMaxParameters] = {};  // by parameter; null: default
  const std::vector<Value>* rest = nullptr;  // varargs ints, gathered
  bool requires_grad = false;
  int cost = kNoMatch;
};

/// Keywords that NumPy's names may stand for, and `input` for `self`, as in python_arg_parser.cpp.
int find_parameter(Interpreter& in, const Overload& o, const Ref<Str>& name) {
  for (size_t i = 0; i < o.parameters.size(); ++i)
    if (o.parameters[i].name.get() == name.get()) return static_cast<int>(i);
  const std::string& text = name->text;
  const char* other = text == "input" || text == "x" || text == "a" ? "self"
                      : text == "axis"                              ? "dim"
                      : text == "keepdims"                          ? "keepdim"
                      : text == "x2"                                ? "other"
                      : text == "tensor"                            ? "self"
                      : text == "unbiased"                          ? ""
                                                                    : "";
  if (!*other) return -1;
  Ref<Str> alias = in.intern(other);
  for (size_t i = 0; i < o.parameters.size(); ++i)
    if (o.parameters[i].name.get() == alias.get()) return static_cast<int>(i);
  return -1;
}

bool place_positional(const Overload& o, const Arguments& a, std::vector<Value>& rest, Match& m) {
  size_t n = a.positional.size(), allowed = 0;
  while (allowed < o.parameters.size() && !o.parameters[allowed].keyword_only) ++allowed;
  size_t v = static_cast<size_t>(o.varargs);
  if (o.varargs >= 0 && n > v && is_int_like(a.positional[v])) {
    for (size_t i = 0; i < v; ++i) m.values[i] = &a.positional[i];
    rest.clear();
    for (size_t i = v; i < n; ++i) {
      if (!is_int_like(a.positional[i])) return false;
      rest.push_back(a.positional[i]);
    }
    m.rest = &rest;
    return true;
  }
  if (n > allowed) return false;
  for (size_t i = 0; i < n; ++i) m.values[i] = &a.positional[i];
  return true;
}

bool place_keywords(Interpreter& in, const Overload& o, const Arguments& a, Match& m) {
  for (const auto& [name, value] : a.keywords) {
    if (o.takes_requires_grad && name->text == "requires_grad") {
      m.requires_grad = value.is_bool() && value.as_bool();
      continue;
    }
    int i = find_parameter(in, o, name);
    if (i < 0) {
      if (name->text == "out" && value.is_none()) continue;
      return false;
    }
    if (m.values[i] || (m.rest && i == o.varargs)) return false;
    m.values[i] = &value;
  }
  return true;
}

Match match(Interpreter& in, const Overload& o, const Arguments& a, std::vector<Value>& rest) {
  Match m;
  if (o.parameters.size() > kMaxParameters || !place_positional(o, a, rest, m) ||
      (!a.keywords.empty() && !place_keywords(in, o, a, m)))
    return m;
  int cost = 0;
  for (size_t i = 0; i < o.parameters.size(); ++i) {
    const auto& p = o.parameters[i];
    if (m.rest && static_cast<int>(i) == o.varargs) continue;
    if (!m.values[i]) {
      if (!p.has_default && !(p.optional && (p.keyword_only || p.kind == ParameterKind::kGenerator))) return m;
      continue;
    }
    int c = match_cost(*m.values[i], p, o.numbers_as_tensors);
    if (c == kNoMatch) {
      // None where a default exists means the default: `dtype=None`, `dim=None` of overloads without an optional.
      return m;
    }
    cost += c;
  }
  m.cost = cost;
  return m;
}

void push_arguments(Interpreter& in, const Overload& o, const Match& m, c10::Stack& stack) {
  for (size_t i = 0; i < o.parameters.size(); ++i) {
    const auto& p = o.parameters[i];
    if (m.rest && static_cast<int>(i) == o.varargs) {
      c10::List<int64_t> list;
      for (const Value& v : *m.rest) list.push_back(to_int(in, v));
      stack.emplace_back(std::move(list));
    } else if (m.values[i]) {
      stack.push_back(to_ivalue(in, *m.values[i], p));
    } else {
      stack.push_back(p.default_value);
    }
  }
}

std::string describe_arguments(Interpreter& in, const Arguments& a) {
  std::string text;
  auto one = [&](const Value& v) {
    if (is_tensor(v)) return "Tensor " + shape_and_dtype(to_tensor(v));
    if (const auto* items = items_of(v)) {
      std::string inner;
      for (size_t i = 0; i < items->size() && i < 4; ++i) inner += (i ? ", " : "") + in.type_name((*items)[i]);
      return in.type_name(v) + " of (" + inner + (items->size() > 4 ? ", ...)" : ")");
    }
    return in.type_name(v);
  };
  for (const Value& v : a.positional) text += (text.empty() ? "" : ", ") + one(v);
  for (const auto& [name, v] : a.keywords) text += (text.empty() ? "" : ", ") + name->text + "=" + one(v);
  return text;
}

[[noreturn]] void raise_no_match(Interpreter& in, const BoundOperator& b, const Arguments& a) {
  for (const auto& [name, v] : a.keywords)
    if (name->text == "out" && !v.is_none())
      in.raise("TypeError", b.name + "(): out= is not supported in this language: assign the result, or use copy_");
  std::ostringstream s;
  s << b.name << "() received an invalid combination of arguments - got (" << describe_arguments(in, a)
    << "), but expected " << (b.overloads.size() == 1 ? "" : "one of:");
  for (const auto& o : b.overloads) s << (b.overloads.size() == 1 ? "" : "\n * ") << describe(b.name, o);
  in.raise("TypeError", s.str());
}

Value run_match(Interpreter& in, const Overload& o, const Match& m, const Arguments& a) {
  BorrowedStack borrowed(tensor_state(in));
  auto& stack = borrowed.stack;
  push_arguments(in, o, m, stack);
  call_operator(in, o, stack);
  const Value* self = a.positional.empty() ? nullptr : &a.positional[0];
  Value result = from_results(in, o, stack.data(), stack.size(), self);
  if (m.requires_grad) to_tensor(result).set_requires_grad(true);
  return result;
}

}  // namespace

uint64_t next_draw(Interpreter& in) {
  RandomScope& r = tensor_state(in).random;
  return mix(r.key, r.draws++);
}

void translate_errors(Interpreter& in, const c10::OperatorHandle* op, const c10::Stack* stack,
                      const std::exception& e) {
  std::string message = first_line(e);
  if (op && stack)
    if (std::string operands = operand_line(*op, *stack); !operands.empty()) message += "\nshapes: " + operands;
  in.raise(native_exception_class(e), message);
}

/// A kernel told to drop nothing draws nothing. On the CPU it counts as a draw all the same: streams stay what they
/// were.
static bool is_drawing(const TensorState& s, const Overload& o, const c10::Stack& stack) {
  if (!o.random || o.dropout < 0 || s.device.is_cpu()) return o.random;
  const c10::IValue& dropped = stack.at(o.dropout);
  return dropped.isDouble() ? dropped.toDouble() > 0 : !dropped.isBool() || dropped.toBool();
}

void call_operator(Interpreter& in, const Overload& o, c10::Stack& stack) {
  in.count_step();
  TensorState& s = tensor_state(in);
  if (is_drawing(s, o, stack)) reseed(in);
  if (o.dropout >= 0 && s.under_test.no_dropout)
    stack.at(o.dropout) = stack.at(o.dropout).isDouble() ? c10::IValue(0.0) : c10::IValue(false);
  std::vector<c10::IValue> inputs;
  try {
    if (!s.device.is_cpu()) settle_devices(in, o, stack);
    if (s.observer) inputs = stack;
    if (!o.instead || !o.instead(stack)) o.op.callBoxed(stack);
    if (o.fills_nan) fill_nan(stack);
  } catch (const c10::Error& e) {
    translate_errors(in, &o.op, &stack, e);
  } catch (const std::bad_alloc& e) {
    translate_errors(in, &o.op, &stack, e);
  }
  if (s.observer) s.observer({o.op, inputs, stack});
}

c10::IValue apply_operator(Interpreter& in, const Overload& o, std::initializer_list<c10::IValue> arguments) {
  BorrowedStack borrowed(tensor_state(in));
  borrowed.stack.insert(borrowed.stack.end(), arguments.begin(), arguments.end());
  for (size_t i = arguments.size(); i < o.parameters.size(); ++i)
    borrowed.stack.push_back(o.parameters[i].default_value);
  call_operator(in, o, borrowed.stack);
  return borrowed.stack.empty() ? c10::IValue() : std::move(borrowed.stack[0]);
}

BoundOperator& bound_operator(Interpreter& in, const std::string& name) {
  TensorState& s = tensor_state(in);
  BoundOperator*& b = s.by_name[name];
  if (!b) b = &s.operators.emplace_back(BoundOperator{name, false, {}});
  return *b;
}

Value call_bound(Interpreter& in, BoundOperator& b, const Arguments& a) {
  if (!b.found) {
    b.overloads = find_overloads(in, b.name);
    b.found = true;
  }
  std::vector<Value> rest, best_rest;
  Match best;
  const Overload* chosen = nullptr;
  for (const auto& o : b.overloads) {
    Match m = match(in, o, a, rest);
    if (m.cost == kNoMatch || (chosen && m.cost >= best.cost)) continue;
    best = std::move(m);
    chosen = &o;
    if (best.rest) {
      best_rest = std::move(rest);
      best.rest = &best_rest;
    }
    if (best.cost == 0) break;
  }
  if (!chosen) raise_no_match(in, b, a);
  return run_match(in, *chosen, best, a);
}

Value call_named(Interpreter& in, const std::string& name, std::initializer_list<Value> positional,
                 std::initializer_list<std::pair<std::string_view, Value>> keywords) {
  std::vector<std::pair<Ref<Str>, Value>> named;
  for (const auto& [k, v] : keywords) named.emplace_back(in.intern(k), v);
  return call_bound(in, bound_operator(in, name), Arguments{{positional.begin(), positional.size()}, named});
}

}  // namespace gradus

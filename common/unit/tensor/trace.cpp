#include "unit/tensor/trace.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/function_schema.h>

#include <cstdio>
#include <unordered_map>

#include "base/hash.h"
#include "unit/tensor/display.h"

namespace gradus {

namespace {

/// Where a tensor operand comes from.
struct Source {
  enum class Kind : uint8_t { kCall, kParameter, kInput, kConstant } kind = Kind::kConstant;
  int call = -1, output = 0;  // kCall
  int number = -1;            // kParameter, kInput
  int write = -1;             // a later call that wrote into the same memory
  std::string text;           // kConstant, and the layout of an alias
};

/// An argument: text, with sources where it holds tensors.
struct Argument {
  std::string text;  // "%" stands for the next source
  std::vector<Source> sources;
};

struct Call {
  std::string name;
  std::vector<Argument> arguments;
};

std::string sizes_text(at::IntArrayRef sizes) {
  std::string s;
  for (int64_t n : sizes) s += (s.empty() ? "" : "x") + std::to_string(n);
  return s;
}

std::string number_text(const c10::Scalar& s) {
  char buffer[80];
  if (s.isBoolean()) return s.toBool() ? "True" : "False";
  if (s.isIntegral(false)) return std::to_string(s.toLong());
  if (s.isComplex())
    std::snprintf(buffer, sizeof buffer, "(%.17g%+.17gj)", s.toComplexDouble().real(), s.toComplexDouble().imag());
  else
    std::snprintf(buffer, sizeof buffer, "%.17gf", s.toDouble());
  return buffer;
}

std::string quoted(std::string s) {
  for (char& c : s)
    if (c == '%') c = '$';  // the mark of a source
  return "'" + s + "'";
}

/// Content of a tensor that no call made.
std::string constant_text(const at::Tensor& t) {
  at::Tensor c = t.detach().contiguous();
  std::string bytes(static_cast<const char*>(c.const_data_ptr()), c.nbytes());
  return "const:" + dtype_name(t.scalar_type()) + ":" + sizes_text(t.sizes()) + ":" + hash_hex16(bytes);
}

}  // namespace

struct Tracer::Graph {
  std::vector<Call> calls;
  std::unordered_map<const void*, Source> made;      // by TensorImpl
  std::unordered_map<const void*, Source> storages;  // by StorageImpl: who made the memory
  std::unordered_map<const void*, int> writes;       // by StorageImpl: the last call that wrote
  std::vector<at::Tensor> alive;
  std::vector<std::string> parameter_shapes;

  static const void* storage(const at::Tensor& t) {
    return t.has_storage() ? t.storage().unsafeGetStorageImpl() : nullptr;
  }

  void define(const at::Tensor& t, const Source& s) {
    alive.push_back(t);
    made[t.unsafeGetTensorImpl()] = s;
    if (storage(t)) storages.try_emplace(storage(t), s);
  }

  Source source_of(const at::Tensor& t) {
    if (!t.defined()) return {Source::Kind::kConstant, -1, 0, -1, -1, "None"};
    if (t.unsafeGetTensorImpl()->is_wrapped_number())
      return {Source::Kind::kConstant, -1, 0, -1, -1, "num:" + number_text(t.item())};
    Source s;
    if (auto found = made.find(t.unsafeGetTensorImpl()); found != made.end()) {
      s = found->second;
    } else if (auto memory = storages.find(storage(t)); storage(t) && memory != storages.end()) {
      s = memory->second;  // x.data and its like: the same memory under another tensor
      s.text =
          "[" + sizes_text(t.sizes()) + ":" + sizes_text(t.strides()) + ":" + std::to_string(t.storage_offset()) + "]";
    } else {
      s.text = constant_text(t);
      define(t, s);
    }
    if (auto w = writes.find(storage(t)); w != writes.end() && w->second > s.call) s.write = w->second;
    return s;
  }

  Argument argument(const c10::IValue& v) {
    Argument a;
    if (v.isTensor()) {
      a.text = "%";
      a.sources.push_back(source_of(v.toTensor()));
    } else if (v.isTensorList()) {
      for (const at::Tensor& t : v.toTensorVector())
        a.text += a.text.empty() ? "%" : ",%", a.sources.push_back(source_of(t));
      a.text = "[" + a.text + "]";
    } else if (v.isNone()) {
      a.text = "None";
    } else if (v.isScalar()) {
      a.text = number_text(v.toScalar());
    } else if (v.isString()) {
      a.text = quoted(v.toStringRef());
    } else if (v.isList()) {
      for (const c10::IValue& i : v.toListRef()) {
        Argument inner = argument(i);
        a.text += (a.text.empty() ? "" : ",") + inner.text;
        a.sources.insert(a.sources.end(), inner.sources.begin(), inner.sources.end());
      }
      a.text = "[" + a.text + "]";
    } else {
      a.text = v.tagKind();
    }
    return a;
  }

  void record(const OperatorCall& c) {
    Call call;
    const auto& schema = c.op.schema();
    call.name = schema.name().substr(6) + (schema.overload_name().empty() ? "" : "." + schema.overload_name());
    for (const auto& v : c.inputs) call.arguments.push_back(argument(v));
    int number = static_cast<int>(calls.size());
    calls.push_back(std::move(call));
    for (size_t i = 0; i < c.inputs.size() && i < schema.arguments().size(); ++i) {
      const auto* alias = schema.arguments()[i].alias_info();
      if (alias && alias->isWrite() && c.inputs[i].isTensor() && storage(c.inputs[i].toTensor()))
        writes[storage(c.inputs[i].toTensor())] = number;
    }
    int output = 0;
    for (const auto& v : c.outputs) {
      if (v.isTensor() && v.toTensor().defined())
        define(v.toTensor(), {Source::Kind::kCall, number, output++, -1, -1, ""});
      if (v.isTensorList())
        for (const at::Tensor& t : v.toTensorVector()) define(t, {Source::Kind::kCall, number, output++, -1, -1, ""});
    }
  }
};

namespace {

/// Numbers what reaches the outputs and writes it down.
struct Writer {
  const std::vector<Call>& calls;
  const std::vector<std::string>& parameter_shapes;
  std::unordered_map<int, int> numbers, parameters, inputs;
  std::string text;

  std::string name(const Source& s) {
    std::string n;
    if (s.kind == Source::Kind::kCall)
      n = "%" + std::to_string(numbers.at(s.call)) + (s.output ? "." + std::to_string(s.output) : "") + s.text;
    else if (s.kind == Source::Kind::kConstant)
      n = s.text;
    else {
      auto& table = s.kind == Source::Kind::kParameter ? parameters : inputs;
      int k = table.try_emplace(s.number, static_cast<int>(table.size())).first->second;
      n = (s.kind == Source::Kind::kParameter ? "p" : "x") + std::to_string(k);
      if (s.kind == Source::Kind::kParameter) n += ":" + parameter_shapes[static_cast<size_t>(s.number)];
      n += s.text;
    }
    if (s.write >= 0) n += "@" + std::to_string(numbers.at(s.write));
    return n;
  }

  static std::vector<int> needs(const Source& s) {
    std::vector<int> n;
    if (s.kind == Source::Kind::kCall) n.push_back(s.call);
    if (s.write >= 0) n.push_back(s.write);
    return n;
  }

  void write_call(int k) {
    const Call& c = calls[static_cast<size_t>(k)];
    std::string line = c.name + "(";
    for (size_t i = 0; i < c.arguments.size(); ++i) {
      if (i) line += ", ";
      size_t next = 0;
      for (char ch : c.arguments[i].text) line += ch == '%' ? name(c.arguments[i].sources[next++]) : std::string(1, ch);
    }
    int number = static_cast<int>(numbers.size());
    numbers[k] = number;
    text += "%" + std::to_string(number) + " = " + line + ")\n";
  }

  /// Depth first without recursion: graphs of loops are deep.
  void visit(int root) {
    std::vector<std::pair<int, bool>> stack{{root, false}};
    while (!stack.empty()) {
      auto [k, ready] = stack.back();
      stack.pop_back();
      if (numbers.contains(k)) continue;
      if (ready) {
        write_call(k);
        continue;
      }
      stack.emplace_back(k, true);
      std::vector<int> wanted;
      for (const auto& a : calls[static_cast<size_t>(k)].arguments)
        for (const auto& s : a.sources)
          for (int n : needs(s)) wanted.push_back(n);
      for (size_t i = wanted.size(); i-- > 0;)
        if (!numbers.contains(wanted[i])) stack.emplace_back(wanted[i], false);
    }
  }
};

}  // namespace

Tracer::Tracer(Interpreter& in, const std::vector<NamedTensor>& parameters, const std::vector<at::Tensor>& inputs)
    : interpreter_(in), graph_(std::make_unique<Graph>()) {
  for (size_t i = 0; i < parameters.size(); ++i) {
    const at::Tensor& t = parameters[i].tensor;
    graph_->parameter_shapes.push_back(dtype_name(t.scalar_type()) + ":" + sizes_text(t.sizes()));
    graph_->define(t, {Source::Kind::kParameter, -1, 0, static_cast<int>(i), -1, ""});
  }
  for (size_t i = 0; i < inputs.size(); ++i)
    graph_->define(inputs[i], {Source::Kind::kInput, -1, 0, static_cast<int>(i), -1, ""});
  set_observer(in, [g = graph_.get()](const OperatorCall& c) { g->record(c); });
}

Tracer::~Tracer() { set_observer(interpreter_, {}); }

size_t Tracer::calls() const { return graph_->calls.size(); }

std::string Tracer::text(const std::vector<at::Tensor>& outputs) const {
  Writer w{graph_->calls, graph_->parameter_shapes, {}, {}, {}, "gradus trace " + std::to_string(kTraceScheme) + "\n"};
  std::vector<Source> ends;
  for (const at::Tensor& t : outputs) {
    ends.push_back(graph_->source_of(t));
    for (int n : Writer::needs(ends.back())) w.visit(n);
  }
  std::string line = "return";
  for (const Source& s : ends) line += " " + w.name(s);
  return w.text + line + "\n";
}

std::string Tracer::trace_id(const std::vector<at::Tensor>& outputs) const { return hash_hex16(text(outputs)); }

}  // namespace gradus

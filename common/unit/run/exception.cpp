#include <c10/util/Exception.h>

#include <new>

#include "unit/run/state.h"
#include "unit/syntax/parse.h"

/// Exceptions of the language, and how errors of C++ become them.
namespace gradus {

ExceptionData& exception_data(const Value& v) { return *static_cast<ExceptionData*>(v.as<Instance>().extra.get()); }

namespace {

Value allocate_exception(Interpreter&, const Ref<Class>& c) {
  Ref<Instance> e = make<Instance>(c);
  e->extra = std::make_shared<ExceptionData>();
  return e;
}

struct Known {
  const char *name, *base;
};
constexpr Known kHierarchy[] = {
    {"Exception", "BaseException"},
    {"KeyboardInterrupt", "BaseException"},
    {"SystemExit", "BaseException"},
    {"GeneratorExit", "BaseException"},
    {"ArithmeticError", "Exception"},
    {"FloatingPointError", "ArithmeticError"},
    {"OverflowError", "ArithmeticError"},
    {"ZeroDivisionError", "ArithmeticError"},
    {"AssertionError", "Exception"},
    {"AttributeError", "Exception"},
    {"BufferError", "Exception"},
    {"EOFError", "Exception"},
    {"ImportError", "Exception"},
    {"ModuleNotFoundError", "ImportError"},
    {"LookupError", "Exception"},
    {"IndexError", "LookupError"},
    {"KeyError", "LookupError"},
    {"MemoryError", "Exception"},
    {"NameError", "Exception"},
    {"UnboundLocalError", "NameError"},
    {"OSError", "Exception"},
    {"FileNotFoundError", "OSError"},
    {"FileExistsError", "OSError"},
    {"PermissionError", "OSError"},
    {"IsADirectoryError", "OSError"},
    {"NotADirectoryError", "OSError"},
    {"InterruptedError", "OSError"},
    {"BlockingIOError", "OSError"},
    {"ChildProcessError", "OSError"},
    {"ProcessLookupError", "OSError"},
    {"ConnectionError", "OSError"},
    {"BrokenPipeError", "ConnectionError"},
    {"ConnectionAbortedError", "ConnectionError"},
    {"ConnectionRefusedError", "ConnectionError"},
    {"ConnectionResetError", "ConnectionError"},
    {"TimeoutError", "OSError"},
    {"ReferenceError", "Exception"},
    {"RuntimeError", "Exception"},
    {"NotImplementedError", "RuntimeError"},
    {"RecursionError", "RuntimeError"},
    {"StopIteration", "Exception"},
    {"StopAsyncIteration", "Exception"},
    {"SyntaxError", "Exception"},
    {"IndentationError", "SyntaxError"},
    {"TabError", "IndentationError"},
    {"SystemError", "Exception"},
    {"TypeError", "Exception"},
    {"ValueError", "Exception"},
    {"UnicodeError", "ValueError"},
    {"UnicodeDecodeError", "UnicodeError"},
    {"UnicodeEncodeError", "UnicodeError"},
    {"UnicodeTranslateError", "UnicodeError"},
    {"Warning", "Exception"},
    {"BytesWarning", "Warning"},
    {"DeprecationWarning", "Warning"},
    {"FutureWarning", "Warning"},
    {"ImportWarning", "Warning"},
    {"PendingDeprecationWarning", "Warning"},
    {"ResourceWarning", "Warning"},
    {"RuntimeWarning", "Warning"},
    {"SyntaxWarning", "Warning"},
    {"UnicodeWarning", "Warning"},
    {"UserWarning", "Warning"},
};

void add(Interpreter& i, const char* name, std::vector<Ref<Class>> bases) {
  Ref<Class> c = i.native_class(name, "builtins", Kind::kInstance, std::move(bases));
  c->is_exception = true;
  c->allocate = allocate_exception;
  i.state().exceptions[name] = c;
  i.state().builtins->set(i.intern(name), c);
}

/// What it was made with; nothing for one that object.__new__ made.
const std::vector<Value>& arguments_of(const Value& e) {
  static const std::vector<Value> kNone;
  const Value& given = exception_data(e).arguments;
  return given.is(Kind::kTuple) ? given.as<Tuple>().items : kNone;
}

Value init(Interpreter& i, const Arguments& a) {
  exception_data(a.positional[0]).arguments =
      make<Tuple>(std::vector<Value>(a.positional.begin() + 1, a.positional.end()));
  (void)i;
  return {};
}

Value text(Interpreter& i, const Arguments& a) {
  const auto& arguments = arguments_of(a.positional[0]);
  if (arguments.empty()) return i.make_str("");
  if (arguments.size() == 1)
    return i.make_str(i.is_instance(a.positional[0], i.exception_class("KeyError")) ? i.repr(arguments[0])
                                                                                    : i.str(arguments[0]));
  return i.make_str(i.repr(exception_data(a.positional[0]).arguments));
}

Value representation(Interpreter& i, const Arguments& a) {
  const auto& arguments = arguments_of(a.positional[0]);
  std::string s;
  for (const Value& v : arguments) s += (s.empty() ? "" : ", ") + i.repr(v);
  return i.make_str(i.type_name(a.positional[0]) + "(" + s + ")");
}

}  // namespace

void install_exceptions(Interpreter& i) {
  add(i, "BaseException", {i.state().object});
  for (const Known& k : kHierarchy) add(i, k.name, {i.state().exceptions.at(k.base)});
  for (const auto& [alias, name] : {std::pair{"IOError", "OSError"}, {"EnvironmentError", "OSError"}})
    i.state().builtins->set(i.intern(alias), i.state().exceptions.at(name));
  const Ref<Class> base = i.state().exceptions.at("BaseException");
  i.state().base_exception = base;
  i.state().exception = i.state().exceptions.at("Exception");
  i.method(base, "__init__", init);
  i.method(base, "__str__", text);
  i.method(base, "__repr__", representation);
  i.method(base, "with_traceback", [](Interpreter&, const Arguments& a) { return a.positional[0]; });
  i.method(base, "add_note", [](Interpreter&, const Arguments&) { return Value(); });
  i.getter(i.state().exceptions.at("SystemExit"), "code", [](Interpreter&, const Arguments& a) -> Value {
    const std::vector<Value>& given = arguments_of(a.positional[0]);
    return given.empty() ? Value() : given.size() == 1 ? given[0] : exception_data(a.positional[0]).arguments;
  });
  i.getter(i.state().exceptions.at("StopIteration"), "value", [](Interpreter&, const Arguments& a) -> Value {
    const auto& arguments = arguments_of(a.positional[0]);
    return arguments.empty() ? Value() : arguments[0];
  });
}

Ref<Class> Interpreter::exception_class(std::string_view name) {
  const auto at = state_->exceptions.find(std::string(name));
  return at == state_->exceptions.end() ? state_->exceptions.at("RuntimeError") : at->second;
}

Value make_exception(Interpreter& i, const Ref<Class>& c, std::vector<Value> arguments) {
  Value e = allocate_exception(i, c);
  exception_data(e).arguments = make<Tuple>(std::move(arguments));
  return e;
}

void raise_exception(Interpreter& i, const Value& e) {
  ExceptionData& d = exception_data(e);
  const Value& handled = i.state().handled;
  if (handled.is_object() && !handled.same(e) && d.context.is_none()) {
    // Never a circle: an exception on the way down the chain that is e itself ends it.
    for (Value c = handled; c.is_object(); c = exception_data(c).context)
      if (exception_data(c).context.same(e)) exception_data(c).context = Value();
    d.context = handled;
  }
  throw Raised(e);
}

void Interpreter::raise(std::string_view exception_class_name, const std::string& message) {
  Entry entry(*this);
  raise_exception(*this, make_exception(*this, exception_class(exception_class_name), {make_str(message)}));
}

void raise_suggesting(Interpreter& i, std::string_view name, const std::string& message,
                      const std::string& suggestion) {
  const Value e = make_exception(i, i.exception_class(name), {i.make_str(message)});
  exception_data(e).suggestion = suggestion;
  raise_exception(i, e);
}

namespace {

bool is_exception_class(const Value& v) { return v.is(Kind::kClass) && v.as<Class>().is_exception; }

Value made(Interpreter& i, const Value& v) { return is_exception_class(v) ? i.call(v, {}) : v; }

}  // namespace

bool is_exception(const Value& v) { return v.is(Kind::kInstance) && v.as<Instance>().type->is_exception; }

void raise_value(Interpreter& i, const Value& given, const Value& cause) {
  if (!is_exception_class(given) && !is_exception(given))
    i.raise("TypeError", "exceptions must derive from BaseException");
  const Value e = made(i, given);
  if (!is_exception(e)) i.raise("TypeError", "exceptions must derive from BaseException");
  if (cause.defined()) {
    if (!cause.is_none() && !is_exception_class(cause) && !is_exception(cause))
      i.raise("TypeError", "exception causes must derive from BaseException");
    exception_data(e).cause = made(i, cause);
    exception_data(e).suppress_context = true;
  }
  raise_exception(i, e);
}

bool exception_matches(Interpreter& i, const Value& e, const Value& types) {
  if (types.is(Kind::kTuple)) {
    for (const Value& t : types.as<Tuple>().items)
      if (exception_matches(i, e, t)) return true;
    return false;
  }
  if (!is_exception_class(types))
    i.raise("TypeError", "catching classes that do not inherit from BaseException is not allowed");
  return i.is_subclass(i.type_of(e), &types.as<Class>());
}

Value exception_from_native(Interpreter& i, const std::exception& e) {
  const auto made_as = [&](const char* name, const std::string& message) {
    Value v = make_exception(i, i.exception_class(name), {i.make_str(message)});
    if (i.state().handled.is_object()) exception_data(v).context = i.state().handled;
    return v;
  };
  if (const auto* s = dynamic_cast<const syntax::SyntaxError*>(&e)) return made_as(s->type.c_str(), s->message);
  if (dynamic_cast<const std::bad_alloc*>(&e) || dynamic_cast<const std::length_error*>(&e))
    return made_as("MemoryError", "out of memory");
  if (const auto* c = dynamic_cast<const c10::Error*>(&e)) {
    const char* name = dynamic_cast<const c10::IndexError*>(&e)            ? "IndexError"
                       : dynamic_cast<const c10::ValueError*>(&e)          ? "ValueError"
                       : dynamic_cast<const c10::TypeError*>(&e)           ? "TypeError"
                       : dynamic_cast<const c10::NotImplementedError*>(&e) ? "NotImplementedError"
                       : dynamic_cast<const c10::OutOfMemoryError*>(&e)    ? "MemoryError"
                                                                           : "RuntimeError";
    return made_as(name, c->what_without_backtrace());
  }
  return made_as("RuntimeError", e.what());
}

std::vector<ExceptionData::Entry> frames_now(Interpreter& i) {
  std::vector<ExceptionData::Entry> all;
  for (const Frame* f = i.state().frame; f; f = f->back) all.push_back({f->function->code, f->current});
  return all;
}

}  // namespace gradus

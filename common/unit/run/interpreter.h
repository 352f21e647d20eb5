/// Runs units: one Interpreter is one closed world with its own modules, limits and random stream. No file, network,
/// process, clock or environment is reachable from the language.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "unit/run/value.h"
#include "unit/syntax/parse.h"

namespace gradus {

/// Bounds of one Interpreter. A limit hit raises an ordinary error (RecursionError, MemoryError, TimeoutError) with a
/// line; `steps` and `seconds` cannot be caught by the unit.
struct Limits {
  uint64_t steps = 2'000'000'000;             // instructions
  int recursion = 200;                        // nested calls
  double seconds = 0;                         // of the processor since start_clock(); 0: none
  uint64_t tensor_bytes = uint64_t{8} << 30;  // a single tensor larger than this is refused before it is tried
  uint64_t container_items = 50'000'000;      // one list, str, … may not grow beyond
  syntax::Limits syntax;
};

/// A unit failed: an uncaught exception, a syntax error or a limit. what() is the whole Python-like traceback with
/// source lines and carets; `message` its last line; `line` where in which file it was raised.
struct UnitError : std::runtime_error {
  UnitError(std::string traceback, std::string message_, std::string file_, int line_)
      : std::runtime_error(std::move(traceback)), message(std::move(message_)), file(std::move(file_)), line(line_) {}
  std::string message, file;
  int line;
  std::string type;  // "TypeError", …
};

/// The exception class that stands for an error of C++ or ATen.
const char* native_exception_class(const std::exception&);

class Interpreter {
 public:
  explicit Interpreter(Limits limits = {});
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;

  // For embedders. These throw UnitError.
  /// Executes a source in a fresh module namespace and returns the module. `file` is its name in errors, `name` its
  /// __name__: by default no main block runs.
  Ref<ModuleObject> run(std::string_view source, const std::string& file, const std::string& name = "unit");
  /// callable(*positional, **keywords)
  Value invoke(const Value& callable, std::vector<Value> positional = {},
               std::vector<std::pair<std::string, Value>> keywords = {});
  /// Runs f, turning Raised, ATen errors and limits into UnitError.
  Value guard(const std::function<Value()>& f);

  // For native code. These throw Raised.
  [[noreturn]] void raise(std::string_view exception_class, const std::string& message);
  Value call(const Value& callable, std::span<const Value> positional,
             std::span<const std::pair<Ref<Str>, Value>> keywords = {});
  Value get_attribute(const Value& object, const Ref<Str>& name);   // raises AttributeError
  Value find_attribute(const Value& object, const Ref<Str>& name);  // undefined when absent
  void set_attribute(const Value& object, const Ref<Str>& name, Value value);
  Value binary(syntax::Op op, const Value& left, const Value& right);
  Value in_place(syntax::Op op, const Value& left, const Value& right);
  Value unary(syntax::Op op, const Value& operand);
  Value compare(syntax::Op op, const Value& left, const Value& right);
  Value get_item(const Value& object, const Value& key);
  void set_item(const Value& object, const Value& key, const Value& value);
  bool truth(const Value& v);
  bool equal(const Value& a, const Value& b);
  size_t hash(const Value& v);
  int64_t length(const Value& v);
  Value iterate(const Value& v);      // an Iterator, Generator or Instance with __next__
  Value next(const Value& iterator);  // undefined at the end
  std::vector<Value> to_vector(const Value& iterable);
  std::string repr(const Value& v);
  std::string str(const Value& v);
  std::string format(const Value& v, std::string_view spec);
  std::string type_name(const Value& v);  // as in error messages: "int", "Tensor", "list"
  Class* type_of(const Value& v);
  bool is_instance(const Value& v, const Value& class_or_tuple);
  bool is_subclass(const Class* c, const Class* base);
  bool contains(const Value& container, const Value& item);
  void delete_attribute(const Value& object, const Ref<Str>& name);
  void delete_item(const Value& object, const Value& key);
  bool is_callable(const Value& v);
  /// Adds n units of work to the step count: for native loops over n items or bytes.
  void charge(uint64_t n) {
    steps_ += n;
    if (steps_ >= step_check_) check_limits();
  }
  /// Refuses (MemoryError) a container of n items that is larger than the limit.
  void check_size(double n_items);

  /// What a callable can be called with, `self` left out: a Function, a class (its __init__), a bound method, a
  /// partial.
  struct ParameterInfo {
    enum class Kind : uint8_t { kPositionalOnly, kPositional, kVarargs, kKeywordOnly, kKwargs };
    std::string name;
    Kind kind;
    Value default_value = Value::undefined();
    std::string annotation;  // source text; empty when none
  };
  std::vector<ParameterInfo> function_signature(const Value& callable);
  /// Where `print` writes; none by default.
  std::function<void(std::string_view)> print_sink;

  // Names and classes.
  Ref<Str> intern(std::string_view name);
  Value make_str(std::string text);
  Ref<Class> native_class(std::string name, std::string module, Kind kind, std::vector<Ref<Class>> bases = {});
  void method(const Ref<Class>& c, std::string_view name, NativeFunction f);  // self, of class c, is positional[0]
  void getter(const Ref<Class>& c, std::string_view name, NativeFunction f);  // property
  void set_hooks(Kind kind, const Hooks& hooks);
  Ref<Class> exception_class(std::string_view name);  // "ValueError", …
  Value builtin(std::string_view name);

  // Modules of the prelude. `import a.b.c` looks here only; a miss is ModuleNotFoundError naming the nearest.
  using Loader = std::function<void(Interpreter&, ModuleObject&)>;
  void add_module(std::string name, Loader native);  // run at first import
  void add_module(std::string name, std::string_view python_source);
  Value import(std::string_view dotted_name);
  /// A global name that is found without an import where the unit has none such: the module's attribute.
  void add_bare_name(std::string name, std::string module);
  std::vector<std::string> known_modules() const;

  /// Every container that is alive: what could hold state.
  void for_each_container(const std::function<void(Container&)>&);

  // Bounds and clocks.
  void start_clock();
  void count_step() {
    if (++steps_ >= step_check_) check_limits();
  }
  uint64_t steps() const { return steps_; }
  const Limits& limits() const { return limits_; }

  /// Whatever the tensor layer keeps per interpreter (random stream, observers, modes); owned here, typed there.
  std::shared_ptr<void> tensor_state;

  struct State;  // the evaluator's own
  State& state() { return *state_; }

 private:
  void check_limits();
  Limits limits_;
  uint64_t steps_ = 0, step_check_ = 1 << 16;
  std::unique_ptr<State> state_;
};

/// Argument matching for native functions, by Python's rules: `signature("x, y=None, *, eps=1e-5")` once, then
/// bind(arguments) gives the values in declared order; Value::undefined() where a default was not given in the text.
/// Defaults are None, True, False, numbers and 'text'. Raises TypeErrors worded as CPython's.
class Signature {
 public:
  Signature(std::string function, std::string_view text);
  std::vector<Value> bind(Interpreter&, const Arguments&) const;

 private:
  struct Entry {
    std::string name;
    std::optional<Value> default_value;
    bool keyword_only = false;
  };
  std::string function_;
  std::vector<Entry> entries_;
  int varargs_ = -1, kwargs_ = -1;
};

}  // namespace gradus

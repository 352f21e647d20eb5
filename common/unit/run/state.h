/// What the evaluator keeps per Interpreter. Only sources of run/ include this.
#pragma once

#include <array>
#include <map>
#include <unordered_map>

#include "unit/run/interpreter.h"
#include "unit/run/object.h"

namespace gradus {

/// Names the evaluator itself looks up, interned once.
struct Names {
  explicit Names(Interpreter&);
  Ref<Str> init, new_, call, getattr, setattr, delattr, getitem, setitem, delitem, len, contains, repr, str, format, eq,
      ne, lt, le, gt, ge, hash, bool_, iter, next, enter, exit, class_, dict, doc, name, qualname, module, mro, bases,
      annotations, init_subclass, set_name, get, set, delete_, missing, neg, pos, invert, abs, index, int_, float_,
      class_getitem, mro_entries, defaults, kwdefaults, wrapped, func, slots, match_args, reversed, round, file,
      getattribute, abstract_methods, cause, context, traceback, suppress_context, args, copy, deepcopy,
      abstract_method, trunc, floor, ceil, complex_, builtins_, finish_class, iterate_class, class_item, bytes_,
      instancecheck;
};

/// The native side of a binary operator: __add__, __radd__, __iadd__.
struct OperatorNames {
  Ref<Str> forward, reflected, in_place;
  const char* symbol;
};

/// Values of frames, in chunks that never move.
class ValueStack {
 public:
  Value* take(size_t n);
  void give_back(Value* p, size_t n);

 private:
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    size_t used = 0, size = 0;
  };
  std::vector<Chunk> chunks_;
  size_t current_ = 0;
};

struct Interpreter::State {
  Container heap{Kind::kOther};  // sentinel of the list of all containers
  std::unordered_map<std::string_view, Ref<Str>> interned;
  std::unique_ptr<Names> names_;
  const Names& names() const { return *names_; }
  std::array<OperatorNames, 32> operators;  // by syntax::Op
  std::array<Ref<Str>, 32> comparisons;
  std::array<Ref<Class>, 64> class_of_kind;
  Ref<Class> object, type, none, boolean, integer, floating, text, exception, base_exception;
  std::array<Hooks, 64> hooks{};
  std::unordered_map<std::string, Ref<Class>> exceptions;
  Ref<Dict> builtins;
  Value ellipsis, not_implemented, empty_tuple;
  std::array<Value, 128> characters;

  struct Known {
    Loader native;
    std::string_view source;
    bool is_source = false;
    Ref<ModuleObject> module;
  };
  std::map<std::string, Known> modules;
  std::map<std::string, std::string> bare_names;  // known without an import: the module that has them

  ValueStack stack;
  Frame* frame = nullptr;
  int depth = 0;
  Value handled;          // the exception being handled
  Value attribute_error;  // what __getattr__ raised, kept for the one who reports it
  Value stop_value;       // of the StopIteration that ended a user's iterator under `yield from`
  bool reraised = false;  // the exception on its way already knows this frame
  uint32_t class_version = 0;
  double deadline = 0;  // of this thread's processor seconds
  bool has_deadline = false;
  std::vector<Ref<Class>> native_classes;  // alive as long as the interpreter
  std::vector<const Object*> shown;        // containers whose repr is being made
  int64_t next_id = 1;
  std::unordered_map<const Object*, int64_t> ids;

  // class.cpp: attributes of classes, remembered by (version, name)
  struct Lookup {
    uint32_t version = 0, layout = 0;
    const Str* name = nullptr;
    Value* value = nullptr;
    Class* owner = nullptr;
  };
  std::array<Lookup, 4096> lookups{};
  Value* find(Class* c, const Str* interned_name, Class** owner = nullptr);
  void touch(Class* c);  // its attributes changed: new versions for it and its subclasses
};

/// Keywords of a call: pairs, or names beside values that lie on a stack.
struct Keywords {
  const std::pair<Ref<Str>, Value>* pairs = nullptr;
  const Ref<Str>* names = nullptr;
  const Value* values = nullptr;
  size_t n = 0;
  const Ref<Str>& name(size_t i) const { return pairs ? pairs[i].first : names[i]; }
  const Value& value(size_t i) const { return pairs ? pairs[i].second : values[i]; }
};

/// The hooks of a value's kind; empty ones for values that are no objects.
const Hooks& hooks_of(Interpreter&, const Value&);

// evaluate.cpp
Value execute(Interpreter&, Frame&);  // until return or yield
// call.cpp
Value call_value(Interpreter&, const Value& callable, std::span<const Value> positional, const Keywords&);
Value call_function(Interpreter&, Function&, std::span<const Value> positional, const Keywords&);
Value run_namespace(Interpreter&, const Ref<Function>& body, const Ref<Dict>& names);  // class body, module
Value instantiate(Interpreter&, const Ref<Class>&, std::span<const Value> positional, const Keywords&);
// generator.cpp
Value resume(Interpreter&, Generator&, Value sent, const Value& thrown = Value::undefined());  // undefined: it ended
Value send(Interpreter&, const Value& iterator,
           const Value& sent);  // undefined: ended, see Generator::result, stop_value
void close_generator(Interpreter&, Generator&);
void install_generators(Interpreter&);
// attribute.cpp
struct Method {
  Value function, self;
};  // self undefined: call function alone
Method find_method(Interpreter&, const Value& object, const Ref<Str>& name);
Method get_method(Interpreter&, const Value& object, const Ref<Str>& name);  // raises AttributeError
Value bind(Interpreter&, const Value& found, const Class* owner, const Value& self, Class* type);
/// A dunder method looked up on the type alone; function undefined when absent or None.
Method special_method(Interpreter&, const Value& object, const Ref<Str>& name);
Value call_method(Interpreter&, const Method&, std::span<const Value> arguments = {});
[[noreturn]] void raise_no_attribute(Interpreter&, const Value& object, const Ref<Str>& name);
void store_attribute(Interpreter&, const Value& object, const Ref<Str>& name,
                     const Value& value);  // object.__setattr__
// class.cpp
Ref<Class> build_class(Interpreter&, const std::string& name, const std::vector<Value>& bases, const Ref<Dict>& names,
                       const Ref<Dict>& keywords, Value* finished = nullptr, const Value& class_cell = Value());
std::vector<Class*> linearize(Interpreter&, Class*);
Value make_super(Interpreter&, std::span<const Value> arguments);
Value super_attribute(Interpreter&, Super&, const Ref<Str>& name);
Ref<Class> class_ref(Class*);
// exception.cpp
void install_exceptions(Interpreter&);
ExceptionData& exception_data(const Value& exception);
Value make_exception(Interpreter&, const Ref<Class>&, std::vector<Value> arguments);
bool is_exception(const Value&);  // an instance
[[noreturn]] void raise_value(Interpreter&, const Value& exception_or_class, const Value& cause);
[[noreturn]] void raise_exception(Interpreter&, const Value& exception);  // sets its context
[[noreturn]] void raise_suggesting(Interpreter&, std::string_view exception_class, const std::string& message,
                                   const std::string& suggestion);
std::string callable_name(Interpreter&, const Value& callable);  // "module.f()", for messages
Value exception_from_native(Interpreter&, const std::exception&);
bool exception_matches(Interpreter&, const Value& exception, const Value& class_or_tuple);
std::vector<ExceptionData::Entry> frames_now(Interpreter&);
// traceback.cpp
std::string traceback_text(Interpreter&, const Value& exception);
std::string entry_text(const ExceptionData::Entry&);
UnitError unit_error(Interpreter&, const Value& exception);
UnitError unit_error(Interpreter&, const LimitReached&);
// suggest.cpp
std::string suggestion(const std::string& wrong,
                       const std::vector<std::string>& known);  // "" or ". Did you mean: 'x'?"
// sequence.cpp, iterate.cpp, item.cpp
struct SliceBounds {
  int64_t start, step, length, stop;
};
SliceBounds slice_bounds(Interpreter&, const Slice&, int64_t length);
Value make_range_iterator(const Range&);
void store_item(Interpreter&, const Value& container, const Value& key, const Value& value);  // past __setitem__
void erase_item(Interpreter&, const Value& container, const Value& key);
// import.cpp
Value import_module(Interpreter&, const std::string& dotted, bool leaf);
Value import_from(Interpreter&, const Value& module, const Ref<Str>& name);
void import_star(Interpreter&, const Value& module, Dict& into);
Ref<ModuleObject> run_module(Interpreter&, std::string_view source, const std::string& file, const Ref<ModuleObject>&);
// strings
size_t count_code_points(std::string_view);
size_t hash_text(const Str&);
std::string plain_repr(Interpreter&, const Value&);  // of the kind, whatever methods a class adds
std::string quoted(std::string_view text);           // repr of a str
std::string percent_format(Interpreter&, const std::string& format, const Value& arguments);
std::string format_method(Interpreter&, const std::string& format, const Arguments&);
std::string format_value(Interpreter&, const Value&, std::string_view spec);  // built-in kinds
// installers of builtins, one a file
void install_functions(Interpreter&);
void install_iterators(Interpreter&);
void install_numbers(Interpreter&);
void install_strings(Interpreter&);
void install_sequences(Interpreter&);
void install_dicts(Interpreter&);
void install_sets(Interpreter&);
void install_classes(Interpreter&);
void sort_values(Interpreter&, std::vector<Value>& items, const Value& key, bool reverse);
void install_standard_modules(Interpreter&);

// How containers find their list.
Container* exchange_heap(Container* sentinel);
/// Limits::tensor_bytes of the interpreter that runs on this thread; no limit outside of any.
uint64_t exchange_tensor_bytes(uint64_t bytes);
uint64_t tensor_bytes_now();

/// Makes an Interpreter current for the containers made in a scope.
struct Entry {
  explicit Entry(Interpreter& i)
      : before(exchange_heap(&i.state().heap)), bytes_before(exchange_tensor_bytes(i.limits().tensor_bytes)) {}
  ~Entry() { exchange_heap(before), exchange_tensor_bytes(bytes_before); }
  Container* before;
  uint64_t bytes_before;
};

/// Counts a nested call; RecursionError beyond the limit.
struct Nested {
  explicit Nested(Interpreter& i);
  ~Nested() { --state.depth; }
  Interpreter::State& state;
};

}  // namespace gradus

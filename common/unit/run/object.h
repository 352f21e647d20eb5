/// The evaluator's own kinds of objects, beside those of value.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "unit/run/code.h"
#include "unit/run/interpreter.h"
#include "unit/run/value.h"

namespace gradus {

struct Function : Container {
  explicit Function(std::shared_ptr<Code> c) : Container(Kind::kFunction), code(std::move(c)) {}
  void clear() override;
  std::shared_ptr<Code> code;
  Ref<Dict> globals;
  std::vector<Value> defaults;  // of the last positional parameters
  std::vector<std::pair<Ref<Str>, Value>> keyword_defaults;
  std::vector<Value> closure;  // Cells, in the order of the code's free slots
  Ref<Str> name, qualified_name;
  Value docstring;
  Ref<Dict> attributes;  // f.x = …; usually null
};

/// One activation. Its values lie in a stack chunk, or in the heap for generators.
struct Frame {
  Ref<Function> function;
  const Code* code = nullptr;
  Dict* globals = nullptr;
  Ref<Dict> names;        // namespace of a class body or module
  Frame* back = nullptr;  // who called
  Value* slots = nullptr;
  Value* stack = nullptr;  // first stack position
  Value* top = nullptr;    // one past the last, valid while suspended
  int32_t next = 0;        // instruction to run next
  int32_t current = 0;     // instruction running, for tracebacks
  bool suspended = false;
  Value thrown = Value::undefined();  // raised where the frame continues: generator.throw()
};

struct Generator : Container {
  Generator() : Container(Kind::kGenerator) {}
  ~Generator() override;
  void clear() override;
  /// Nobody holds it any more: a `finally` or `with` it is suspended in runs now. True when it came to be held again.
  bool abandon() noexcept;
  Frame frame;
  std::unique_ptr<char[]> storage;  // of the frame's values; those from frame.slots to frame.top are alive
  Value handled;                    // exception being handled inside, while suspended
  Value result;                     // of the return statement
  Interpreter* interpreter = nullptr;
  bool started = false, running = false, finished = false;
};

/// A set or frozenset: the keys of a table.
struct Set : Container {
  explicit Set(Kind k = Kind::kSet) : Container(k), table(make<Dict>()) {}
  Ref<Dict> table;
};

struct Range : Object {
  Range(int64_t a, int64_t b, int64_t s) : Object(Kind::kRange), start(a), stop(b), step(s) {}
  int64_t start, stop, step;
  int64_t length() const;
  int64_t at(int64_t i) const { return start + i * step; }
};
struct Complex : Object {
  Complex(double r, double i) : Object(Kind::kComplex), real(r), imaginary(i) {}
  double real, imaginary;
};
struct Super : Object {
  Super() : Object(Kind::kSuper) {}
  Ref<Class> after;  // the search starts behind this class …
  Ref<Class> type;   // … in the order of this one
  Value self;        // an object, or the class itself inside a class method
};
/// dict.keys(), .values(), .items(), live; or a MappingProxy (Kind::kMappingProxy: vars(class)).
struct DictView : Object {
  enum class What : uint8_t { kKeys, kValues, kItems, kProxy };
  DictView(Ref<Dict> d, What w)
      : Object(w == What::kProxy ? Kind::kMappingProxy : Kind::kDictView), dict(std::move(d)), what(w) {}
  Ref<Dict> dict;
  What what;
};
struct Wrapped : Object {  // staticmethod, classmethod
  Wrapped(Kind k, Value f) : Object(k), function(std::move(f)) {}
  Value function;
};

/// Instance::extra of an exception.
struct ExceptionData {
  struct Entry {
    std::shared_ptr<Code> code;
    int instruction;
  };
  std::vector<Entry> traceback;  // innermost first
  Value arguments;               // a tuple
  Value cause, context;
  bool suppress_context = false;
  std::string suggestion;  // ". Did you mean …": shown in tracebacks only, as CPython does
};

/// An uncatchable end: steps or seconds are used up.
struct LimitReached : std::exception {
  LimitReached(std::string t, std::string m) : type(std::move(t)), message(std::move(m)) {}
  const char* what() const noexcept override { return message.c_str(); }
  std::string type, message;
  std::vector<ExceptionData::Entry> traceback;
};

}  // namespace gradus

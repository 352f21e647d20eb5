#include "unit/run/interpreter.h"

#include <time.h>

#include "unit/run/state.h"
#include "unit/syntax/parse.h"

namespace gradus {

Names::Names(Interpreter& i)
    : init(i.intern("__init__")),
      new_(i.intern("__new__")),
      call(i.intern("__call__")),
      getattr(i.intern("__getattr__")),
      setattr(i.intern("__setattr__")),
      delattr(i.intern("__delattr__")),
      getitem(i.intern("__getitem__")),
      setitem(i.intern("__setitem__")),
      delitem(i.intern("__delitem__")),
      len(i.intern("__len__")),
      contains(i.intern("__contains__")),
      repr(i.intern("__repr__")),
      str(i.intern("__str__")),
      format(i.intern("__format__")),
      eq(i.intern("__eq__")),
      ne(i.intern("__ne__")),
      lt(i.intern("__lt__")),
      le(i.intern("__le__")),
      gt(i.intern("__gt__")),
      ge(i.intern("__ge__")),
      hash(i.intern("__hash__")),
      bool_(i.intern("__bool__")),
      iter(i.intern("__iter__")),
      next(i.intern("__next__")),
      enter(i.intern("__enter__")),
      exit(i.intern("__exit__")),
      class_(i.intern("__class__")),
      dict(i.intern("__dict__")),
      doc(i.intern("__doc__")),
      name(i.intern("__name__")),
      qualname(i.intern("__qualname__")),
      module(i.intern("__module__")),
      mro(i.intern("__mro__")),
      bases(i.intern("__bases__")),
      annotations(i.intern("__annotations__")),
      init_subclass(i.intern("__init_subclass__")),
      set_name(i.intern("__set_name__")),
      get(i.intern("__get__")),
      set(i.intern("__set__")),
      delete_(i.intern("__delete__")),
      missing(i.intern("__missing__")),
      neg(i.intern("__neg__")),
      pos(i.intern("__pos__")),
      invert(i.intern("__invert__")),
      abs(i.intern("__abs__")),
      index(i.intern("__index__")),
      int_(i.intern("__int__")),
      float_(i.intern("__float__")),
      class_getitem(i.intern("__class_getitem__")),
      mro_entries(i.intern("__mro_entries__")),
      defaults(i.intern("__defaults__")),
      kwdefaults(i.intern("__kwdefaults__")),
      wrapped(i.intern("__wrapped__")),
      func(i.intern("func")),
      slots(i.intern("__slots__")),
      match_args(i.intern("__match_args__")),
      reversed(i.intern("__reversed__")),
      round(i.intern("__round__")),
      file(i.intern("__file__")),
      getattribute(i.intern("__getattribute__")),
      abstract_methods(i.intern("__abstractmethods__")),
      cause(i.intern("__cause__")),
      context(i.intern("__context__")),
      traceback(i.intern("__traceback__")),
      suppress_context(i.intern("__suppress_context__")),
      args(i.intern("args")),
      copy(i.intern("__copy__")),
      deepcopy(i.intern("__deepcopy__")),
      abstract_method(i.intern("__isabstractmethod__")),
      trunc(i.intern("__trunc__")),
      floor(i.intern("__floor__")),
      ceil(i.intern("__ceil__")),
      complex_(i.intern("__complex__")),
      builtins_(i.intern("__builtins__")),
      finish_class(i.intern("__finish_class__")),
      iterate_class(i.intern("__iterate_class__")),
      class_item(i.intern("__class_item__")),
      bytes_(i.intern("__bytes__")),
      instancecheck(i.intern("__instancecheck__")) {}

namespace {

void name_operators(Interpreter& i) {
  using syntax::Op;
  struct Row {
    Op op;
    const char *name, *symbol;
  };
  constexpr Row kBinary[] = {{Op::kAdd, "add", "+"},           {Op::kSub, "sub", "-"},
                             {Op::kMul, "mul", "*"},           {Op::kMatMul, "matmul", "@"},
                             {Op::kDiv, "truediv", "/"},       {Op::kFloorDiv, "floordiv", "//"},
                             {Op::kMod, "mod", "%"},           {Op::kPow, "pow", "**"},
                             {Op::kLeftShift, "lshift", "<<"}, {Op::kRightShift, "rshift", ">>"},
                             {Op::kBitOr, "or", "|"},          {Op::kBitXor, "xor", "^"},
                             {Op::kBitAnd, "and", "&"}};
  for (const Row& r : kBinary) {
    const std::string name = r.name;
    i.state().operators[static_cast<size_t>(r.op)] = {i.intern("__" + name + "__"), i.intern("__r" + name + "__"),
                                                      i.intern("__i" + name + "__"), r.symbol};
  }
  const Names& n = i.state().names();
  auto& c = i.state().comparisons;
  c[static_cast<size_t>(Op::kEqual)] = n.eq;
  c[static_cast<size_t>(Op::kNotEqual)] = n.ne;
  c[static_cast<size_t>(Op::kLess)] = n.lt;
  c[static_cast<size_t>(Op::kLessEqual)] = n.le;
  c[static_cast<size_t>(Op::kGreater)] = n.gt;
  c[static_cast<size_t>(Op::kGreaterEqual)] = n.ge;
}

}  // namespace

Interpreter::Interpreter(Limits limits) : limits_(limits), state_(std::make_unique<State>()) {
  state_->heap.heap_previous = state_->heap.heap_next = &state_->heap;
  Entry entry(*this);
  state_->names_ = std::make_unique<Names>(*this);
  name_operators(*this);
  state_->builtins = make<Dict>();
  state_->empty_tuple = make<Tuple>(std::vector<Value>{});
  for (size_t k = 0; k < state_->characters.size(); ++k)
    state_->characters[k] = intern(std::string(1, static_cast<char>(k)));
  install_classes(*this);
  install_exceptions(*this);
  install_numbers(*this);
  install_strings(*this);
  install_sequences(*this);
  install_dicts(*this);
  install_sets(*this);
  install_generators(*this);
  install_functions(*this);
  install_standard_modules(*this);
}

// Everything that can be part of a cycle is emptied, then the rest goes by counts.
Interpreter::~Interpreter() {
  tensor_state.reset();
  std::vector<Ref<Container>> all;
  Container& heap = state_->heap;
  for (Container* c = heap.heap_next; c != &heap; c = c->heap_next) all.emplace_back(c);
  for (auto& [name, known] : state_->modules) known.native = nullptr;
  for (const auto& c : all) c->clear();
  for (const auto& c : all) {
    c->heap_previous->heap_next = c->heap_next;
    c->heap_next->heap_previous = c->heap_previous;
    c->heap_previous = c->heap_next = nullptr;
  }
  // What is still held outside lives on without a list.
  Container* current = exchange_heap(nullptr);
  if (current != &heap) exchange_heap(current);
  heap.heap_previous = heap.heap_next = nullptr;
}

Ref<Str> Interpreter::intern(std::string_view name) {
  const auto at = state_->interned.find(name);
  if (at != state_->interned.end()) return at->second;
  Ref<Str> s = make<Str>(std::string(name));
  s->interned = true;
  state_->interned.emplace(std::string_view(s->text), s);
  return s;
}

Value Interpreter::make_str(std::string text) {
  if (text.size() == 1 && static_cast<unsigned char>(text[0]) < 128)
    return state_->characters[static_cast<size_t>(text[0])];
  return make<Str>(std::move(text));
}

void Interpreter::set_hooks(Kind kind, const Hooks& hooks) { state_->hooks[static_cast<size_t>(kind)] = hooks; }

Value Interpreter::builtin(std::string_view name) {
  const Value* v = state_->builtins->find(intern(name).get());
  return v ? *v : Value::undefined();
}

// Bounds

namespace {

/// Of the processor, by this thread: a busy machine does not count against the unit.
double thread_seconds() {
  timespec used = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

}  // namespace

void Interpreter::start_clock() {
  state_->has_deadline = limits_.seconds > 0;
  state_->deadline = thread_seconds() + limits_.seconds;
}

void Interpreter::check_limits() {
  step_check_ = std::min(steps_ + (1 << 16), limits_.steps);
  const auto stop = [&](const std::string& message) {
    LimitReached l("TimeoutError", message);
    l.traceback = frames_now(*this);
    throw l;
  };
  if (steps_ >= limits_.steps) {
    step_check_ = steps_ + (1 << 16);
    stop("the unit took more than " + std::to_string(limits_.steps) + " steps");
  }
  if (state_->has_deadline && thread_seconds() > state_->deadline) {
    std::string seconds = std::to_string(limits_.seconds);
    seconds.resize(seconds.find('.') + 3);
    stop("the unit took longer than " + seconds + " seconds");
  }
}

void Interpreter::check_size(double n) {
  if (n > static_cast<double>(limits_.container_items))
    raise("MemoryError", "a container of " + std::to_string(static_cast<uint64_t>(std::min(n, 1.8e19))) +
                             " items is larger than the limit of " + std::to_string(limits_.container_items));
}

// Embedders' entries

Value Interpreter::guard(const std::function<Value()>& f) {
  Entry entry(*this);
  struct Restore {
    State& s;
    Frame* frame;
    int depth;
    Value handled;
    ~Restore() { s.frame = frame, s.depth = depth, s.handled = std::move(handled); }
  } restore{*state_, state_->frame, state_->depth, state_->handled};
  try {
    return f();
  } catch (const UnitError&) {
    throw;
  } catch (const Raised& r) {
    throw unit_error(*this, r.value);
  } catch (const LimitReached& l) {
    throw unit_error(*this, l);
  } catch (const syntax::SyntaxError& s) {
    UnitError error(s.what(), s.type + ": " + s.message, s.file, s.where.line);
    error.type = s.type;
    throw error;
  } catch (const std::exception& e) {
    throw unit_error(*this, exception_from_native(*this, e));
  }
}

Ref<ModuleObject> Interpreter::run(std::string_view source, const std::string& file, const std::string& name) {
  Ref<ModuleObject> module;
  guard([&]() -> Value {
    module = make<ModuleObject>(name);
    module->file = file;
    module->attributes->set(state_->names().name, make_str(name));
    run_module(*this, source, file, module);
    return {};
  });
  return module;
}

Value Interpreter::invoke(const Value& callable, std::vector<Value> positional,
                          std::vector<std::pair<std::string, Value>> keywords) {
  return guard([&] {
    std::vector<std::pair<Ref<Str>, Value>> pairs;
    for (auto& [name, value] : keywords) pairs.emplace_back(intern(name), std::move(value));
    return call(callable, positional, pairs);
  });
}

}  // namespace gradus

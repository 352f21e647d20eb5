#include <algorithm>

#include "unit/run/state.h"

/// Generators: suspended frames in the heap.
namespace gradus {

Generator::~Generator() { clear(); }

// Frames drop what they hold; a `finally` of a generator that is never finished does not run when the interpreter ends.
void Generator::clear() {
  if (running) return;
  finished = true;
  const std::unique_ptr<char[]> gone = std::move(storage);
  const Ref<Function> function = std::move(frame.function);
  Value* const first = frame.slots;
  Value* const last = frame.top;
  frame.slots = frame.stack = frame.top = nullptr;
  for (Value* p = last; p > first;) (--p)->~Value();
  handled = result = Value();
}

namespace {

struct Running {
  Running(Interpreter& i, Generator& generator) : state(i.state()), g(generator), nested(i), before(state.frame) {
    outside = std::exchange(state.handled, std::move(g.handled));
    g.frame.back = before;
    state.frame = &g.frame;
    g.running = true;
  }
  ~Running() {
    g.running = false;
    state.frame = before;
    g.handled = std::exchange(state.handled, std::move(outside));
  }
  Interpreter::State& state;
  Generator& g;
  Nested nested;
  Frame* before;
  Value outside;
};

void finish(Generator& g) {
  g.handled = Value();
  const Value result = g.result;
  g.clear();
  g.result = result;
}

}  // namespace

Value resume(Interpreter& i, Generator& g, Value sent, const Value& thrown) {
  if (g.running) i.raise("ValueError", "generator already executing");
  if (g.finished) {
    if (thrown.defined()) raise_exception(i, thrown);
    return Value::undefined();
  }
  const Ref<Generator> held(&g);
  if (!g.started && thrown.defined()) {
    finish(g);
    raise_exception(i, thrown);
  }
  Frame& f = g.frame;
  Value v;
  try {
    Running running(i, g);
    if (g.started && !thrown.defined()) new (f.top++) Value(std::move(sent));
    g.started = true;
    f.suspended = false;
    if (thrown.defined()) {
      new (f.top++) Value();  // what the yield would have given
      f.thrown = thrown;
    }
    v = execute(i, f);
  } catch (const Raised& r) {
    finish(g);
    if (exception_matches(i, r.value, i.exception_class("StopIteration"))) {
      const Value e =
          make_exception(i, i.exception_class("RuntimeError"), {i.make_str("generator raised StopIteration")});
      exception_data(e).cause = r.value;
      throw Raised(e);
    }
    throw;
  } catch (...) {
    finish(g);
    throw;
  }
  if (f.suspended) return v;
  g.result = v;
  finish(g);
  return Value::undefined();
}

Value send(Interpreter& i, const Value& iterator, const Value& sent) {
  if (iterator.is(Kind::kGenerator)) return resume(i, iterator.as<Generator>(), sent);
  if (sent.is_none()) return i.next(iterator);
  return i.call(i.get_attribute(iterator, i.intern("send")), std::span(&sent, 1));
}

void close_generator(Interpreter& i, Generator& g) {
  if (g.finished) return;
  if (!g.started) return finish(g);
  try {
    const Value v = resume(i, g, Value(), make_exception(i, i.exception_class("GeneratorExit"), {}));
    if (v.defined()) i.raise("RuntimeError", "generator ignored GeneratorExit");
  } catch (const Raised& r) {
    if (!exception_matches(i, r.value, i.exception_class("GeneratorExit"))) throw;
  }
}

bool Generator::abandon() noexcept {
  if (finished || !started || running || !frame.code) return false;
  const auto inside = [&](const HandlerRange& h) { return frame.next > h.start && frame.next <= h.end; };
  if (std::none_of(frame.code->handlers.begin(), frame.code->handlers.end(), inside)) return false;
  references = 1;
  try {
    Entry entry(*interpreter);
    close_generator(*interpreter, *this);
  } catch (...) {  // as in CPython: there is nobody to tell
  }
  finished = true;
  return --references != 0;
}

namespace {

[[noreturn]] void stop(Interpreter& i, const Value& result) {
  std::vector<Value> arguments;
  if (!result.is_none()) arguments.push_back(result);
  raise_exception(i, make_exception(i, i.exception_class("StopIteration"), std::move(arguments)));
}

Value next_or_stop(Interpreter& i, Generator& g, Value sent, const Value& thrown) {
  Value v = resume(i, g, std::move(sent), thrown);
  if (!v.defined()) stop(i, std::exchange(g.result, Value()));
  return v;
}

Value generator_send(Interpreter& i, const Arguments& a) {
  Generator& g = a.positional[0].as<Generator>();
  if (!g.started && !g.finished && !a.positional[1].is_none())
    i.raise("TypeError", "can't send non-None value to a just-started generator");
  return next_or_stop(i, g, a.positional[1], Value::undefined());
}

Value generator_throw(Interpreter& i, const Arguments& a) {
  Value e = a.positional[1];
  if (e.is(Kind::kClass)) {
    const bool has_value = a.positional.size() > 2 && !a.positional[2].is_none();
    e = i.call(e, a.positional.subspan(2, has_value ? 1 : 0));
  }
  if (!is_exception(e)) i.raise("TypeError", "exceptions must be classes or instances deriving from BaseException");
  return next_or_stop(i, a.positional[0].as<Generator>(), Value(), e);
}

}  // namespace

void install_generators(Interpreter& i) {
  const Ref<Class> c = i.native_class("generator", "builtins", Kind::kGenerator);
  i.method(c, "__iter__", [](Interpreter&, const Arguments& a) { return a.positional[0]; });
  i.method(c, "__next__", [](Interpreter& in, const Arguments& a) {
    return next_or_stop(in, a.positional[0].as<Generator>(), Value(), Value::undefined());
  });
  i.method(c, "send", generator_send);
  i.method(c, "throw", generator_throw);
  i.method(c, "close", [](Interpreter& in, const Arguments& a) -> Value {
    close_generator(in, a.positional[0].as<Generator>());
    return {};
  });
}

}  // namespace gradus

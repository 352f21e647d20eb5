#include <algorithm>
#include <utility>

#include "unit/run/state.h"

/// Calls: matching arguments to parameters, frames, making instances.
namespace gradus {

// Frames' memory

Value* ValueStack::take(size_t n) {
  const size_t bytes = n * sizeof(Value);
  while (current_ < chunks_.size() && chunks_[current_].used + bytes > chunks_[current_].size) {
    if (++current_ < chunks_.size()) chunks_[current_].used = 0;
  }
  if (current_ == chunks_.size()) {
    const size_t size = std::max(bytes, size_t{1} << 16);
    chunks_.push_back({std::make_unique<char[]>(size), 0, size});
  }
  Chunk& c = chunks_[current_];
  Value* p = reinterpret_cast<Value*>(c.bytes.get() + c.used);
  c.used += bytes;
  return p;
}

void ValueStack::give_back(Value* p, size_t) {
  const char* at = reinterpret_cast<char*>(p);
  while (at < chunks_[current_].bytes.get() || at >= chunks_[current_].bytes.get() + chunks_[current_].size) --current_;
  chunks_[current_].used = static_cast<size_t>(at - chunks_[current_].bytes.get());
}

Nested::Nested(Interpreter& i) : state(i.state()) {
  if (++state.depth > i.limits().recursion) {
    --state.depth;
    state.depth -= 20;  // room to make the error
    struct Restore {
      int& d;
      ~Restore() { d += 20; }
    } restore{state.depth};
    i.raise("RecursionError", "maximum recursion depth exceeded");
  }
}

namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string s;
  for (size_t k = 0; k < names.size(); ++k) {
    if (k > 0) s += k + 1 == names.size() ? (names.size() > 2 ? ", and " : " and ") : ", ";
    s += "'" + names[k] + "'";
  }
  return s;
}

std::string shown_name(const Function& f) { return f.qualified_name ? f.qualified_name->text : f.code->qualified_name; }

[[noreturn]] void too_many(Interpreter& i, const Function& f, size_t given, const Value* slots) {
  const Code& c = *f.code;
  const size_t n = static_cast<size_t>(c.n_positional), least = n - f.defaults.size();
  size_t keyword_only = 0;
  for (int k = 0; k < c.n_keyword_only; ++k) keyword_only += slots[c.n_positional + k].defined();
  std::string takes = least == n ? std::to_string(n) : "from " + std::to_string(least) + " to " + std::to_string(n);
  std::string message = shown_name(f) + "() takes " + takes + " positional argument" +
                        (n == 1 && least == n ? "" : "s") + " but " + std::to_string(given);
  if (keyword_only)
    message += std::string(" positional argument") + (given == 1 ? "" : "s") + " (and " + std::to_string(keyword_only) +
               " keyword-only argument" + (keyword_only == 1 ? "" : "s") + ")";
  i.raise("TypeError", message + (given == 1 && !keyword_only ? " was given" : " were given"));
}

[[noreturn]] void missing(Interpreter& i, const Function& f, const Value* slots) {
  const Code& c = *f.code;
  for (const bool keyword_only : {false, true}) {
    std::vector<std::string> names;
    const int from = keyword_only ? c.n_positional : 0;
    const int to = keyword_only ? c.n_positional + c.n_keyword_only : c.n_positional;
    for (int k = from; k < to; ++k)
      if (!slots[k].defined()) names.push_back(c.slot_names[static_cast<size_t>(k)]->text);
    if (!names.empty())
      i.raise("TypeError", shown_name(f) + "() missing " + std::to_string(names.size()) + " required " +
                               (keyword_only ? "keyword-only" : "positional") + " argument" +
                               (names.size() == 1 ? "" : "s") + ": " + joined(names));
  }
  i.raise("TypeError", shown_name(f) + "() missing arguments");
}

int parameter_slot(const Code& c, const Str* name) {
  for (int k = c.n_positional_only; k < c.n_positional + c.n_keyword_only; ++k)
    if (c.slot_names[static_cast<size_t>(k)].get() == name) return k;
  return -1;
}

[[noreturn]] void unexpected(Interpreter& i, const Function& f, const Keywords& keywords, const Ref<Str>& name) {
  const Code& c = *f.code;
  std::string positional_only;
  for (size_t k = 0; k < keywords.n; ++k)
    for (int p = 0; p < c.n_positional_only; ++p)
      if (c.slot_names[static_cast<size_t>(p)]->text == keywords.name(k)->text)
        positional_only += (positional_only.empty() ? "" : ", ") + keywords.name(k)->text;
  if (!positional_only.empty())
    i.raise("TypeError", shown_name(f) + "() got some positional-only arguments passed as keyword arguments: '" +
                             positional_only + "'");
  i.raise("TypeError", shown_name(f) + "() got an unexpected keyword argument '" + name->text + "'");
}

void bind_keywords(Interpreter& i, const Function& f, const Keywords& keywords, Value* slots) {
  const Code& c = *f.code;
  const int kwargs = c.n_positional + c.n_keyword_only + c.has_varargs;
  for (size_t k = 0; k < keywords.n; ++k) {
    const Ref<Str> name = keywords.name(k)->interned ? keywords.name(k) : i.intern(keywords.name(k)->text);
    const int slot = parameter_slot(c, name.get());
    if (slot >= 0) {
      if (slots[slot].defined())
        i.raise("TypeError", shown_name(f) + "() got multiple values for argument '" + name->text + "'");
      slots[slot] = keywords.value(k);
    } else if (c.has_kwargs) {
      slots[kwargs].as<Dict>().set(name, keywords.value(k));
    } else {
      unexpected(i, f, keywords, name);
    }
  }
}

void bind_defaults(Interpreter& i, const Function& f, Value* slots) {
  const Code& c = *f.code;
  const int first_default = c.n_positional - static_cast<int>(f.defaults.size());
  bool complete = true;
  for (int k = 0; k < c.n_positional; ++k) {
    if (slots[k].defined()) continue;
    if (k >= first_default)
      slots[k] = f.defaults[static_cast<size_t>(k - first_default)];
    else
      complete = false;
  }
  for (int k = c.n_positional; k < c.n_positional + c.n_keyword_only; ++k) {
    if (slots[k].defined()) continue;
    bool found = false;
    for (const auto& [name, value] : f.keyword_defaults)
      if (name.get() == c.slot_names[static_cast<size_t>(k)].get()) slots[k] = value, found = true;
    complete &= found;
  }
  if (!complete) missing(i, f, slots);
}

void bind_arguments(Interpreter& i, const Function& f, std::span<const Value> positional, const Keywords& keywords,
                    Value* slots) {
  const Code& c = *f.code;
  const size_t n = static_cast<size_t>(c.n_positional), given = positional.size();
  for (size_t k = 0; k < std::min(n, given); ++k) slots[k] = positional[k];
  if (c.has_varargs) {
    std::vector<Value> rest;
    if (given > n) rest.assign(positional.begin() + static_cast<std::ptrdiff_t>(n), positional.end());
    slots[c.n_positional + c.n_keyword_only] =
        rest.empty() ? i.state().empty_tuple : Value(make<Tuple>(std::move(rest)));
  }
  if (c.has_kwargs) slots[c.n_positional + c.n_keyword_only + c.has_varargs] = make<Dict>();
  if (keywords.n) bind_keywords(i, f, keywords, slots);
  if (given > n && !c.has_varargs) too_many(i, f, given, slots);
  if (given < n || c.n_keyword_only) bind_defaults(i, f, slots);
}

void make_cells(const Function& f, Value* slots) {
  for (int slot : f.code->cell_slots) {
    Ref<Cell> cell = make<Cell>();
    cell->value = std::move(slots[slot]);
    slots[slot] = std::move(cell);
  }
  for (size_t k = 0; k < f.closure.size(); ++k) slots[static_cast<size_t>(f.code->n_locals) + k] = f.closure[k];
}

// The values of one activation on the value stack.
struct Activation {
  Activation(Interpreter& interpreter, Function& f)
      : state(interpreter.state()),
        nested(interpreter),
        n(static_cast<size_t>(f.code->n_locals + f.code->n_frees)),
        total(n + static_cast<size_t>(f.code->stack_size)) {
    frame.function = Ref<Function>(&f);
    frame.code = f.code.get();
    frame.globals = f.globals.get();
    frame.slots = state.stack.take(total);
    for (size_t k = 0; k < n; ++k) new (frame.slots + k) Value(Value::undefined());
    frame.stack = frame.top = frame.slots + n;
    frame.back = state.frame;
  }
  ~Activation() {
    for (Value* p = frame.top; p-- > frame.slots;) p->~Value();
    state.stack.give_back(frame.slots, total);
  }
  Value run(Interpreter& i) {
    struct Leave {
      Interpreter::State& s;
      Frame* frame;
      Value handled;
      ~Leave() { s.frame = frame, s.handled = std::move(handled); }
    } leave{state, state.frame, state.handled};
    state.frame = &frame;
    return execute(i, frame);
  }
  Interpreter::State& state;
  Nested nested;
  size_t n, total;
  Frame frame;
};

Value start_generator(Interpreter& i, Function& f, std::span<const Value> positional, const Keywords& keywords) {
  Ref<Generator> g = make<Generator>();
  const size_t n = static_cast<size_t>(f.code->n_locals + f.code->n_frees);
  g->storage = std::make_unique<char[]>((n + static_cast<size_t>(f.code->stack_size)) * sizeof(Value));
  g->interpreter = &i;
  g->frame.function = Ref<Function>(&f);
  g->frame.code = f.code.get();
  g->frame.globals = f.globals.get();
  g->frame.slots = reinterpret_cast<Value*>(g->storage.get());
  for (size_t k = 0; k < n; ++k) new (g->frame.slots + k) Value(Value::undefined());
  g->frame.stack = g->frame.top = g->frame.slots + n;
  bind_arguments(i, f, positional, keywords, g->frame.slots);
  make_cells(f, g->frame.slots);
  return g;
}

}  // namespace

Value call_function(Interpreter& i, Function& f, std::span<const Value> positional, const Keywords& keywords) {
  if (f.code->rest) std::exchange(f.code->rest, nullptr)(f.code);
  if (f.code->is_generator) return start_generator(i, f, positional, keywords);
  Activation a(i, f);
  bind_arguments(i, f, positional, keywords, a.frame.slots);
  make_cells(f, a.frame.slots);
  return a.run(i);
}

Value run_namespace(Interpreter& i, const Ref<Function>& body, const Ref<Dict>& names) {
  Activation a(i, *body);
  a.frame.names = names;
  make_cells(*body, a.frame.slots);
  return a.run(i);
}

namespace {

/// Natives may read three arguments more than they were given: those are undefined.
constexpr size_t kSpare = 3;

Value call_native(Interpreter& i, const Native& n, std::span<const Value> positional, const Keywords& keywords) {
  Nested nested(i);
  Value few[8];
  std::vector<Value> many;
  Value* p = few;
  if (positional.size() + kSpare > std::size(few)) many.resize(positional.size() + kSpare), p = many.data();
  std::fill(std::copy(positional.begin(), positional.end(), p), p + positional.size() + kSpare, Value::undefined());
  positional = {p, positional.size()};
  if (keywords.n == 0) return n.function(i, {positional, {}});
  if (keywords.pairs) return n.function(i, {positional, {keywords.pairs, keywords.n}});
  std::vector<std::pair<Ref<Str>, Value>> pairs;
  pairs.reserve(keywords.n);
  for (size_t k = 0; k < keywords.n; ++k) pairs.emplace_back(keywords.name(k), keywords.value(k));
  return n.function(i, {positional, pairs});
}

Value call_with_self(Interpreter& i, const Value& function, const Value& self, std::span<const Value> positional,
                     const Keywords& keywords) {
  Value few[8];
  std::vector<Value> many;
  Value* p = few;
  if (positional.size() + 1 > std::size(few)) many.resize(positional.size() + 1), p = many.data();
  p[0] = self;
  std::copy(positional.begin(), positional.end(), p + 1);
  return call_value(i, function, {p, positional.size() + 1}, keywords);
}

}  // namespace

Value call_value(Interpreter& i, const Value& callable, std::span<const Value> positional, const Keywords& keywords) {
  if (callable.is_object()) {
    switch (callable.object()->kind) {
      case Kind::kFunction:
        return call_function(i, callable.as<Function>(), positional, keywords);
      case Kind::kNative:
        return call_native(i, callable.as<Native>(), positional, keywords);
      case Kind::kBoundMethod: {
        const BoundMethod& m = callable.as<BoundMethod>();
        return call_with_self(i, m.function, m.self, positional, keywords);
      }
      case Kind::kClass: {
        const Ref<Class> held = callable.ref<Class>();
        return instantiate(i, held, positional, keywords);
      }
      case Kind::kStaticMethod:
        return call_value(i, callable.as<Wrapped>().function, positional, keywords);
      default: {
        const Method m = special_method(i, callable, i.state().names().call);
        if (!m.function.defined()) break;
        if (!m.self.defined()) return call_value(i, m.function, positional, keywords);
        return call_with_self(i, m.function, m.self, positional, keywords);
      }
    }
  }
  i.raise("TypeError", "'" + i.type_name(callable) + "' object is not callable");
}

Value Interpreter::call(const Value& callable, std::span<const Value> positional,
                        std::span<const std::pair<Ref<Str>, Value>> keywords) {
  Entry entry(*this);
  return call_value(*this, callable, positional, {keywords.data(), nullptr, nullptr, keywords.size()});
}

// Instances

namespace {

Value call_construct(Interpreter& i, const Ref<Class>& c, std::span<const Value> positional, const Keywords& keywords) {
  const Value self = c;
  std::vector<Value> all{self};
  all.insert(all.end(), positional.begin(), positional.end());
  all.resize(all.size() + kSpare, Value::undefined());
  std::vector<std::pair<Ref<Str>, Value>> pairs;
  for (size_t k = 0; k < keywords.n; ++k) pairs.emplace_back(keywords.name(k), keywords.value(k));
  Nested nested(i);
  return c->construct(i, {{all.data(), positional.size() + 1}, pairs});
}

[[noreturn]] void raise_abstract(Interpreter& i, Class& c) {
  std::vector<std::string> names;
  const Ref<Str>& mark = i.state().names().abstract_method;
  for (Class* k : c.mro)
    for (const auto& e : k->attributes->entries()) {
      if (!e.key.defined() || !e.value.is(Kind::kFunction)) continue;
      const Function& f = e.value.as<Function>();
      const Value* seen = c.find(&e.key.as<Str>());
      if (f.attributes && f.attributes->find(mark.get()) && seen && seen->same(e.value))
        names.push_back(e.key.as<Str>().text);
    }
  std::sort(names.begin(), names.end());
  std::string list;
  for (const std::string& n : names) list += (list.empty() ? "" : ", ") + n;
  i.raise("TypeError", "Can't instantiate abstract class " + c.name + " with abstract method" +
                           (names.size() == 1 ? " " : "s ") + list);
}

}  // namespace

Value instantiate(Interpreter& i, const Ref<Class>& c, std::span<const Value> positional, const Keywords& keywords) {
  const Names& n = i.state().names();
  const Value* custom_new = c->native_kind ? nullptr : i.state().find(c.get(), n.new_.get());
  const bool has_new =
      custom_new && custom_new->is(Kind::kStaticMethod) && custom_new->as<Wrapped>().function.is(Kind::kFunction);
  if (c->construct && !c->allocate && !has_new) return call_construct(i, c, positional, keywords);
  if (c->is_abstract) raise_abstract(i, *c);
  if (!c->allocate && !has_new) i.raise("TypeError", "cannot create '" + c->name + "' instances");
  Value object;
  if (has_new) {
    object = call_with_self(i, Value(*custom_new), c, positional, keywords);
    if (!i.is_subclass(i.type_of(object), c.get())) return object;
    if (i.state().find(c.get(), n.finish_class.get()))
      return object;  // a member of an enumeration is initialised already
  } else {
    object = c->allocate(i, c);
  }
  if (c->is_exception && !exception_data(object).arguments.is(Kind::kTuple))
    exception_data(object).arguments = make<Tuple>(std::vector<Value>(positional.begin(), positional.end()));
  Class* owner = nullptr;
  const Value* init = i.state().find(c.get(), n.init.get(), &owner);
  if (!init || owner == i.state().object.get()) {
    if (has_new || (positional.empty() && keywords.n == 0)) return object;
    if (c->is_exception && keywords.n == 0) return object;
    i.raise("TypeError", c->name + "() takes no arguments");
  }
  const Value result = call_with_self(i, Value(*init), object, positional, keywords);
  if (!result.is_none()) i.raise("TypeError", "__init__() should return None, not '" + i.type_name(result) + "'");
  return object;
}

}  // namespace gradus

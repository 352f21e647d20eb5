#include "unit/run/evaluate.h"

namespace gradus {

[[noreturn]] void unbound(Interpreter& i, const Frame& f, int slot, bool free) {
  const std::string& name = f.code->slot_names[static_cast<size_t>(slot)]->text;
  if (free)
    i.raise("NameError",
            "cannot access free variable '" + name + "' where it is not associated with a value in enclosing scope");
  i.raise("UnboundLocalError", "cannot access local variable '" + name + "' where it is not associated with a value");
}

[[noreturn]] void no_name(Interpreter& i, const Frame& f, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& s : f.code->slot_names) known.push_back(s->text);
  for (Dict* d : {f.names.get(), f.globals, i.state().builtins.get()})
    if (d)
      for (const auto& e : d->entries())
        if (e.key.is(Kind::kStr)) known.push_back(e.key.as<Str>().text);
  raise_suggesting(i, "NameError", "name '" + name + "' is not defined", suggestion(name, known));
}

Value* find_global(Interpreter& i, const Frame& f, const Str* name, InlineCache& cache) {
  Dict& builtins = *i.state().builtins;
  if (cache.owner == f.globals && cache.version == f.globals->layout() && cache.second == builtins.layout() &&
      cache.mode)
    return &(cache.mode == 1 ? *f.globals : builtins).entry(cache.position).value;
  Dict* where = f.globals;
  Value* v = where->find(name);
  if (!v) where = &builtins, v = where->find(name);
  if (!v && !i.state().bare_names.empty()) {
    const auto at = i.state().bare_names.find(name->text);
    if (at != i.state().bare_names.end()) {
      const Ref<Str> key = i.intern(name->text);
      builtins.set(key, i.get_attribute(import_module(i, at->second, true), key));
      v = builtins.find(name);
    }
  }
  if (v) {
    size_t position = 0;
    while (&where->entry(position).value != v) ++position;
    cache = {f.globals,
             f.globals->layout(),
             builtins.layout(),
             static_cast<uint32_t>(position),
             static_cast<uint8_t>(where == f.globals ? 1 : 2),
             nullptr};
  }
  return v;
}

Value make_function_value(const Frame& f, const std::shared_ptr<Code>& code, int flags, Value*& top) {
  Ref<Function> fn = make<Function>(code);
  fn->globals = Ref<Dict>(f.globals);
  fn->docstring = code->docstring;
  if (flags & 4) fn->closure = top[-1].as<Tuple>().items, drop(top, 1);
  if (flags & 2) {
    for (const auto& e : top[-1].as<Dict>().entries()) fn->keyword_defaults.emplace_back(e.key.ref<Str>(), e.value);
    drop(top, 1);
  }
  if (flags & 1) fn->defaults = top[-1].as<Tuple>().items, drop(top, 1);
  return fn;
}

void unpack(Interpreter& i, Value*& top, size_t before, size_t after, bool starred) {
  const Value source = top[-1];
  const Class* type = i.type_of(source);
  std::vector<Value> items;
  if (source.is(Kind::kTuple))
    items = source.as<Tuple>().items;
  else if (source.is(Kind::kList) && !source.as<List>().subclass)
    items = source.as<List>().items;
  else {
    Value iterator;
    try {
      iterator = i.iterate(source);
    } catch (const Raised& r) {
      if (!exception_matches(i, r.value, i.exception_class("TypeError")) || source.is(Kind::kTensor)) throw;
      i.raise("TypeError", "cannot unpack non-iterable " + type->name + " object");
    }
    for (;;) {
      if (!starred && items.size() > before) break;
      Value v = i.next(iterator);
      if (!v.defined()) break;
      items.push_back(std::move(v));
      i.count_step();
    }
  }
  const size_t needed = before + after;
  if (items.size() < needed)
    i.raise("ValueError", "not enough values to unpack (expected " + std::string(starred ? "at least " : "") +
                              std::to_string(needed) + ", got " + std::to_string(items.size()) + ")");
  if (!starred && items.size() > needed)
    i.raise("ValueError", "too many values to unpack (expected " + std::to_string(needed) + ")");
  drop(top, 1);
  for (size_t k = 0; k < after; ++k) push(top, items[items.size() - 1 - k]);
  if (starred) {
    const auto first = items.begin() + static_cast<std::ptrdiff_t>(before);
    push(top, make<List>(std::vector<Value>(first, items.end() - static_cast<std::ptrdiff_t>(after))));
  }
  for (size_t k = before; k-- > 0;) push(top, items[k]);
}

void merge_keywords(Interpreter& i, Dict& into, const Value& from, const std::string& function) {
  if (!from.is(Kind::kDict)) {
    const Method keys = special_method(i, from, i.intern("keys"));
    if (!keys.function.defined())
      i.raise("TypeError", function + "argument after ** must be a mapping, not " + i.type_name(from));
    for (const Value& key : i.to_vector(call_method(i, keys))) {
      if (!key.is(Kind::kStr)) i.raise("TypeError", "keywords must be strings");
      into.set(i, key, i.get_item(from, key));
    }
    return;
  }
  for (const auto& e : from.as<Dict>().entries()) {
    if (!e.key.defined()) continue;
    if (!e.key.is(Kind::kStr)) i.raise("TypeError", "keywords must be strings");
    if (into.find(i, e.key))
      i.raise("TypeError", function + "got multiple values for keyword argument '" + e.key.as<Str>().text + "'");
    into.set(i.intern(e.key.as<Str>().text), e.value);
  }
}

Value call_expanded(Interpreter& i, Value* top, bool has_keywords) {
  std::vector<std::pair<Ref<Str>, Value>> pairs;
  if (has_keywords)
    for (const auto& e : top[-1].as<Dict>().entries())
      if (e.key.defined()) pairs.emplace_back(i.intern(e.key.as<Str>().text), e.value);
  const std::vector<Value> positional = top[has_keywords ? -2 : -1].as<List>().items;
  return call_value(i, top[has_keywords ? -3 : -2], positional, {pairs.data(), nullptr, nullptr, pairs.size()});
}

Value build_string(Interpreter& i, const Value* parts, int n) {
  std::string s;
  for (int k = 0; k < n; ++k) s += parts[k].as<Str>().text;
  i.charge(s.size() / 64);
  return i.make_str(std::move(s));
}

namespace {

std::string ascii(Interpreter& i, const Value& v) {
  const Value f = i.builtin("ascii");
  return i.call(f, std::span(&v, 1)).as<Str>().text;
}

}  // namespace

Value format_field(Interpreter& i, const Value& v, int flag, const Value* spec) {
  const int conversion = flag & 3;
  if (!spec && conversion == 0) {
    if (v.is(Kind::kStr)) return v;
    return i.make_str(i.format(v, ""));
  }
  const std::string text = spec ? spec->as<Str>().text : "";
  if (conversion == 0) return i.make_str(i.format(v, text));
  const Value s = i.make_str(conversion == 1 ? i.str(v) : conversion == 2 ? i.repr(v) : ascii(i, v));
  return i.make_str(i.format(s, text));
}

void enter_context(Interpreter& i, Value*& top) {
  const Value context = top[-1];
  const Method enter = special_method(i, context, i.state().names().enter);
  const Method exit = special_method(i, context, i.state().names().exit);
  if (!enter.function.defined() || !exit.function.defined())
    i.raise("TypeError", "'" + i.type_name(context) + "' object does not support the context manager protocol");
  Value bound = exit.self.defined() ? Value(make<BoundMethod>(exit.self, exit.function)) : exit.function;
  Value result = call_method(i, enter);
  top[-1] = std::move(bound);
  push(top, std::move(result));
}

bool failed_context(Interpreter& i, const Value* top) {
  const Value& exception = top[-1];
  const Value arguments[3] = {Value(class_ref(i.type_of(exception))), exception, Value()};
  return i.truth(i.call(top[-3], arguments));
}

Value build_class_value(Interpreter& i, Value* top, const std::string& name, bool has_keywords) {
  const Value body = top[-1];
  const Value keywords = has_keywords ? top[-2] : Value();
  const Value bases = top[has_keywords ? -3 : -2];
  Ref<Dict> names = make<Dict>();
  const Names& n = i.state().names();
  Function& f = body.as<Function>();
  if (const Value* module = f.globals->find(n.name.get())) names->set(n.module, *module);
  names->set(n.qualname, i.make_str(f.code->qualified_name));
  if (!f.docstring.is_none()) names->set(n.doc, f.docstring);
  const Value cell = run_namespace(i, body.ref<Function>(), names);
  Value finished = Value::undefined();
  Ref<Class> c = build_class(i, name, bases.as<Tuple>().items, names,
                             keywords.is(Kind::kDict) ? keywords.ref<Dict>() : Ref<Dict>(), &finished, cell);
  return finished.defined() ? finished : Value(c);
}

bool pass_inward(Interpreter& i, Frame& f, Value* top, const Value& thrown, Value& yielded) {
  const Instruction& in = f.code->instructions[static_cast<size_t>(f.next)];
  if (in.op != Opcode::kYieldFrom || !top[-2].is(Kind::kGenerator)) return false;
  Generator& inner = top[-2].as<Generator>();
  if (exception_matches(i, thrown, i.exception_class("GeneratorExit"))) {
    close_generator(i, inner);
    return false;
  }
  yielded = resume(i, inner, Value(), thrown);
  return true;
}

std::string callable_name(Interpreter& i, const Value& f) {
  const Value name = i.find_attribute(f, i.state().names().qualname);
  if (!name.is(Kind::kStr)) return i.type_name(f) + " object";
  const Value module = i.find_attribute(f, i.state().names().module);
  const bool shown = module.is(Kind::kStr) && module.as<Str>().text != "builtins";
  return (shown ? module.as<Str>().text + "." : "") + name.as<Str>().text + "()";
}

}  // namespace gradus

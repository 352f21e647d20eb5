#include "unit/run/number.h"
#include "unit/run/state.h"

/// The evaluator's loop. Operands stay on the stack until an instruction has succeeded, so that an exception finds them
/// there and drops them. Stack positions from `top` on are raw memory.
namespace gradus {

using syntax::Op;

namespace {

void push(Value*& top, Value v) { new (top++) Value(std::move(v)); }
Value pop(Value*& top) {
  Value v = std::move(*--top);
  return v;
}
void drop(Value*& top, size_t n) {
  while (n-- > 0) (--top)->~Value();
}

[[noreturn]] void unbound(Interpreter& i, const Frame& f, int slot, bool free) {
  const std::string& name = f.code->slot_names[static_cast<size_t>(slot)]->text;
  if (free)
    i.raise("NameError", "cannot access free variable '" + name + "' where it is not associated with a value in enclosing scope");
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
  if (cache.owner == f.globals && cache.version == f.globals->layout() && cache.second == builtins.layout() && cache.mode)
    return &(cache.mode == 1 ? *f.globals : builtins).entry(cache.position).value;
  Dict* where = f.globals;
  Value* v = where->find(name);
  if (!v) where = &builtins, v = where->find(name);
  if (v) {
    size_t position = 0;
    while (&where->entry(position).value != v) ++position;
    cache = {f.globals, f.globals->layout(), builtins.layout(), static_cast<uint32_t>(position),
             static_cast<uint8_t>(where == f.globals ? 1 : 2), nullptr};
  }
  return v;
}

Value make_function_value(Interpreter&, const Frame& f, const std::shared_ptr<Code>& code, int flags, Value*& top) {
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

// The first of the unpacked values ends on top.
void unpack(Interpreter& i, Value*& top, size_t before, size_t after, bool starred) {
  const Value source = top[-1];
  const Class* type = i.type_of(source);
  std::vector<Value> items;
  if (source.is(Kind::kTuple)) items = source.as<Tuple>().items;
  else if (source.is(Kind::kList) && !source.as<List>().subclass) items = source.as<List>().items;
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
    if (into.find(i, e.key)) i.raise("TypeError", function + "got multiple values for keyword argument '" + e.key.as<Str>().text + "'");
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

std::string ascii(Interpreter& i, const Value& v) {
  const Value f = i.builtin("ascii");
  return i.call(f, std::span(&v, 1)).as<Str>().text;
}

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

// match

bool matches_sequence(Interpreter& i, const Value& v) {
  (void)i;
  return v.is(Kind::kList) || v.is(Kind::kTuple) || v.is(Kind::kRange) || v.is(Kind::kSize);
}

Value match_keys(Interpreter& i, const Value& subject, const Value& keys) {
  std::vector<Value> values;
  for (const Value& k : keys.as<Tuple>().items) {
    if (!i.contains(subject, k)) return Value();
    values.push_back(i.get_item(subject, k));
  }
  return make<Tuple>(std::move(values));
}

Value match_rest(const Value& subject, const Value& keys, Interpreter& i) {
  Ref<Dict> rest = make<Dict>();
  for (const auto& e : subject.as<Dict>().entries())
    if (e.key.defined()) rest->set(i, e.key, e.value);
  for (const Value& k : keys.as<Tuple>().items) rest->erase(i, k);
  return rest;
}

Value match_class(Interpreter& i, const Value& subject, const Value& type, const Value& names, int n_positional) {
  if (!type.is(Kind::kClass)) i.raise("TypeError", "called match pattern must be a class");
  if (!i.is_instance(subject, type)) return Value();
  std::vector<Value> values;
  if (n_positional > 0) {
    const Value match_args = i.find_attribute(type, i.state().names().match_args);
    if (!match_args.defined()) {
      const std::string& name = type.as<Class>().name;
      if (n_positional > 1 || !type.as<Class>().native_kind)
        i.raise("TypeError", name + "() accepts 0 positional sub-patterns (" + std::to_string(n_positional) + " given)");
      values.push_back(subject);
    } else {
      const auto& list = match_args.as<Tuple>().items;
      if (list.size() < static_cast<size_t>(n_positional))
        i.raise("TypeError", type.as<Class>().name + "() accepts " + std::to_string(list.size()) +
                                 " positional sub-patterns (" + std::to_string(n_positional) + " given)");
      for (int k = 0; k < n_positional; ++k) {
        const Value v = i.find_attribute(subject, list[static_cast<size_t>(k)].ref<Str>());
        if (!v.defined()) return Value();
        values.push_back(v);
      }
    }
  }
  for (const Value& n : names.as<Tuple>().items) {
    const Value v = i.find_attribute(subject, n.ref<Str>());
    if (!v.defined()) return Value();
    values.push_back(v);
  }
  return make<Tuple>(std::move(values));
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

void add_to_set(Interpreter& i, const Value& set, const Value& item) { set.as<Set>().table->set(i, item, Value()); }

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

// generator.throw(): inside `yield from` the inner generator gets the exception first; what it yields then is yielded
// by this one too.
bool pass_inward(Interpreter& i, Frame& f, Value*& top, const Value& thrown, Value& yielded) {
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

}  // namespace

std::string callable_name(Interpreter& i, const Value& f) {
  const Value name = i.find_attribute(f, i.state().names().qualname);
  if (!name.is(Kind::kStr)) return i.type_name(f) + " object";
  const Value module = i.find_attribute(f, i.state().names().module);
  const bool shown = module.is(Kind::kStr) && module.as<Str>().text != "builtins";
  return (shown ? module.as<Str>().text + "." : "") + name.as<Str>().text + "()";
}

Value execute(Interpreter& i, Frame& f) {
  Interpreter::State& state = i.state();
  const Code& code = *f.code;
  const Instruction* const first = code.instructions.data();
  const Instruction* ip = first + f.next;
  Value* top = f.top;
  Value* const slots = f.slots;
  const Value* const constants = code.constants.data();
  const Ref<Str>* const names = code.names.data();
  InlineCache spare;
  const auto cache_of = [&](const Instruction& in) -> InlineCache& {
    return in.b == 0xFFFF ? (spare = {}) : code.caches[in.b];
  };
  Value thrown = Value::undefined();
  for (;;) {
    try {
      if (f.thrown.defined()) {
        const Value exception = std::exchange(f.thrown, Value::undefined());
        Value yielded;
        f.current = f.next > 0 && code.instructions[static_cast<size_t>(f.next)].op != Opcode::kYieldFrom ? f.next - 1 : f.next;
        if (!pass_inward(i, f, top, exception, yielded)) raise_exception(i, exception);
        drop(top, 1);
        if (yielded.defined()) {
          f.top = top;
          f.suspended = true;
          return yielded;
        }
        Value result = top[-1].as<Generator>().result;
        top[-1] = std::move(result);
        ++ip;
      }
      for (;;) {
        const Instruction in = *ip;
        f.current = static_cast<int32_t>(ip - first);
        ++ip;
        i.count_step();
        switch (in.op) {
          case Opcode::kNop: break;
          case Opcode::kConstant: push(top, constants[in.a]); break;
          case Opcode::kPop: drop(top, 1); break;
          case Opcode::kDuplicate: push(top, Value(top[-1])); break;
          case Opcode::kDuplicateTwo: push(top, Value(top[-2])); push(top, Value(top[-2])); break;
          case Opcode::kSwap: std::swap(top[-1], top[-2]); break;
          case Opcode::kRotateThree: std::swap(top[-1], top[-2]); std::swap(top[-2], top[-3]); break;
          case Opcode::kCopy: push(top, Value(top[-in.a])); break;

          case Opcode::kLoadLocal:
            if (!slots[in.a].defined()) unbound(i, f, in.a, false);
            push(top, slots[in.a]);
            break;
          case Opcode::kStoreLocal: slots[in.a] = pop(top); break;
          case Opcode::kDeleteLocal:
            if (!slots[in.a].defined()) unbound(i, f, in.a, false);
            slots[in.a] = Value::undefined();
            break;
          case Opcode::kLoadCell: {
            const Value& v = slots[in.a].as<Cell>().value;
            if (!v.defined()) unbound(i, f, in.a, in.a >= code.n_locals);
            push(top, v);
            break;
          }
          case Opcode::kStoreCell: slots[in.a].as<Cell>().value = pop(top); break;
          case Opcode::kDeleteCell: slots[in.a].as<Cell>().value = Value::undefined(); break;
          case Opcode::kLoadClosure: push(top, slots[in.a]); break;
          case Opcode::kLoadGlobal: {
            const Value* v = find_global(i, f, names[in.a].get(), cache_of(in));
            if (!v) no_name(i, f, names[in.a]->text);
            push(top, *v);
            break;
          }
          case Opcode::kStoreGlobal: f.globals->set(names[in.a], pop(top)); break;
          case Opcode::kDeleteGlobal:
            if (!f.globals->erase(names[in.a].get())) no_name(i, f, names[in.a]->text);
            break;
          case Opcode::kLoadName: case Opcode::kLoadClassCell: {
            const Value* v = f.names->find(names[in.a].get());
            if (!v && in.op == Opcode::kLoadClassCell) {
              v = &slots[in.b].as<Cell>().value;
              if (!v->defined()) unbound(i, f, in.b, true);
            }
            if (!v) v = find_global(i, f, names[in.a].get(), cache_of(in));
            if (!v) no_name(i, f, names[in.a]->text);
            push(top, *v);
            break;
          }
          case Opcode::kStoreName: f.names->set(names[in.a], pop(top)); break;
          case Opcode::kDeleteName:
            if (!f.names->erase(names[in.a].get())) no_name(i, f, names[in.a]->text);
            break;

          case Opcode::kLoadAttribute: {
            Value v = i.get_attribute(top[-1], names[in.a]);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kLoadMethod: {
            Method m = get_method(i, top[-1], names[in.a]);
            if (m.self.defined()) {
              top[-1] = std::move(m.function);
              push(top, std::move(m.self));
            } else {
              top[-1] = Value::undefined();
              push(top, std::move(m.function));
            }
            break;
          }
          case Opcode::kStoreAttribute:
            i.set_attribute(top[-1], names[in.a], top[-2]);
            drop(top, 2);
            break;
          case Opcode::kDeleteAttribute:
            i.delete_attribute(top[-1], names[in.a]);
            drop(top, 1);
            break;
          case Opcode::kLoadItem: {
            Value v = i.get_item(top[-2], top[-1]);
            drop(top, 1);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kStoreItem:
            i.set_item(top[-2], top[-1], top[-3]);
            drop(top, 3);
            break;
          case Opcode::kDeleteItem:
            i.delete_item(top[-2], top[-1]);
            drop(top, 2);
            break;

          case Opcode::kBinary: {
            Value v = i.binary(static_cast<Op>(in.flag), top[-2], top[-1]);
            drop(top, 1);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kInPlace: {
            Value v = i.in_place(static_cast<Op>(in.flag), top[-2], top[-1]);
            drop(top, 1);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kUnary: {
            Value v = i.unary(static_cast<Op>(in.flag), top[-1]);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kNot: {
            const bool t = i.truth(top[-1]);
            top[-1] = Value(!t);
            break;
          }
          case Opcode::kCompare: {
            Value v = i.compare(static_cast<Op>(in.flag), top[-2], top[-1]);
            drop(top, 1);
            top[-1] = std::move(v);
            break;
          }

          case Opcode::kJump: ip = first + in.a; break;
          case Opcode::kJumpIfFalse: case Opcode::kJumpIfTrue: {
            const bool t = top[-1].is_bool() ? top[-1].as_bool() : i.truth(top[-1]);
            drop(top, 1);
            if (t == (in.op == Opcode::kJumpIfTrue)) ip = first + in.a;
            break;
          }
          case Opcode::kJumpIfFalseOrPop: case Opcode::kJumpIfTrueOrPop:
            if (i.truth(top[-1]) == (in.op == Opcode::kJumpIfTrueOrPop)) ip = first + in.a;
            else drop(top, 1);
            break;

          case Opcode::kBuildTuple: case Opcode::kBuildList: {
            std::vector<Value> items(std::make_move_iterator(top - in.a), std::make_move_iterator(top));
            top -= in.a;
            if (in.op == Opcode::kBuildList) push(top, make<List>(std::move(items)));
            else push(top, in.a ? Value(make<Tuple>(std::move(items))) : state.empty_tuple);
            break;
          }
          case Opcode::kBuildSet: {
            Value set = make<Set>();
            for (int k = in.a; k > 0; --k) add_to_set(i, set, top[-k]);
            drop(top, static_cast<size_t>(in.a));
            push(top, std::move(set));
            break;
          }
          case Opcode::kBuildDict: {
            Ref<Dict> d = make<Dict>();
            for (int k = in.a; k > 0; --k) d->set(i, top[-2 * k], top[-2 * k + 1]);
            drop(top, static_cast<size_t>(2 * in.a));
            push(top, std::move(d));
            break;
          }
          case Opcode::kBuildSlice: {
            Value s = make<Slice>(top[-in.a], top[-in.a + 1], in.a == 3 ? top[-1] : Value());
            drop(top, static_cast<size_t>(in.a));
            push(top, std::move(s));
            break;
          }
          case Opcode::kBuildString: {
            Value s = build_string(i, top - in.a, in.a);
            drop(top, static_cast<size_t>(in.a));
            push(top, std::move(s));
            break;
          }
          case Opcode::kFormat: {
            const bool has_spec = in.flag & 4;
            Value s = format_field(i, top[has_spec ? -2 : -1], in.flag, has_spec ? &top[-1] : nullptr);
            if (has_spec) drop(top, 1);
            top[-1] = std::move(s);
            break;
          }
          case Opcode::kListAppend: {
            auto& items = top[-1 - in.a].as<List>().items;
            i.check_size(static_cast<double>(items.size()) + 1);
            items.push_back(pop(top));
            break;
          }
          case Opcode::kSetAdd:
            add_to_set(i, top[-1 - in.a], top[-1]);
            drop(top, 1);
            break;
          case Opcode::kDictAdd: {
            Dict& d = top[-2 - in.a].as<Dict>();
            if (in.flag && d.find(i, top[-2]))
              i.raise("TypeError", "got multiple values for keyword argument '" + top[-2].as<Str>().text + "'");
            d.set(i, top[-2], top[-1]);
            drop(top, 2);
            break;
          }
          case Opcode::kListExtend: {
            std::vector<Value> more;
            try {
              more = i.to_vector(top[-1]);
            } catch (const Raised& r) {
              if (!exception_matches(i, r.value, i.exception_class("TypeError")) || top[-1].is_object()) throw;
              i.raise("TypeError", (in.flag ? callable_name(i, top[-3]) + " argument" : "Value") + " after * must be an iterable, not " + i.type_name(top[-1]));
            }
            auto& items = top[-1 - in.a].as<List>().items;
            i.check_size(static_cast<double>(items.size() + more.size()));
            items.insert(items.end(), more.begin(), more.end());
            drop(top, 1);
            break;
          }
          case Opcode::kSetUpdate:
            for (const Value& v : i.to_vector(top[-1])) add_to_set(i, top[-1 - in.a], v);
            drop(top, 1);
            break;
          case Opcode::kDictUpdate: {
            const Value update = i.get_attribute(top[-1 - in.a], i.intern("update"));
            const Value from = top[-1];
            if (!from.is(Kind::kDict) && !special_method(i, from, i.intern("keys")).function.defined())
              i.raise("TypeError", "'" + i.type_name(from) + "' object is not a mapping");
            i.call(update, std::span(&from, 1));
            drop(top, 1);
            break;
          }
          case Opcode::kDictMerge:
            merge_keywords(i, top[-2].as<Dict>(), top[-1], in.flag ? callable_name(i, top[-4]) + " " : "");
            drop(top, 1);
            break;
          case Opcode::kListToTuple: {
            Value t = make<Tuple>(std::move(top[-1].as<List>().items));
            top[-1] = std::move(t);
            break;
          }

          case Opcode::kCall: {
            Value* const base = top - in.a - 1;
            Value v = call_value(i, *base, {base + 1, static_cast<size_t>(in.a)}, {});
            drop(top, static_cast<size_t>(in.a));
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kCallMethod: {
            Value* const base = top - in.a - 2;  // function, self, arguments; or nothing, function, arguments
            const bool method = base->defined();
            const size_t n = static_cast<size_t>(in.a);
            Value v = method ? call_value(i, base[0], {base + 1, n + 1}, {}) : call_value(i, base[1], {base + 2, n}, {});
            drop(top, n + 1);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kCallKeywords: case Opcode::kCallMethodKeywords: {
            const auto& keywords = code.keyword_names[in.b];
            const size_t n = static_cast<size_t>(in.a) - keywords.size();
            const bool method = in.op == Opcode::kCallMethodKeywords;
            Value* const base = top - in.a - 1 - (method ? 1 : 0);
            const bool with_self = method && base->defined();
            const Keywords k{nullptr, keywords.data(), top - keywords.size(), keywords.size()};
            const Value& callable = method && !with_self ? base[1] : base[0];
            const std::span<const Value> positional(base + (method && !with_self ? 2 : 1), n + (with_self ? 1 : 0));
            Value v = call_value(i, callable, positional, k);
            drop(top, static_cast<size_t>(in.a) + (method ? 1 : 0));
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kCallExpanded: {
            Value v = call_expanded(i, top, in.flag);
            drop(top, in.flag ? 2 : 1);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kMakeFunction: {
            Value v = make_function_value(i, f, code.children[static_cast<size_t>(in.a)], in.flag, top);
            push(top, std::move(v));
            break;
          }
          case Opcode::kBuildClass: {
            Value v = build_class_value(i, top, names[in.a]->text, in.flag);
            drop(top, in.flag ? 2 : 1);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kAnnotate: {
            const Ref<Str>& key = state.names().annotations;
            if (!f.names->find(key.get())) f.names->set(key, make<Dict>());
            f.names->find(key.get())->as<Dict>().set(names[in.a], constants[in.b]);
            break;
          }

          case Opcode::kIterate: {
            Value v = i.iterate(top[-1]);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kForNext: {
            Value v = i.next(top[-1]);
            if (v.defined()) {
              push(top, std::move(v));
            } else {
              drop(top, 1);
              ip = first + in.a;
            }
            break;
          }
          case Opcode::kUnpack:
            if (top[-1].is(Kind::kTuple) && top[-1].as<Tuple>().items.size() == static_cast<size_t>(in.a)) {
              const Value t = pop(top);
              const auto& items = t.as<Tuple>().items;
              for (size_t k = items.size(); k-- > 0;) push(top, items[k]);
            } else {
              unpack(i, top, static_cast<size_t>(in.a), 0, false);
            }
            break;
          case Opcode::kUnpackStarred: unpack(i, top, static_cast<size_t>(in.a), in.flag, true); break;

          case Opcode::kYield: {
            Value v = pop(top);
            f.next = static_cast<int32_t>(ip - first);
            f.top = top;
            f.suspended = true;
            return v;
          }
          case Opcode::kYieldFrom: {  // iterator, value sent
            Value v = send(i, top[-2], top[-1]);
            drop(top, 1);
            if (v.defined()) {
              f.next = static_cast<int32_t>(ip - first) - 1;  // again, with what is sent
              f.top = top;
              f.suspended = true;
              return v;
            }
            Value result = top[-1].is(Kind::kGenerator) ? top[-1].as<Generator>().result : std::exchange(state.stop_value, Value());
            top[-1] = std::move(result);
            break;
          }
          case Opcode::kReturn: {
            Value v = pop(top);
            f.top = top;
            return v;
          }

          case Opcode::kRaise: {
            if (in.a == 0) {
              if (!state.handled.is_object()) i.raise("RuntimeError", "No active exception to reraise");
              state.reraised = true;
              throw Raised(state.handled);
            }
            const Value cause = in.a == 2 ? top[-1] : Value::undefined();
            raise_value(i, top[-in.a], cause);
          }
          case Opcode::kReraise: {
            state.reraised = true;
            throw Raised(top[-1]);
          }
          case Opcode::kPushException: {
            Value exception = top[-1];
            top[-1] = std::exchange(state.handled, exception);
            push(top, std::move(exception));
            break;
          }
          case Opcode::kPopException: state.handled = pop(top); break;
          case Opcode::kMatchException: {
            const bool match = exception_matches(i, top[-2], top[-1]);
            top[-1] = Value(match);
            break;
          }
          case Opcode::kAssertFail: {
            std::vector<Value> arguments;
            if (in.flag) arguments.push_back(top[-1]);
            raise_exception(i, make_exception(i, i.exception_class("AssertionError"), std::move(arguments)));
          }
          case Opcode::kWithEnter: enter_context(i, top); break;
          case Opcode::kWithExit: {
            const Value none[3];
            i.call(top[-1], none);
            drop(top, 1);
            break;
          }
          case Opcode::kWithFailed: {
            const bool suppress = failed_context(i, top);
            push(top, Value(suppress));
            break;
          }

          case Opcode::kImport: {
            if (in.b) i.raise("ImportError", "attempted relative import with no known parent package");
            push(top, import_module(i, names[in.a]->text, in.flag));
            break;
          }
          case Opcode::kImportFrom: push(top, import_from(i, top[-1], names[in.a])); break;

          case Opcode::kMatchSequence: push(top, Value(matches_sequence(i, top[-1]))); break;
          case Opcode::kMatchMapping: push(top, Value(top[-1].is(Kind::kDict))); break;
          case Opcode::kMatchLength: push(top, Value(i.length(top[-1]))); break;
          case Opcode::kMatchKeys: push(top, match_keys(i, top[-2], top[-1])); break;
          case Opcode::kMatchRest: push(top, match_rest(top[-3], top[-2], i)); break;
          case Opcode::kMatchClass: {
            Value v = match_class(i, top[-3], top[-2], top[-1], in.a);
            drop(top, 1);
            top[-1] = std::move(v);
            break;
          }
        }
      }
    } catch (const Raised& r) {
      thrown = r.value;
    } catch (LimitReached&) {
      f.top = top;
      throw;
    } catch (const std::exception& e) {
      thrown = exception_from_native(i, e);
    }
    // An exception: note the frame, then continue at the handler of the innermost range around the instruction.
    if (std::exchange(state.reraised, false) == false)
      exception_data(thrown).traceback.push_back({f.function->code, f.current});
    const HandlerRange* handler = nullptr;
    for (const HandlerRange& h : code.handlers)
      if (f.current >= h.start && f.current < h.end) {
        handler = &h;
        break;
      }
    if (!handler) {
      f.top = top;
      throw Raised(thrown);
    }
    drop(top, static_cast<size_t>(top - (f.stack + handler->depth)));
    push(top, std::exchange(thrown, Value::undefined()));
    ip = first + handler->target;
  }
}

}  // namespace gradus

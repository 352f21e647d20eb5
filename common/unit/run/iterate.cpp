#include "unit/run/number.h"
#include "unit/run/state.h"

namespace gradus {

Value make_range_iterator(const Range& r) {
  return make<Iterator>(Iterator::Walks::kRange, r.start, 0, r.length(), r.step);
}

namespace {

Value iterate_text(Interpreter&, const Value& v) {
  return make<Iterator>([v, at = size_t{0}](Interpreter& in) mutable -> Value {
    const std::string& s = v.as<Str>().text;
    if (at >= s.size()) return Value::undefined();
    size_t end = at + 1;
    while (end < s.size() && (s[end] & 0xC0) == 0x80) ++end;
    const std::string c = s.substr(at, end - at);
    at = end;
    if (c.size() == 1) return in.state().characters[static_cast<size_t>(c[0]) & 127];
    return in.make_str(c);
  });
}

// The entries of a dict in order; a change of size meanwhile is an error.
template <class F>
Value iterate_entries(const Ref<Dict>& d, const char* what, F pick) {
  return make<Iterator>(
      [d, what, pick, at = size_t{0}, size = d->size(), over = false](Interpreter& in) mutable -> Value {
        if (over) return Value::undefined();
        if (d->size() != size) in.raise("RuntimeError", std::string(what) + " changed size during iteration");
        while (at < d->entries().size() && !d->entries()[at].key.defined()) ++at;
        if (at >= d->entries().size()) {
          over = true;
          return Value::undefined();
        }
        return pick(d->entries()[at++]);
      });
}

Value iterate_view(const DictView& v) {
  using Entry = Dict::Entry;
  switch (v.what) {
    case DictView::What::kValues:
      return iterate_entries(v.dict, "dictionary", [](const Entry& e) { return e.value; });
    case DictView::What::kItems:
      return iterate_entries(v.dict, "dictionary", [](const Entry& e) -> Value {
        return make<Tuple>(std::vector<Value>{e.key, e.value});
      });
    default:
      return iterate_entries(v.dict, "dictionary", [](const Entry& e) { return e.key; });
  }
}

// The old protocol: __getitem__ from 0 until IndexError.
Value iterate_items(const Value& v) {
  return make<Iterator>([v, at = int64_t{0}](Interpreter& in) mutable -> Value {
    if (at < 0) return Value::undefined();
    try {
      return in.get_item(v, at++);
    } catch (const Raised& r) {
      if (!exception_matches(in, r.value, in.exception_class("IndexError")) &&
          !exception_matches(in, r.value, in.exception_class("StopIteration")))
        throw;
      at = -1;
      return Value::undefined();
    }
  });
}

Value iterate_class(Interpreter& i, const Value& v) {
  if (const Value* f = i.state().find(&v.as<Class>(), i.state().names().iterate_class.get())) {
    const Value function = f->is(Kind::kClassMethod) || f->is(Kind::kStaticMethod) ? f->as<Wrapped>().function : *f;
    return i.iterate(i.call(function, std::span(&v, 1)));
  }
  i.raise("TypeError", "'type' object is not iterable");
}

}  // namespace

Value Interpreter::iterate(const Value& v) {
  Entry entry(*this);
  if (v.is_object()) {
    switch (v.object()->kind) {
      case Kind::kList:
        if (v.as<List>().subclass) break;
        return make<Iterator>(Iterator::Walks::kList, v, 0, 0);
      case Kind::kTuple:
      case Kind::kSize:
        return make<Iterator>(Iterator::Walks::kTuple, v, 0, 0);
      case Kind::kRange:
        return make_range_iterator(v.as<Range>());
      case Kind::kStr:
        return iterate_text(*this, v);
      case Kind::kIterator:
      case Kind::kGenerator:
        return v;
      case Kind::kDict:
        if (v.as<Dict>().subclass) break;
        return iterate_entries(v.ref<Dict>(), "dictionary", [](const Dict::Entry& e) { return e.key; });
      case Kind::kSet:
      case Kind::kFrozenSet:
        return iterate_entries(v.as<Set>().table, "Set", [](const Dict::Entry& e) { return e.key; });
      case Kind::kDictView:
      case Kind::kMappingProxy:
        return iterate_view(v.as<DictView>());
      case Kind::kBytes:
        return make<Iterator>([v, at = size_t{0}](Interpreter&) mutable -> Value {
          const std::string& s = v.as<Bytes>().data;
          return at < s.size() ? Value(static_cast<int64_t>(static_cast<unsigned char>(s[at++]))) : Value::undefined();
        });
      case Kind::kClass:
        return iterate_class(*this, v);
      default:
        break;
    }
    const Method m = special_method(*this, v, state_->names().iter);
    if (m.function.defined() && !(m.function.is(Kind::kNative) && (v.is(Kind::kDict) || v.is(Kind::kList)))) {
      Value iterator = call_method(*this, m);
      if (!iterator.is(Kind::kIterator) && !iterator.is(Kind::kGenerator) &&
          !special_method(*this, iterator, state_->names().next).function.defined())
        raise("TypeError", "iter() returned non-iterator of type '" + type_name(iterator) + "'");
      return iterator;
    }
    if (v.is(Kind::kDict))
      return iterate_entries(v.ref<Dict>(), "dictionary", [](const Dict::Entry& e) { return e.key; });
    if (v.is(Kind::kList)) return make<Iterator>(Iterator::Walks::kList, v, 0, 0);
    const Hooks& hooks = hooks_of(*this, v);
    if (hooks.iterate) return hooks.iterate(*this, v);
    if (special_method(*this, v, state_->names().getitem).function.defined()) return iterate_items(v);
  }
  raise("TypeError", "'" + type_name(v) + "' object is not iterable");
}

Value Interpreter::next(const Value& v) {
  if (v.is(Kind::kIterator)) {
    Iterator& it = v.as<Iterator>();
    switch (it.walks) {
      case Iterator::Walks::kRange:
        if (it.position >= it.stop) return Value::undefined();
        return it.source.as_int() + it.step * it.position++;
      case Iterator::Walks::kList: {
        if (!it.source.is_object()) return Value::undefined();
        const auto& items = it.source.as<List>().items;
        if (static_cast<size_t>(it.position) < items.size()) return items[static_cast<size_t>(it.position++)];
        it.source = Value();
        return Value::undefined();
      }
      case Iterator::Walks::kTuple: {
        const auto& items = it.source.as<Tuple>().items;
        return static_cast<size_t>(it.position) < items.size() ? items[static_cast<size_t>(it.position++)]
                                                               : Value::undefined();
      }
      case Iterator::Walks::kNothing:
        return it.next(*this);
    }
  }
  if (v.is(Kind::kGenerator)) {
    const Value held = v;
    return resume(*this, v.as<Generator>(), Value());
  }
  const Method m = special_method(*this, v, state_->names().next);
  if (!m.function.defined()) raise("TypeError", "'" + type_name(v) + "' object is not an iterator");
  try {
    return call_method(*this, m);
  } catch (const Raised& r) {
    if (!exception_matches(*this, r.value, exception_class("StopIteration"))) throw;
    if (!exception_data(r.value).arguments.is(Kind::kTuple)) return Value();
    const auto& arguments = exception_data(r.value).arguments.as<Tuple>().items;
    state_->stop_value = arguments.empty() ? Value() : arguments[0];
    return Value::undefined();
  }
}

std::vector<Value> Interpreter::to_vector(const Value& v) {
  if (v.is(Kind::kList) && !v.as<List>().subclass) return v.as<List>().items;
  if (v.is(Kind::kTuple) || v.is(Kind::kSize)) return v.as<Tuple>().items;
  if (v.is(Kind::kRange)) check_size(static_cast<double>(v.as<Range>().length()));
  std::vector<Value> all;
  const Value iterator = iterate(v);
  for (;;) {
    Value item = next(iterator);
    if (!item.defined()) return all;
    count_step();
    check_size(static_cast<double>(all.size()) + 1);
    all.push_back(std::move(item));
  }
}

int64_t Interpreter::length(const Value& v) {
  if (v.is_object()) {
    switch (v.object()->kind) {
      case Kind::kStr:
        return static_cast<int64_t>(count_code_points(v.as<Str>().text));
      case Kind::kBytes:
        return static_cast<int64_t>(v.as<Bytes>().data.size());
      case Kind::kTuple:
      case Kind::kSize:
        return static_cast<int64_t>(v.as<Tuple>().items.size());
      case Kind::kSet:
      case Kind::kFrozenSet:
        return static_cast<int64_t>(v.as<Set>().table->size());
      case Kind::kRange:
        return v.as<Range>().length();
      case Kind::kDictView:
      case Kind::kMappingProxy:
        return static_cast<int64_t>(v.as<DictView>().dict->size());
      case Kind::kClass:
        if (state_->find(&v.as<Class>(), state_->names().iterate_class.get()))
          return static_cast<int64_t>(to_vector(v).size());
        break;
      default:
        break;
    }
    const Method m = special_method(*this, v, state_->names().len);
    if (m.function.defined() && !m.function.is(Kind::kNative)) {
      const Value n = call_method(*this, m);
      if (!n.is_integral()) raise("TypeError", "'" + type_name(n) + "' object cannot be interpreted as an integer");
      if (n.as_int() < 0) raise("ValueError", "__len__() should return >= 0");
      return n.as_int();
    }
    if (v.is(Kind::kDict)) return static_cast<int64_t>(v.as<Dict>().size());
    if (v.is(Kind::kList)) return static_cast<int64_t>(v.as<List>().items.size());
    const Hooks& hooks = hooks_of(*this, v);
    if (hooks.length) return hooks.length(*this, v);
    if (m.function.defined()) return to_index(*this, call_method(*this, m));
  }
  raise("TypeError", "object of type '" + type_name(v) + "' has no len()");
}

bool Interpreter::contains(const Value& c, const Value& item) {
  if (c.is_object()) {
    const auto among = [&](const std::vector<Value>& items) {
      for (size_t k = 0; k < items.size(); ++k) {
        count_step();
        const Value v = items[k];
        if (v.same(item) || equal(v, item)) return true;
      }
      return false;
    };
    const Method m = special_method(*this, c, state_->names().contains);
    if (m.function.is(Kind::kFunction)) return truth(call_method(*this, m, std::span(&item, 1)));
    switch (c.object()->kind) {
      case Kind::kTuple:
      case Kind::kSize:
        return among(c.as<Tuple>().items);
      case Kind::kList:
        return among(c.as<List>().items);
      case Kind::kDict:
        return c.as<Dict>().find(*this, item) != nullptr;
      case Kind::kSet:
      case Kind::kFrozenSet:
        return c.as<Set>().table->find(*this, item) != nullptr;
      case Kind::kStr:
        if (!item.is(Kind::kStr))
          raise("TypeError", "'in <string>' requires string as left operand, not " + type_name(item));
        charge(c.as<Str>().text.size() / 64);
        return c.as<Str>().text.find(item.as<Str>().text) != std::string::npos;
      case Kind::kRange:
        if (item.is_integral()) {
          const Range& r = c.as<Range>();
          const int64_t x = item.as_int(), n = r.length();
          if (n == 0) return false;
          const int64_t low = std::min(r.start, r.at(n - 1)), high = std::max(r.start, r.at(n - 1));
          return x >= low && x <= high && (x - r.start) % r.step == 0;
        }
        break;
      case Kind::kDictView:
      case Kind::kMappingProxy:
        if (c.as<DictView>().what == DictView::What::kKeys || c.as<DictView>().what == DictView::What::kProxy)
          return c.as<DictView>().dict->find(*this, item) != nullptr;
        break;
      default:
        break;
    }
    const Hooks& hooks = hooks_of(*this, c);
    if (hooks.contains) return hooks.contains(*this, c, item);
    if (m.function.defined()) return truth(call_method(*this, m, std::span(&item, 1)));
  }
  Value iterator;
  try {
    iterator = iterate(c);
  } catch (const Raised& r) {
    if (!exception_matches(*this, r.value, exception_class("TypeError"))) throw;
    raise("TypeError", "argument of type '" + type_name(c) + "' is not iterable");
  }
  for (;;) {
    const Value v = next(iterator);
    if (!v.defined()) return false;
    count_step();
    if (v.same(item) || equal(v, item)) return true;
  }
}

}  // namespace gradus

#include <algorithm>

#include "unit/run/number.h"
#include "unit/run/state.h"

/// x[key], x[key] = v, del x[key] for the built-in containers, classes of the language and native kinds.
namespace gradus {

SliceBounds slice_bounds(Interpreter& i, const Slice& s, int64_t length) {
  const int64_t step = s.step.is_none() ? 1 : to_index(i, s.step);
  if (step == 0) i.raise("ValueError", "slice step cannot be zero");
  const auto clamp = [&](const Value& v, int64_t missing) {
    if (v.is_none()) return missing;
    int64_t x =
        v.is(Kind::kBigInt) ? (i.compare(syntax::Op::kLess, v, 0).as_bool() ? -length - 1 : length) : to_index(i, v);
    if (x < 0) x += length;
    return step > 0 ? std::clamp<int64_t>(x, 0, length) : std::clamp<int64_t>(x, -1, length - 1);
  };
  const int64_t start = clamp(s.start, step > 0 ? 0 : length - 1), stop = clamp(s.stop, step > 0 ? length : -1);
  int64_t n = 0;
  if (step > 0 && stop > start) n = (stop - start - 1) / step + 1;
  if (step < 0 && stop < start) n = (start - stop - 1) / -step + 1;
  return {start, step, n, stop};
}

namespace {

size_t position(Interpreter& i, const Value& key, size_t length, const char* what) {
  if (!key.is_integral() && (key.is(Kind::kStr) || key.is_none() || key.is_float() || key.is(Kind::kTuple)))
    i.raise("TypeError", std::string(what) == "string"
                             ? "string indices must be integers, not '" + i.type_name(key) + "'"
                             : std::string(what) + " indices must be integers or slices, not " + i.type_name(key));
  int64_t k = to_index(i, key);
  if (k < 0) k += static_cast<int64_t>(length);
  if (k < 0 || k >= static_cast<int64_t>(length)) i.raise("IndexError", std::string(what) + " index out of range");
  return static_cast<size_t>(k);
}

std::vector<Value> sliced(Interpreter& i, const std::vector<Value>& items, const Slice& s) {
  const SliceBounds b = slice_bounds(i, s, static_cast<int64_t>(items.size()));
  std::vector<Value> part;
  part.reserve(static_cast<size_t>(b.length));
  for (int64_t k = 0; k < b.length; ++k) part.push_back(items[static_cast<size_t>(b.start + k * b.step)]);
  i.charge(part.size() / 16);
  return part;
}

std::string text_item(Interpreter& i, const std::string& s, const Value& key) {
  i.charge(s.size() / 64);
  std::vector<size_t> starts;  // of code points
  const bool ascii = count_code_points(s) == s.size();
  if (!ascii)
    for (size_t k = 0; k < s.size(); ++k)
      if ((s[k] & 0xC0) != 0x80) starts.push_back(k);
  const size_t length = ascii ? s.size() : starts.size();
  const auto at = [&](size_t k) {
    if (ascii) return s.substr(k, 1);
    return s.substr(starts[k], (k + 1 < starts.size() ? starts[k + 1] : s.size()) - starts[k]);
  };
  if (!key.is(Kind::kSlice)) return at(position(i, key, length, "string"));
  const SliceBounds b = slice_bounds(i, key.as<Slice>(), static_cast<int64_t>(length));
  if (ascii && b.step == 1) return s.substr(static_cast<size_t>(b.start), static_cast<size_t>(b.length));
  std::string part;
  for (int64_t k = 0; k < b.length; ++k) part += at(static_cast<size_t>(b.start + k * b.step));
  return part;
}

Value dict_item(Interpreter& i, const Value& object, const Value& key) {
  Dict& d = object.as<Dict>();
  if (const Value* v = d.find(i, key)) return *v;
  if (d.subclass) {
    const Method missing = special_method(i, object, i.state().names().missing);
    if (missing.function.defined()) return call_method(i, missing, std::span(&key, 1));
  }
  if (d.default_factory.defined() && !d.default_factory.is_none()) {
    Value v = i.call(d.default_factory, {});
    d.set(i, key, v);
    return v;
  }
  raise_exception(i, make_exception(i, i.exception_class("KeyError"), {key}));
}

Value bytes_item(Interpreter& i, const std::string& s, const Value& key) {
  if (!key.is(Kind::kSlice))
    return static_cast<int64_t>(static_cast<unsigned char>(s[position(i, key, s.size(), "index")]));
  const SliceBounds b = slice_bounds(i, key.as<Slice>(), static_cast<int64_t>(s.size()));
  std::string part;
  for (int64_t k = 0; k < b.length; ++k) part += s[static_cast<size_t>(b.start + k * b.step)];
  return make<Bytes>(std::move(part));
}

Value range_item(Interpreter& i, const Range& r, const Value& key) {
  if (!key.is(Kind::kSlice)) {
    int64_t k = to_index(i, key);
    const int64_t n = r.length();
    if (k < 0) k += n;
    if (k < 0 || k >= n) i.raise("IndexError", "range object index out of range");
    return r.at(k);
  }
  const SliceBounds b = slice_bounds(i, key.as<Slice>(), r.length());
  return make<Range>(r.at(b.start), r.at(b.stop), r.step * b.step);
}

Value class_item(Interpreter& i, const Value& object, const Value& key) {
  Class& c = object.as<Class>();
  for (const Ref<Str>& name : {i.state().names().class_item, i.state().names().class_getitem})
    if (const Value* f = i.state().find(&c, name.get())) {
      const Value function = f->is(Kind::kClassMethod) || f->is(Kind::kStaticMethod) ? f->as<Wrapped>().function : *f;
      const Value arguments[2] = {object, key};
      return i.call(function, arguments);
    }
  if (c.native_kind) return object;  // list[int]
  i.raise("TypeError", "type '" + c.name + "' is not subscriptable");
}

}  // namespace

Value Interpreter::get_item(const Value& object, const Value& key) {
  if (object.is_object()) {
    const Method m = special_method(*this, object, state_->names().getitem);
    if (m.function.is(Kind::kFunction)) return call_method(*this, m, std::span(&key, 1));
    const Hooks& hooks = hooks_of(*this, object);
    if (hooks.get_item) return hooks.get_item(*this, object, key);
    switch (object.object()->kind) {
      case Kind::kList: {
        const auto& items = object.as<List>().items;
        if (key.is(Kind::kSlice)) return make<List>(sliced(*this, items, key.as<Slice>()));
        return items[position(*this, key, items.size(), "list")];
      }
      case Kind::kTuple:
      case Kind::kSize: {
        const auto& items = object.as<Tuple>().items;
        if (key.is(Kind::kSlice)) return make<Tuple>(sliced(*this, items, key.as<Slice>()), object.object()->kind);
        return items[position(*this, key, items.size(), "tuple")];
      }
      case Kind::kDict:
        return dict_item(*this, object, key);
      case Kind::kStr:
        return make_str(text_item(*this, object.as<Str>().text, key));
      case Kind::kBytes:
        return bytes_item(*this, object.as<Bytes>().data, key);
      case Kind::kRange:
        return range_item(*this, object.as<Range>(), key);
      case Kind::kClass:
        return class_item(*this, object, key);
      case Kind::kMappingProxy:
        return dict_item(*this, object.as<DictView>().dict, key);
      default:
        break;
    }
    if (m.function.defined()) return call_method(*this, m, std::span(&key, 1));
  }
  raise("TypeError", "'" + type_name(object) + "' object is not subscriptable");
}

namespace {

void set_slice(Interpreter& i, List& list, const Slice& s, const Value& value) {
  std::vector<Value> with;
  const SliceBounds before = slice_bounds(i, s, static_cast<int64_t>(list.items.size()));
  if (value.is_object())
    with = i.to_vector(value);
  else
    i.raise("TypeError", before.step == 1 ? "can only assign an iterable" : "must assign iterable to extended slice");
  const SliceBounds b = slice_bounds(i, s, static_cast<int64_t>(list.items.size()));
  if (b.step == 1) {
    i.check_size(static_cast<double>(list.items.size() + with.size()));
    const auto first = list.items.begin() + b.start;
    const auto at = list.items.erase(first, first + b.length);
    list.items.insert(at, with.begin(), with.end());
    return;
  }
  if (static_cast<int64_t>(with.size()) != b.length)
    i.raise("ValueError", "attempt to assign sequence of size " + std::to_string(with.size()) +
                              " to extended slice of size " + std::to_string(b.length));
  for (int64_t k = 0; k < b.length; ++k)
    list.items[static_cast<size_t>(b.start + k * b.step)] = with[static_cast<size_t>(k)];
}

}  // namespace

void store_item(Interpreter& i, const Value& object, const Value& key, const Value& value) {
  if (object.is(Kind::kDict)) return object.as<Dict>().set(i, key, value);
  List& list = object.as<List>();
  if (key.is(Kind::kSlice)) return set_slice(i, list, key.as<Slice>(), value);
  const size_t at = position(i, key, list.items.size(), "list assignment");
  Value old = std::exchange(list.items[at], value);
}

void Interpreter::set_item(const Value& object, const Value& key, const Value& value) {
  if (object.is_object()) {
    const Method m = special_method(*this, object, state_->names().setitem);
    if (m.function.is(Kind::kFunction)) {
      const Value arguments[2] = {key, value};
      call_method(*this, m, arguments);
      return;
    }
    const Hooks& hooks = hooks_of(*this, object);
    if (hooks.set_item) return hooks.set_item(*this, object, key, value);
    if (object.is(Kind::kDict) || object.is(Kind::kList)) return store_item(*this, object, key, value);
    if (m.function.defined()) {
      const Value arguments[2] = {key, value};
      call_method(*this, m, arguments);
      return;
    }
  }
  raise("TypeError", "'" + type_name(object) + "' object does not support item assignment");
}

void erase_item(Interpreter& i, const Value& object, const Value& key) {
  if (object.is(Kind::kDict)) {
    if (!object.as<Dict>().erase(i, key)) raise_exception(i, make_exception(i, i.exception_class("KeyError"), {key}));
    return;
  }
  auto& items = object.as<List>().items;
  if (key.is(Kind::kSlice)) {
    const SliceBounds b = slice_bounds(i, key.as<Slice>(), static_cast<int64_t>(items.size()));
    std::vector<int64_t> gone;
    for (int64_t k = 0; k < b.length; ++k) gone.push_back(b.start + k * b.step);
    std::sort(gone.rbegin(), gone.rend());
    for (int64_t k : gone) items.erase(items.begin() + k);
    return;
  }
  const size_t at = position(i, key, items.size(), "list assignment");
  const Value old = items[at];
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(at));
}

void Interpreter::delete_item(const Value& object, const Value& key) {
  if (object.is_object()) {
    const Method m = special_method(*this, object, state_->names().delitem);
    if (m.function.is(Kind::kFunction)) {
      call_method(*this, m, std::span(&key, 1));
      return;
    }
    if (object.is(Kind::kDict) || object.is(Kind::kList)) return erase_item(*this, object, key);
    if (m.function.defined()) {
      call_method(*this, m, std::span(&key, 1));
      return;
    }
  }
  const bool sequence =
      object.is(Kind::kStr) || object.is(Kind::kBytes) || object.is(Kind::kTuple) || object.is(Kind::kRange);
  raise("TypeError", "'" + type_name(object) + "' object " + (sequence && key.is_integral() ? "doesn't" : "does not") +
                         " support item deletion");
}

}  // namespace gradus

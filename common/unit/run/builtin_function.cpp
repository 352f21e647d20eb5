#include <algorithm>
#include <cmath>

#include "unit/run/builtin.h"

/// print, len, isinstance, sorted, zip … and the names that are refused.
namespace gradus {

namespace {

Value print(Interpreter& i, const Arguments& a) {
  std::string line;
  const Value sep = keyword(a, "sep"), end = keyword(a, "end");
  for (size_t k = 0; k < a.positional.size(); ++k) {
    if (k) line += sep.is(Kind::kStr) ? sep.as<Str>().text : " ";
    line += i.str(a.positional[k]);
  }
  line += end.is(Kind::kStr) ? end.as<Str>().text : "\n";
  if (i.print_sink) i.print_sink(line);
  return {};
}

Value is_instance(Interpreter& i, const Arguments& a) {
  expect(i, a, "isinstance", 2, 2);
  return i.is_instance(a.positional[0], a.positional[1]);
}

Value is_subclass(Interpreter& i, const Arguments& a) {
  expect(i, a, "issubclass", 2, 2);
  if (!a.positional[0].is(Kind::kClass)) i.raise("TypeError", "issubclass() arg 1 must be a class");
  const auto one = [&](const Value& t) {
    if (!t.is(Kind::kClass)) i.raise("TypeError", "issubclass() arg 2 must be a class, a tuple of classes, or a union");
    return i.is_subclass(&a.positional[0].as<Class>(), &t.as<Class>());
  };
  if (!a.positional[1].is(Kind::kTuple)) return one(a.positional[1]);
  for (const Value& t : a.positional[1].as<Tuple>().items)
    if (one(t)) return true;
  return false;
}

Ref<Str> attribute_name(Interpreter& i, const Value& v, const char* function) {
  const std::string prefix = std::string(function) == "hasattr" ? "hasattr(): " : "";
  if (!v.is(Kind::kStr))
    i.raise("TypeError",
            prefix + "attribute name must be string" + (prefix.empty() ? ", not '" + i.type_name(v) + "'" : ""));
  return i.intern(v.as<Str>().text);
}

// undefined when there is none; other errors pass.
Value attribute_or_undefined(Interpreter& i, const Value& object, const Ref<Str>& name) {
  try {
    return i.find_attribute(object, name);
  } catch (const Raised& r) {
    if (!exception_matches(i, r.value, i.exception_class("AttributeError"))) throw;
    return Value::undefined();
  }
}

Value get_attr(Interpreter& i, const Arguments& a) {
  expect(i, a, "getattr", 2, 3);
  const Ref<Str> name = attribute_name(i, a.positional[1], "getattr");
  if (a.positional.size() == 2) return i.get_attribute(a.positional[0], name);
  Value v = attribute_or_undefined(i, a.positional[0], name);
  return v.defined() ? v : a.positional[2];
}

Value has_attr(Interpreter& i, const Arguments& a) {
  expect(i, a, "hasattr", 2, 2);
  return attribute_or_undefined(i, a.positional[0], attribute_name(i, a.positional[1], "hasattr")).defined();
}

Value set_attr(Interpreter& i, const Arguments& a) {
  expect(i, a, "setattr", 3, 3);
  i.set_attribute(a.positional[0], attribute_name(i, a.positional[1], "setattr"), a.positional[2]);
  return {};
}

Value del_attr(Interpreter& i, const Arguments& a) {
  expect(i, a, "delattr", 2, 2);
  i.delete_attribute(a.positional[0], attribute_name(i, a.positional[1], "delattr"));
  return {};
}

Value chr(Interpreter& i, const Arguments& a) {
  expect(i, a, "chr", 1, 1);
  const int64_t c = to_index(i, a.positional[0]);
  if (c < 0 || c > 0x10FFFF) i.raise("ValueError", "chr() arg not in range(0x110000)");
  std::string s;
  if (c < 0x80)
    s += static_cast<char>(c);
  else if (c < 0x800)
    s += static_cast<char>(0xC0 | c >> 6), s += static_cast<char>(0x80 | (c & 63));
  else if (c < 0x10000)
    s += static_cast<char>(0xE0 | c >> 12), s += static_cast<char>(0x80 | (c >> 6 & 63)),
        s += static_cast<char>(0x80 | (c & 63));
  else
    s += static_cast<char>(0xF0 | c >> 18), s += static_cast<char>(0x80 | (c >> 12 & 63)),
        s += static_cast<char>(0x80 | (c >> 6 & 63)), s += static_cast<char>(0x80 | (c & 63));
  return i.make_str(s);
}

int64_t code_point(const std::string& s) {
  const auto byte = [&](size_t k) { return static_cast<int64_t>(static_cast<unsigned char>(s[k])); };
  if (byte(0) < 0x80) return byte(0);
  if (byte(0) < 0xE0) return (byte(0) & 31) << 6 | (byte(1) & 63);
  if (byte(0) < 0xF0) return (byte(0) & 15) << 12 | (byte(1) & 63) << 6 | (byte(2) & 63);
  return (byte(0) & 7) << 18 | (byte(1) & 63) << 12 | (byte(2) & 63) << 6 | (byte(3) & 63);
}

Value ord(Interpreter& i, const Arguments& a) {
  expect(i, a, "ord", 1, 1);
  const Value& v = a.positional[0];
  if (v.is(Kind::kBytes) && v.as<Bytes>().data.size() == 1)
    return static_cast<int64_t>(static_cast<unsigned char>(v.as<Bytes>().data[0]));
  if (!v.is(Kind::kStr)) i.raise("TypeError", "ord() expected string of length 1, but " + i.type_name(v) + " found");
  if (i.length(v) != 1)
    i.raise("TypeError", "ord() expected a character, but string of length " + std::to_string(i.length(v)) + " found");
  return code_point(v.as<Str>().text);
}

Value ascii(Interpreter& i, const Arguments& a) {
  expect(i, a, "ascii", 1, 1);
  const std::string s = i.repr(a.positional[0]);
  std::string out;
  for (size_t k = 0; k < s.size();) {
    size_t n = 1;
    while (k + n < s.size() && (s[k + n] & 0xC0) == 0x80) ++n;
    if (n == 1) {
      out += s[k];
    } else {
      char buffer[16];
      const int64_t c = code_point(s.substr(k, n));
      std::snprintf(buffer, sizeof buffer,
                    c < 0x100     ? "\\x%02llx"
                    : c < 0x10000 ? "\\u%04llx"
                                  : "\\U%08llx",
                    static_cast<unsigned long long>(c));
      out += buffer;
    }
    k += n;
  }
  return i.make_str(out);
}

template <int base>
Value in_base(Interpreter& i, const Arguments& a) {
  const Value v = is_integer(a.positional[0]) ? a.positional[0] : Value(to_index(i, a.positional[0]));
  std::string s = integer_text(v, base);
  const bool negative = s[0] == '-';
  if (negative) s.erase(0, 1);
  return i.make_str((negative ? "-" : "") + std::string(base == 16 ? "0x" : base == 8 ? "0o" : "0b") + s);
}

Value identity(Interpreter& i, const Arguments& a) {
  expect(i, a, "id", 1, 1);
  const Value& v = a.positional[0];
  if (!v.is_object())  // apart by kind too: 0, 0.0 and False are three
    return static_cast<int64_t>((i.hash(v) * 32 + 16 + static_cast<size_t>(v.tag())) & 0x7fffffffffffffff);
  return static_cast<int64_t>(reinterpret_cast<uintptr_t>(v.object()) & 0x7fffffffffffLL);
}

Value vars(Interpreter& i, const Arguments& a) {
  if (a.positional.empty())
    i.raise("TypeError",
            "vars() without an argument is not part of the unit language: units have no view of their frames");
  const Value d = i.find_attribute(a.positional[0], i.state().names().dict);
  if (!d.defined()) i.raise("TypeError", "vars() argument must have __dict__ attribute");
  return d;
}

// sorted and friends

struct Less {
  Interpreter& i;
  bool operator()(const Value& a, const Value& b) const {
    i.count_step();
    if (a.is_int() && b.is_int()) return a.as_int() < b.as_int();
    if (a.is(Kind::kStr) && b.is(Kind::kStr)) return a.as<Str>().text < b.as<Str>().text;
    return i.truth(i.compare(syntax::Op::kLess, a, b));
  }
};

// Merge sort: a comparison that is no order cannot lead it astray.
template <class T, class F>
void merge_sort(std::vector<T>& v, size_t from, size_t to, std::vector<T>& spare, const F& less) {
  if (to - from < 2) return;
  const size_t middle = (from + to) / 2;
  merge_sort(v, from, middle, spare, less);
  merge_sort(v, middle, to, spare, less);
  if (!less(v[middle], v[middle - 1])) return;
  size_t a = from, b = middle;
  spare.clear();
  while (a < middle && b < to) {
    if (less(v[b], v[a]))
      spare.push_back(v[b++]);
    else
      spare.push_back(v[a++]);
  }
  while (a < middle) spare.push_back(v[a++]);
  while (b < to) spare.push_back(v[b++]);
  std::move(spare.begin(), spare.end(), v.begin() + static_cast<std::ptrdiff_t>(from));
}

}  // namespace

void sort_values(Interpreter& i, std::vector<Value>& items, const Value& key, bool reverse) {
  struct Item {
    Value key, value;
  };
  std::vector<Item> all;
  all.reserve(items.size());
  for (const Value& v : items) all.push_back({key.defined() && !key.is_none() ? i.call(key, std::span(&v, 1)) : v, v});
  std::vector<Item> spare;
  const Less less{i};
  const auto by_key = [&](const Item& a, const Item& b) { return less(a.key, b.key); };
  if (reverse) std::reverse(all.begin(), all.end());
  merge_sort(all, 0, all.size(), spare, by_key);
  if (reverse) std::reverse(all.begin(), all.end());
  for (size_t k = 0; k < items.size(); ++k) items[k] = std::move(all[k].value);
}

namespace {

Value sorted(Interpreter& i, const Arguments& a) {
  expect(i, a, "sorted", 1, 1);
  std::vector<Value> items = i.to_vector(a.positional[0]);
  const Value reverse = keyword(a, "reverse");
  sort_values(i, items, keyword(a, "key"), reverse.defined() && i.truth(reverse));
  return make<List>(std::move(items));
}

Value extreme(Interpreter& i, const Arguments& a, bool largest) {
  const char* name = largest ? "max" : "min";
  if (a.positional.empty()) i.raise("TypeError", std::string(name) + " expected at least 1 argument, got 0");
  const Value key = keyword(a, "key"), fallback = keyword(a, "default");
  const std::vector<Value> items = a.positional.size() == 1
                                       ? i.to_vector(a.positional[0])
                                       : std::vector<Value>(a.positional.begin(), a.positional.end());
  if (items.empty()) {
    if (fallback.defined()) return fallback;
    i.raise("ValueError", std::string(name) + "() arg is an empty sequence");
  }
  const auto key_of = [&](const Value& v) {
    return key.defined() && !key.is_none() ? i.call(key, std::span(&v, 1)) : v;
  };
  Value best = items[0], best_key = key_of(best);
  for (size_t k = 1; k < items.size(); ++k) {
    i.count_step();
    Value other = key_of(items[k]);
    if (i.truth(i.compare(largest ? syntax::Op::kGreater : syntax::Op::kLess, other, best_key)))
      best = items[k], best_key = std::move(other);
  }
  return best;
}

Value sum(Interpreter& i, const Arguments& a) {
  expect(i, a, "sum", 1, 2);
  const Value start = argument(a, 1, "start");
  Value total = start.defined() ? start : Value(0);
  if (total.is(Kind::kStr)) i.raise("TypeError", "sum() can't sum strings [use ''.join(seq) instead]");
  const Value iterator = i.iterate(a.positional[0]);
  for (;;) {
    const Value v = i.next(iterator);
    if (!v.defined()) return total;
    i.count_step();
    total = i.binary(syntax::Op::kAdd, total, v);
  }
}

template <bool wanted>
Value quantifier(Interpreter& i, const Arguments& a) {
  expect(i, a, wanted ? "any" : "all", 1, 1);
  const Value iterator = i.iterate(a.positional[0]);
  for (;;) {
    const Value v = i.next(iterator);
    if (!v.defined()) return !wanted;
    i.count_step();
    if (i.truth(v) == wanted) return wanted;
  }
}

Value absolute(Interpreter& i, const Arguments& a) {
  expect(i, a, "abs", 1, 1);
  const Value& v = a.positional[0];
  if (v.is_float()) return std::abs(v.as_float());
  if (v.is(Kind::kComplex)) return std::hypot(v.as<Complex>().real, v.as<Complex>().imaginary);
  if (is_integer(v))
    return i.truth(i.compare(syntax::Op::kLess, v, 0)) ? i.unary(syntax::Op::kMinus, v) : i.unary(syntax::Op::kPlus, v);
  const Method m = special_method(i, v, i.state().names().abs);
  if (m.function.defined()) return call_method(i, m);
  i.raise("TypeError", "bad operand type for abs(): '" + i.type_name(v) + "'");
}

Value round_value(Interpreter& i, const Arguments& a) {
  const Value digits = argument(a, 1, "ndigits");
  const Value& v = a.positional[0];
  if (is_integer(v) || v.is_float()) return round_number(i, v, digits.defined() ? digits : Value());
  const Method m = special_method(i, v, i.state().names().round);
  if (!m.function.defined()) i.raise("TypeError", "type " + i.type_name(v) + " doesn't define __round__ method");
  return call_method(i, m, digits.defined() ? std::span(&digits, 1) : std::span<const Value>());
}

Value divide(Interpreter& i, const Arguments& a) {
  expect(i, a, "divmod", 2, 2);
  const Value &left = a.positional[0], &right = a.positional[1];
  const auto plain = [](const Value& v) { return is_numeric(v) && !v.is(Kind::kComplex); };
  const bool custom =
      left.is(Kind::kInstance) || right.is(Kind::kInstance) || left.is(Kind::kTensor) || right.is(Kind::kTensor);
  if (!custom && !(plain(left) && plain(right)))
    i.raise("TypeError",
            "unsupported operand type(s) for divmod(): '" + i.type_name(left) + "' and '" + i.type_name(right) + "'");
  Value quotient = i.binary(syntax::Op::kFloorDiv, left, right);
  return pair_of(std::move(quotient), i.binary(syntax::Op::kMod, a.positional[0], a.positional[1]));
}

Value power(Interpreter& i, const Arguments& a) {
  expect(i, a, "pow", 2, 3);
  if (a.positional.size() == 3 && !a.positional[2].is_none())
    return number_power(i, a.positional[0], a.positional[1], a.positional[2]);
  return i.binary(syntax::Op::kPow, a.positional[0], a.positional[1]);
}

void refuse(Interpreter& i, const char* name, const char* reason) {
  const std::string message = std::string(name) + "() is not part of the unit language: " + reason;
  i.state().builtins->set(i.intern(name), make<Native>(name, [message](Interpreter& in, const Arguments&) -> Value {
                            in.raise("NotImplementedError", message);
                          }));
}

}  // namespace

void install_functions(Interpreter& i) {
  add_functions(i, *i.state().builtins,
                {{"print", print},
                 {"isinstance", is_instance},
                 {"issubclass", is_subclass},
                 {"getattr", get_attr},
                 {"hasattr", has_attr},
                 {"setattr", set_attr},
                 {"delattr", del_attr},
                 {"chr", chr},
                 {"ord", ord},
                 {"ascii", ascii},
                 {"hex", in_base<16>},
                 {"oct", in_base<8>},
                 {"bin", in_base<2>},
                 {"id", identity},
                 {"vars", vars},
                 {"sorted", sorted},
                 {"sum", sum},
                 {"any", quantifier<true>},
                 {"all", quantifier<false>},
                 {"abs", absolute},
                 {"round", round_value},
                 {"divmod", divide},
                 {"pow", power},
                 {"max", [](Interpreter& in, const Arguments& a) { return extreme(in, a, true); }},
                 {"min", [](Interpreter& in, const Arguments& a) { return extreme(in, a, false); }},
                 {"len",
                  [](Interpreter& in, const Arguments& a) -> Value {
                    expect(in, a, "len", 1, 1);
                    return in.length(a.positional[0]);
                  }},
                 {"hash",
                  [](Interpreter& in, const Arguments& a) -> Value {
                    expect(in, a, "hash", 1, 1);
                    return static_cast<int64_t>(in.hash(a.positional[0]));
                  }},
                 {"repr",
                  [](Interpreter& in, const Arguments& a) -> Value {
                    expect(in, a, "repr", 1, 1);
                    return in.make_str(in.repr(a.positional[0]));
                  }},
                 {"callable",
                  [](Interpreter& in, const Arguments& a) -> Value {
                    expect(in, a, "callable", 1, 1);
                    return in.is_callable(a.positional[0]);
                  }},
                 {"format", [](Interpreter& in, const Arguments& a) -> Value {
                    expect(in, a, "format", 1, 2);
                    return in.make_str(in.format(
                        a.positional[0],
                        a.positional.size() > 1 ? text_argument(in, a.positional[1], "format() argument 2") : ""));
                  }}});
  install_iterators(i);
  for (const auto& [name, reason] : {std::pair{"eval", "units do not run text"},
                                     {"exec", "units do not run text"},
                                     {"compile", "units do not run text"},
                                     {"open", "units have no file system"},
                                     {"input", "units have no terminal"},
                                     {"__import__", "write an import statement"},
                                     {"globals", "units have no view of their namespaces"},
                                     {"locals", "units have no view of their frames"},
                                     {"dir", "units have no view of their namespaces"},
                                     {"breakpoint", "units have no terminal"},
                                     {"memoryview", "units have no raw memory"},
                                     {"bytearray", "units have no mutable bytes"}})
    refuse(i, name, reason);
  i.state().builtins->set(i.intern("__debug__"), true);
}

}  // namespace gradus

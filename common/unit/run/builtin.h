/// Helpers of the files that define the builtins.
#pragma once

#include <initializer_list>

#include "unit/run/number.h"
#include "unit/run/state.h"

namespace gradus {

struct Row {
  const char* name;
  Value (*function)(Interpreter&, const Arguments&);
};

inline void add_methods(Interpreter& i, const Ref<Class>& c, std::initializer_list<Row> rows) {
  for (const Row& r : rows) i.method(c, r.name, r.function);
}
inline void add_functions(Interpreter& i, Dict& where, std::initializer_list<Row> rows) {
  for (const Row& r : rows) where.set(i.intern(r.name), make<Native>(r.name, r.function));
}
inline Ref<Class> add_class(Interpreter& i, const char* name, Kind kind, NativeFunction construct = nullptr) {
  Ref<Class> c = i.native_class(name, "builtins", kind);
  c->construct = std::move(construct);
  i.state().builtins->set(i.intern(name), c);
  return c;
}
/// TypeError unless between `least` and `most` positional arguments, self included, were given.
inline void expect(Interpreter& i, const Arguments& a, const char* name, size_t least, size_t most) {
  const size_t n = a.positional.size();
  if (n >= least && n <= most) return;
  if (least == 1 && most == 1)
    i.raise("TypeError", std::string(name) + "() takes exactly one argument (" + std::to_string(n) + " given)");
  const size_t bound = n < least ? least : most;
  i.raise("TypeError", std::string(name) +
                           (least == most ? " expected "
                            : n < least   ? " expected at least "
                                          : " expected at most ") +
                           std::to_string(bound) + " argument" + (bound == 1 ? "" : "s") + ", got " +
                           std::to_string(n));
}
inline void no_keywords(Interpreter& i, const Arguments& a, const char* name) {
  if (!a.keywords.empty()) i.raise("TypeError", std::string(name) + "() takes no keyword arguments");
}
inline Value keyword(const Arguments& a, std::string_view name) {
  for (const auto& [key, value] : a.keywords)
    if (key->text == name) return value;
  return Value::undefined();
}
inline Value argument(const Arguments& a, size_t k, std::string_view name) {
  return k < a.positional.size() ? a.positional[k] : keyword(a, name);
}
inline const std::string& text_argument(Interpreter& i, const Value& v, const char* what) {
  if (!v.is(Kind::kStr)) i.raise("TypeError", std::string(what) + " must be str, not " + i.type_name(v));
  return v.as<Str>().text;
}
inline Ref<Tuple> pair_of(Value a, Value b) { return make<Tuple>(std::vector<Value>{std::move(a), std::move(b)}); }

}  // namespace gradus

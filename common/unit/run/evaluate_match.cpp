#include "unit/run/evaluate.h"

namespace gradus {

bool matches_sequence(const Value& v) {
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

Value match_rest(Interpreter& i, const Value& subject, const Value& keys) {
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
        i.raise("TypeError",
                name + "() accepts 0 positional sub-patterns (" + std::to_string(n_positional) + " given)");
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

}  // namespace gradus

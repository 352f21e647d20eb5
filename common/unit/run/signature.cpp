#include <algorithm>

#include "unit/run/number.h"
#include "unit/run/state.h"

/// Argument matching for native functions, and what callables say about themselves.
namespace gradus {

namespace {

Value default_from_text(const std::string& t) {
  if (t == "None") return {};
  if (t == "True") return true;
  if (t == "False") return false;
  if (t.size() >= 2 && (t[0] == '\'' || t[0] == '"')) return make<Str>(t.substr(1, t.size() - 2));
  char* end = nullptr;
  if (t.find_first_of(".einf") == std::string::npos) return static_cast<int64_t>(std::strtoll(t.c_str(), &end, 10));
  return float_from_text(t);
}

std::string trimmed(std::string s) {
  while (!s.empty() && s.front() == ' ') s.erase(0, 1);
  while (!s.empty() && s.back() == ' ') s.pop_back();
  return s;
}

}  // namespace

Signature::Signature(std::string function, std::string_view text) : function_(std::move(function)) {
  bool keyword_only = false;
  size_t at = 0;
  while (at < text.size()) {
    size_t end = text.find(',', at);
    if (end == std::string_view::npos) end = text.size();
    std::string part = trimmed(std::string(text.substr(at, end - at)));
    at = end + 1;
    if (part == "/") continue;
    if (part == "*") {
      keyword_only = true;
      continue;
    }
    Entry e;
    if (part.rfind("**", 0) == 0) {
      e.name = part.substr(2), kwargs_ = static_cast<int>(entries_.size()), e.keyword_only = true;
    } else if (part.rfind('*', 0) == 0) {
      e.name = part.substr(1), varargs_ = static_cast<int>(entries_.size()), e.keyword_only = keyword_only = true;
    } else {
      const size_t equals = part.find('=');
      e.name = trimmed(part.substr(0, equals));
      e.keyword_only = keyword_only;
      if (equals != std::string::npos) e.default_value = default_from_text(trimmed(part.substr(equals + 1)));
    }
    entries_.push_back(std::move(e));
  }
}

std::vector<Value> Signature::bind(Interpreter& i, const Arguments& a) const {
  std::vector<Value> values(entries_.size(), Value::undefined());
  size_t next = 0, n_positional = 0;
  for (size_t k = 0; k < entries_.size(); ++k) {
    if (static_cast<int>(k) == varargs_ || static_cast<int>(k) == kwargs_ || entries_[k].keyword_only) continue;
    ++n_positional;
    if (next < a.positional.size()) values[k] = a.positional[next++];
  }
  if (varargs_ >= 0)
    values[static_cast<size_t>(varargs_)] =
        make<Tuple>(std::vector<Value>(a.positional.begin() + static_cast<std::ptrdiff_t>(next), a.positional.end()));
  else if (next < a.positional.size())
    i.raise("TypeError", function_ + "() takes " + (n_positional == 0 ? "no" : std::to_string(n_positional)) +
                             " positional argument" + (n_positional == 1 ? "" : "s") + " but " +
                             std::to_string(a.positional.size()) +
                             (a.positional.size() == 1 ? " was given" : " were given"));
  if (kwargs_ >= 0) values[static_cast<size_t>(kwargs_)] = make<Dict>();
  for (const auto& [name, value] : a.keywords) {
    size_t k = 0;
    while (k < entries_.size() &&
           (entries_[k].name != name->text || static_cast<int>(k) == varargs_ || static_cast<int>(k) == kwargs_))
      ++k;
    if (k == entries_.size()) {
      if (kwargs_ < 0) i.raise("TypeError", function_ + "() got an unexpected keyword argument '" + name->text + "'");
      values[static_cast<size_t>(kwargs_)].as<Dict>().set(name, value);
    } else {
      if (values[k].defined())
        i.raise("TypeError", function_ + "() got multiple values for argument '" + name->text + "'");
      values[k] = value;
    }
  }
  for (size_t k = 0; k < entries_.size(); ++k) {
    if (values[k].defined()) continue;
    if (!entries_[k].default_value)
      i.raise("TypeError", function_ + "() missing required argument: '" + entries_[k].name + "'");
    values[k] = *entries_[k].default_value;
  }
  return values;
}

// Signatures of callables

namespace {

using Info = Interpreter::ParameterInfo;

std::vector<Info> of_function(const Function& f) {
  const Code& c = *f.code;
  std::vector<Info> all;
  const auto annotation = [&](const std::string& name) -> std::string {
    for (const auto& [n, text] : c.annotations)
      if (n == name) return text;
    return "";
  };
  const auto add = [&](int slot, Info::Kind kind) {
    const std::string& name = c.slot_names[static_cast<size_t>(slot)]->text;
    all.push_back({name, kind, Value::undefined(), annotation(name)});
  };
  const int first_default = c.n_positional - static_cast<int>(f.defaults.size());
  for (int k = 0; k < c.n_positional; ++k) {
    add(k, k < c.n_positional_only ? Info::Kind::kPositionalOnly : Info::Kind::kPositional);
    if (k >= first_default) all.back().default_value = f.defaults[static_cast<size_t>(k - first_default)];
  }
  const int after = c.n_positional + c.n_keyword_only;
  if (c.has_varargs) add(after, Info::Kind::kVarargs);
  for (int k = c.n_positional; k < after; ++k) {
    add(k, Info::Kind::kKeywordOnly);
    for (const auto& [name, value] : f.keyword_defaults)
      if (name->text == all.back().name) all.back().default_value = value;
  }
  if (c.has_kwargs) add(after + c.has_varargs, Info::Kind::kKwargs);
  return all;
}

// functools.partial: positional arguments are gone, keywords are new defaults.
std::vector<Info> of_partial(Interpreter& i, const Value& v) {
  std::vector<Info> all = i.function_signature(i.get_attribute(v, i.state().names().func));
  const size_t n = i.to_vector(i.get_attribute(v, i.state().names().args)).size();
  for (size_t k = 0; k < n && !all.empty() && all[0].kind <= Info::Kind::kPositional; ++k) all.erase(all.begin());
  const Value keywords = i.get_attribute(v, i.intern("keywords"));
  bool after = false;
  for (Info& p : all) {
    const Value* given = keywords.as<Dict>().find(i.intern(p.name).get());
    if (given) p.default_value = *given, after = true;
    if (after && p.kind == Info::Kind::kPositional) p.kind = Info::Kind::kKeywordOnly;
  }
  return all;
}

}  // namespace

std::vector<Interpreter::ParameterInfo> Interpreter::function_signature(const Value& v) {
  const auto without_self = [](std::vector<Info> all) {
    if (!all.empty() && all[0].kind <= Info::Kind::kPositional) all.erase(all.begin());
    return all;
  };
  if (v.is(Kind::kFunction)) {
    const Function& f = v.as<Function>();
    if (f.attributes)
      if (const Value* wrapped = f.attributes->find(state_->names().wrapped.get())) return function_signature(*wrapped);
    return of_function(f);
  }
  if (v.is(Kind::kBoundMethod)) return without_self(function_signature(v.as<BoundMethod>().function));
  if (v.is(Kind::kStaticMethod)) return function_signature(v.as<Wrapped>().function);
  if (v.is(Kind::kClass)) {
    Class* owner = nullptr;
    const Value* init = state_->find(&v.as<Class>(), state_->names().init.get(), &owner);
    if (init && init->is(Kind::kFunction)) return without_self(function_signature(*init));
    return {};
  }
  if (v.is(Kind::kInstance)) {
    if (v.as<Instance>().type->name == "partial") return of_partial(*this, v);
    const Method call = special_method(*this, v, state_->names().call);
    if (call.function.is(Kind::kFunction)) return without_self(function_signature(call.function));
  }
  return {};
}

bool Interpreter::is_callable(const Value& v) {
  if (!v.is_object()) return false;
  switch (v.object()->kind) {
    case Kind::kFunction:
    case Kind::kNative:
    case Kind::kBoundMethod:
    case Kind::kClass:
    case Kind::kStaticMethod:
      return true;
    default:
      return special_method(*this, v, state_->names().call).function.defined();
  }
}

}  // namespace gradus

#include <algorithm>

#include "unit/run/number.h"
#include "unit/run/state.h"

/// repr() and str().
namespace gradus {

size_t count_code_points(std::string_view s) {
  return static_cast<size_t>(std::count_if(s.begin(), s.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

namespace {

void escape(std::string& out, unsigned char c, char quote) {
  char buffer[8];
  if (c == static_cast<unsigned char>(quote) || c == '\\')
    out += '\\', out += static_cast<char>(c);
  else if (c == '\n')
    out += "\\n";
  else if (c == '\t')
    out += "\\t";
  else if (c == '\r')
    out += "\\r";
  else if (c < 32 || c == 127)
    std::snprintf(buffer, sizeof buffer, "\\x%02x", c), out += buffer;
  else
    out += static_cast<char>(c);
}

}  // namespace

std::string quoted(std::string_view text) {
  const char quote = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string s(1, quote);
  for (size_t k = 0; k < text.size(); ++k) {
    const unsigned char c = static_cast<unsigned char>(text[k]);
    if (c == 0xC2 && k + 1 < text.size() && static_cast<unsigned char>(text[k + 1]) <= 0xA0) {  // U+0080 … U+00A0
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\x%02x", static_cast<unsigned char>(text[++k]));
      s += buffer;
    } else {
      escape(s, c, quote);
    }
  }
  return s + quote;
}

namespace {

std::string bytes_repr(const std::string& data) {
  const char quote = data.find('\'') != std::string::npos && data.find('"') == std::string::npos ? '"' : '\'';
  std::string s = std::string("b") + quote;
  for (char ch : data) {
    const unsigned char c = static_cast<unsigned char>(ch);
    char buffer[8];
    if (c >= 128)
      std::snprintf(buffer, sizeof buffer, "\\x%02x", c), s += buffer;
    else
      escape(s, c, quote);
  }
  return s + quote;
}

std::string joined(Interpreter& i, const std::vector<Value>& items) {
  std::string s;
  for (size_t k = 0; k < items.size(); ++k) {
    i.count_step();
    s += (k ? ", " : "") + i.repr(Value(items[k]));
    i.check_size(static_cast<double>(s.size()));
  }
  return s;
}

// A container inside itself shows as … .
struct Shown {
  Shown(Interpreter& i, const Object* o)
      : state(i.state()), seen(std::count(state.shown.begin(), state.shown.end(), o) > 0) {
    state.shown.push_back(o);
  }
  ~Shown() { state.shown.pop_back(); }
  Interpreter::State& state;
  bool seen;
};

std::string dict_repr(Interpreter& i, const Dict& d) {
  std::string s;
  for (size_t k = 0; k < d.entries().size(); ++k) {
    if (!d.entries()[k].key.defined()) continue;
    i.count_step();
    const Value key = d.entries()[k].key, value = d.entries()[k].value;
    s += (s.empty() ? "" : ", ") + i.repr(key) + ": " + i.repr(value);
    i.check_size(static_cast<double>(s.size()));
  }
  return "{" + s + "}";
}

std::string set_repr(Interpreter& i, const Value& v) {
  std::vector<Value> items;
  for (const auto& e : v.as<Set>().table->entries())
    if (e.key.defined()) items.push_back(e.key);
  const bool frozen = v.is(Kind::kFrozenSet);
  if (items.empty()) return frozen ? "frozenset()" : "set()";
  const std::string s = "{" + joined(i, items) + "}";
  return frozen ? "frozenset(" + s + ")" : s;
}

std::string view_repr(Interpreter& i, const Value& v) {
  const char* names[] = {"dict_keys", "dict_values", "dict_items", "mappingproxy"};
  const DictView& view = v.as<DictView>();
  if (view.what == DictView::What::kProxy) return "mappingproxy(" + dict_repr(i, *view.dict) + ")";
  return std::string(names[static_cast<int>(view.what)]) + "([" + joined(i, i.to_vector(v)) + "])";
}

std::string full_name(const Class& c) {
  const bool builtin = c.module.empty() || c.module == "builtins";
  const Value* q = nullptr;
  for (const auto& e : c.attributes->entries())
    if (e.key.is(Kind::kStr) && e.key.as<Str>().text == "__qualname__") q = &e.value;
  const std::string name = q && q->is(Kind::kStr) ? q->as<Str>().text : c.name;
  return builtin ? name : c.module + "." + name;
}

std::string address(Interpreter& i, const Object* o) {
  auto [at, added] = i.state().ids.try_emplace(o, i.state().next_id);
  if (added) ++i.state().next_id;
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "0x%012llx", static_cast<unsigned long long>(at->second) * 16);
  return buffer;
}

std::string container_repr(Interpreter& i, const Value& v) {
  Nested nested(i);
  Shown shown(i, v.object());
  switch (v.object()->kind) {
    case Kind::kTuple: {
      if (shown.seen) return "(...)";
      const auto& items = v.as<Tuple>().items;
      return "(" + joined(i, items) + (items.size() == 1 ? ",)" : ")");
    }
    case Kind::kList:
      return shown.seen ? "[...]" : "[" + joined(i, v.as<List>().items) + "]";
    case Kind::kDict: {
      const Dict& d = v.as<Dict>();
      return shown.seen ? "{...}" : dict_repr(i, d);
    }
    default:
      return shown.seen ? i.type_name(v) + "(...)" : set_repr(i, v);
  }
}

std::string object_repr(Interpreter& i, const Value& v) {
  switch (v.object()->kind) {
    case Kind::kStr:
      return quoted(v.as<Str>().text);
    case Kind::kBytes:
      return bytes_repr(v.as<Bytes>().data);
    case Kind::kBigInt:
      return integer_text(v);
    case Kind::kComplex:
      return complex_repr(v.as<Complex>().real, v.as<Complex>().imaginary);
    case Kind::kTuple:
    case Kind::kList:
    case Kind::kDict:
    case Kind::kSet:
    case Kind::kFrozenSet:
      return container_repr(i, v);
    case Kind::kSize:
      return "torch.Size([" + joined(i, v.as<Tuple>().items) + "])";
    case Kind::kRange: {
      const Range& r = v.as<Range>();
      return "range(" + std::to_string(r.start) + ", " + std::to_string(r.stop) +
             (r.step == 1 ? "" : ", " + std::to_string(r.step)) + ")";
    }
    case Kind::kSlice: {
      const Slice& s = v.as<Slice>();
      return "slice(" + i.repr(s.start) + ", " + i.repr(s.stop) + ", " + i.repr(s.step) + ")";
    }
    case Kind::kEllipsis:
      return "Ellipsis";
    case Kind::kNotImplemented:
      return "NotImplemented";
    case Kind::kFunction: {
      const Function& f = v.as<Function>();
      return "<function " + (f.qualified_name ? f.qualified_name->text : f.code->qualified_name) + " at " +
             address(i, v.object()) + ">";
    }
    case Kind::kNative:
      return "<built-in function " + v.as<Native>().name + ">";
    case Kind::kBoundMethod: {
      const BoundMethod& m = v.as<BoundMethod>();
      if (!m.function.is(Kind::kFunction))
        return "<built-in method " + (m.function.is(Kind::kNative) ? m.function.as<Native>().name : "?") + " of " +
               i.type_name(m.self) + " object>";
      const Value name = i.find_attribute(m.function, i.state().names().qualname);
      return "<bound method " + (name.is(Kind::kStr) ? name.as<Str>().text : "?") + " of " + i.repr(m.self) + ">";
    }
    case Kind::kClass:
      return "<class '" + full_name(v.as<Class>()) + "'>";
    case Kind::kModule:
      return "<module '" + v.as<ModuleObject>().name + "'>";
    case Kind::kDictView:
    case Kind::kMappingProxy:
      return view_repr(i, v);
    case Kind::kGenerator:
      return "<generator object " + v.as<Generator>().frame.code->qualified_name + " at " + address(i, v.object()) +
             ">";
    case Kind::kInstance:
      return "<" + full_name(*v.as<Instance>().type) + " object at " + address(i, v.object()) + ">";
    default:
      return "<" + i.type_name(v) + " object at " + address(i, v.object()) + ">";
  }
}

// The text a method of the class returns; nullopt when the class has none of its own.
std::optional<std::string> from_method(Interpreter& i, const Value& v, const Ref<Str>& name) {
  const Method m = special_method(i, v, name);
  if (!m.function.defined()) return std::nullopt;
  const Value s = call_method(i, m);
  if (!s.is(Kind::kStr)) i.raise("TypeError", name->text + " returned non-string (type " + i.type_name(s) + ")");
  return s.as<Str>().text;
}

}  // namespace

std::string plain_repr(Interpreter& i, const Value& v) { return object_repr(i, v); }

std::string Interpreter::repr(const Value& v) {
  switch (v.tag()) {
    case Value::Tag::kUndefined:
      return "<undefined>";
    case Value::Tag::kNone:
      return "None";
    case Value::Tag::kBool:
      return v.as_bool() ? "True" : "False";
    case Value::Tag::kInt:
      return std::to_string(v.as_int());
    case Value::Tag::kFloat:
      return float_repr(v.as_float());
    case Value::Tag::kObject:
      break;
  }
  const bool plain =
      v.is(Kind::kStr) || ((v.is(Kind::kDict) || v.is(Kind::kList) || v.is(Kind::kTuple)) && type_of(v)->native_kind);
  if (!plain) {
    if (const auto s = from_method(*this, v, state_->names().repr)) return *s;
    const Hooks& hooks = hooks_of(*this, v);
    if (hooks.repr) return hooks.repr(*this, v);
  }
  return object_repr(*this, v);
}

std::string Interpreter::str(const Value& v) {
  if (v.is(Kind::kStr)) return v.as<Str>().text;
  if (v.is_object())
    if (const auto s = from_method(*this, v, state_->names().str)) return *s;
  return repr(v);
}

std::string Interpreter::format(const Value& v, std::string_view spec) {
  if (v.is_object() && !v.is(Kind::kStr)) {
    const Method m = special_method(*this, v, state_->names().format);
    if (m.function.defined()) {
      const Value argument = make_str(std::string(spec));
      return str(call_method(*this, m, std::span(&argument, 1)));
    }
    const Hooks& hooks = hooks_of(*this, v);
    if (hooks.format) return hooks.format(*this, v, spec);
  }
  if (v.is(Kind::kStr) || is_numeric(v)) return format_value(*this, v, spec);
  if (!spec.empty()) raise("TypeError", "unsupported format string passed to " + type_name(v) + ".__format__");
  return str(v);
}

}  // namespace gradus

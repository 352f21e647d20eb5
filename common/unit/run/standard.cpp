#include "unit/run/standard.h"

#include "unit/prelude/sources.h"
#include "unit/run/state.h"

namespace gradus {

namespace {

// std/collections/abc.py is collections.abc, std/collections/__init__.py is collections.
std::string module_name(std::string_view path) {
  std::string name(path.substr(4, path.size() - 7));
  if (name.size() > 9 && name.ends_with("/__init__")) name.resize(name.size() - 9);
  for (char& c : name)
    if (c == '/') c = '.';
  return name;
}

// What inspect.signature is made of: (name, kind, has default, default, annotation) for every parameter.
Value signature_of(Interpreter& i, const Arguments& a) {
  std::vector<Value> all;
  for (const auto& p : i.function_signature(a.positional[0])) {
    const bool given = p.default_value.defined();
    all.push_back(make<Tuple>(std::vector<Value>{i.make_str(p.name), static_cast<int64_t>(p.kind), given,
                                                 given ? p.default_value : Value(), i.make_str(p.annotation)}));
  }
  return make<List>(std::move(all));
}

}  // namespace

void install_standard_modules(Interpreter& i) {
  i.add_module("math", fill_math);
  i.add_module("_unit", [](Interpreter& in, ModuleObject& m) {
    m.attributes->set(in.intern("signature_of"), make<Native>("signature_of", signature_of));
  });
  for (const auto& [path, source] : prelude_sources())
    if (path.starts_with("std/")) i.add_module(module_name(path), source);
}

}  // namespace gradus

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

}  // namespace

void install_standard_modules(Interpreter& i) {
  i.add_module("math", fill_math);
  for (const auto& [path, source] : prelude_sources())
    if (path.starts_with("std/")) i.add_module(module_name(path), source);
}

}  // namespace gradus

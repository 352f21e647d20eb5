/// Structs as YAML text and back: how requests and answers travel to children of the check layer.
#pragma once

#include <string>

#include "base/config.h"

namespace gradus {

template <HasFields T>
std::string to_text(const T& value) {
  return to_yaml(write_value(value));
}

/// Throws UsageError with all faults; `name` says in messages what the text is.
template <HasFields T>
T from_text(const std::string& text, const std::string& name) {
  Faults faults(name);
  T value;
  read_settings(parse_yaml(text, name), value, faults, "");
  faults.finish();
  return value;
}

}  // namespace gradus

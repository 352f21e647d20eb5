/// Typed settings from YAML. A settings struct lists its members once:
///
///   struct ReviewSettings {
///     double accept_rating = 4;      // 0-5, reject below
///     int n_relatives = 5;           // nearest designs shown
///     template <class V> void fields(V& v) { v("accept_rating", accept_rating); v("n_relatives", n_relatives); }
///   };
///
/// read_settings fills it from a mapping: an unknown key is an error naming the nearest known one, a wrong type names
/// line and expected type; all faults of a document are reported at once. Precedence: default < file < --set.
#pragma once

#include <yaml-cpp/yaml.h>

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace gradus {

/// Loads a YAML file; syntax errors become Error naming file and line. Duplicate keys in a mapping are errors.
YAML::Node load_yaml(const Path& path);
YAML::Node parse_yaml(const std::string& text, const std::string& name);

/// Sets `section.key` in a document to a YAML scalar or flow value; creates sections.
void set_value(YAML::Node& document, const std::string& dotted_key, const std::string& value);

/// Collects faults; throws one UsageError with all of them, one a line, when finish() finds any.
class Faults {
 public:
  explicit Faults(std::string file) : file_(std::move(file)) {}
  void add(const YAML::Node& at, const std::string& text);  // at: for the line number; may be undefined or made here
  void finish() const;
  bool any() const { return !faults_.empty(); }
  void set_key(const YAML::Node& key) { key_.reset(key); }  // whose line is that of a value left empty
 private:
  std::string file_;
  YAML::Node key_;
  std::vector<std::string> faults_;
};

/// Visitor that fills members from a mapping.
class FieldReader {
 public:
  FieldReader(const YAML::Node& mapping, Faults& faults, std::string where);
  template <class T>
  void operator()(const char* name, T& member);
  void finish();  // reports unknown keys, twice the same key, no mapping at all
 private:
  YAML::Node find(const char* name);  // undefined when absent
  YAML::Node node_;
  Faults& faults_;
  std::string where_;
  std::vector<std::string> known_;
};

/// Visitor that emits members as a mapping (for --print-config and frozen files); floats as 1.0e-05, never 1e-05.
class FieldWriter {
 public:
  template <class T>
  void operator()(const char* name, T& member);
  YAML::Node node{YAML::NodeType::Map};
};

template <class T>
concept HasFields = requires(T t, FieldWriter& w) {
  t.fields(w);
};

template <class T>
void read_value(const YAML::Node& n, T& out, Faults& faults, const std::string& where);
template <class T>
YAML::Node write_value(const T& value);

/// Whole struct from a mapping (an undefined or null node leaves the defaults).
template <HasFields T>
void read_settings(const YAML::Node& mapping, T& settings, Faults& faults, const std::string& where) {
  FieldReader reader(mapping, faults, where);
  settings.fields(reader);
  reader.finish();
}

/// Text of a node in our block style, keys in order, floats as 1.0e-05, ending in a newline.
std::string to_yaml(const YAML::Node& node);
/// "3.0e-04", "1.0", "2.6666667": a float both PyYAML and yaml-cpp read as a float; shortest that round-trips.
std::string yaml_float(double value);

}  // namespace gradus

#include "base/config_fields.h"  // templates above

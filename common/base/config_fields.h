/// The templates of config.h: which C++ types a setting may have and how each reads from and writes to YAML.
///   bool, integers, float and double, std::string, std::vector<T>, std::map<std::string, T>, std::optional<T>, and any
///   struct with fields(). A type of your own (an enumeration, a path) offers, found by argument lookup,
///     bool read_setting(const YAML::Node&, T&, std::string& expected);  YAML::Node write_setting(const T&);
#pragma once

#include "base/config.h"

namespace gradus {
namespace config_detail {

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
concept OwnSetting = requires(const YAML::Node& n, T& t, const T& c, std::string& expected) {
  { read_setting(n, t, expected) } -> std::convertible_to<bool>;
  { write_setting(c) } -> std::convertible_to<YAML::Node>;
};

// One scalar each; a quoted number is text, not a number. False: `n` is not one.
bool read_bool(const YAML::Node& n, bool& out);
bool read_signed(const YAML::Node& n, int64_t& out, int64_t lowest, int64_t highest);  // 1000, 1.0e+3
bool read_unsigned(const YAML::Node& n, uint64_t& out, uint64_t highest);
bool read_double(const YAML::Node& n, double& out);
std::string integer_range(int64_t lowest, uint64_t highest);  // "a whole number", "… from 0 to 255"
std::string found(const YAML::Node& n);                       // "'abc'", "a list", "nothing"
YAML::Node scalar(const std::string& text);                   // plain
YAML::Node text_scalar(const std::string& text);              // quoted where plain text would read as something else
bool present(const YAML::Node& n);                            // defined and not null

}  // namespace config_detail

template <class T>
void read_value(const YAML::Node& n, T& out, Faults& faults, const std::string& where) {
  namespace d = config_detail;
  auto expected = [&](const std::string& what) {
    faults.add(n, (where.empty() ? "" : where + ": ") + "expected " + what + ", found " + d::found(n));
  };
  if constexpr (d::IsOptional<T>::value) {
    if (!d::present(n)) {
      out.reset();
    } else {
      typename T::value_type value{};
      read_value(n, value, faults, where);
      out = std::move(value);
    }
  } else if constexpr (d::OwnSetting<T>) {
    std::string what = "another value";
    if (!read_setting(n, out, what)) expected(what);
  } else if constexpr (HasFields<T>) {
    read_settings(n, out, faults, where);
  } else if constexpr (d::IsVector<T>::value) {
    if (!n.IsSequence()) return expected("a list");
    out.clear();
    for (size_t i = 0; i < n.size(); ++i) {
      typename T::value_type value{};
      read_value(n[i], value, faults, where + "[" + std::to_string(i) + "]");
      out.push_back(std::move(value));
    }
  } else if constexpr (d::IsMap<T>::value) {
    if (!n.IsMap()) return expected("a mapping");
    out.clear();
    for (const auto& entry : n) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "?";
      read_value(entry.second, out[key], faults, where.empty() ? key : where + "." + key);
    }
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!d::read_bool(n, out)) expected("true or false");
  } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    int64_t value = 0;
    constexpr T lowest = std::numeric_limits<T>::min(), highest = std::numeric_limits<T>::max();
    if (!d::read_signed(n, value, lowest, highest)) return expected(d::integer_range(lowest, uint64_t(highest)));
    out = static_cast<T>(value);
  } else if constexpr (std::is_integral_v<T>) {
    uint64_t value = 0;
    if (!d::read_unsigned(n, value, std::numeric_limits<T>::max())) {
      return expected(d::integer_range(0, std::numeric_limits<T>::max()));
    }
    out = static_cast<T>(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    double value = 0;
    if (!d::read_double(n, value)) return expected("a number");
    out = static_cast<T>(value);
  } else {
    static_assert(std::is_convertible_v<std::string, T>, "no reader for this type of setting");
    if (!n.IsScalar()) return expected("text");
    out = n.Scalar();
  }
}

template <class T>
YAML::Node write_value(const T& value) {
  namespace d = config_detail;
  if constexpr (d::IsOptional<T>::value) {
    return value ? write_value(*value) : YAML::Node(YAML::NodeType::Null);
  } else if constexpr (d::OwnSetting<T>) {
    return write_setting(value);
  } else if constexpr (HasFields<T>) {
    FieldWriter writer;
    T copy = value;
    copy.fields(writer);
    return writer.node;
  } else if constexpr (d::IsVector<T>::value) {
    YAML::Node list(YAML::NodeType::Sequence);
    for (const auto& item : value) list.push_back(write_value<typename T::value_type>(item));
    return list;
  } else if constexpr (d::IsMap<T>::value) {
    YAML::Node mapping(YAML::NodeType::Map);
    for (const auto& [key, item] : value) mapping.force_insert(d::text_scalar(key), write_value(item));
    return mapping;
  } else if constexpr (std::is_same_v<T, bool>) {
    return d::scalar(value ? "true" : "false");
  } else if constexpr (std::is_integral_v<T>) {
    return d::scalar(std::to_string(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    return d::scalar(yaml_float(value));
  } else {
    return d::text_scalar(value);
  }
}

template <class T>
void FieldReader::operator()(const char* name, T& member) {
  known_.emplace_back(name);
  const YAML::Node value = find(name);
  if (!value.IsDefined()) return;
  const std::string where = where_.empty() ? name : where_ + "." + name;
  read_value(value, member, faults_, where);
}

template <class T>
void FieldWriter::operator()(const char* name, T& member) {
  node.force_insert(std::string(name), write_value(member));
}

}  // namespace gradus

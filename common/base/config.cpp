#include "base/config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <set>

namespace gradus {
namespace {

std::string line_prefix(const YAML::Node& at) {
  if (!at.IsDefined()) return "";
  const YAML::Mark mark = at.Mark();
  return mark.is_null() ? "" : "line " + std::to_string(mark.line + 1) + ": ";
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// Refuses a key that appears twice (yaml-cpp keeps both) and, since aliases share nodes, what grows when it is walked.
void find_duplicates(const YAML::Node& node, const std::string& where, Faults& faults, int depth, int& visited) {
  if (depth > 64) return faults.add(node, "nested deeper than 64 levels");
  if (++visited == 1000000) faults.add(node, "more than a million values");
  if (visited >= 1000000) return;
  if (node.IsSequence()) {
    for (const auto& item : node) find_duplicates(item, where, faults, depth + 1, visited);
  } else if (node.IsMap()) {
    std::set<std::string> seen;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        faults.add(entry.first, "a key must be plain text");
        continue;
      }
      const std::string key = entry.first.Scalar(), path = where.empty() ? key : where + "." + key;
      if (!seen.insert(key).second) faults.add(entry.first, "key '" + path + "' appears twice");
      find_duplicates(entry.second, path, faults, depth + 1, visited);
    }
  }
}

YAML::Node without_marks(const YAML::Node& node) {
  YAML::Node out(node.Type());
  if (node.IsScalar()) {
    out = node.Scalar();
  } else if (node.IsSequence()) {
    for (const auto& item : node) out.push_back(without_marks(item));
  } else if (node.IsMap()) {
    for (const auto& entry : node) out.force_insert(without_marks(entry.first), without_marks(entry.second));
  }
  if (node.IsScalar()) out.SetTag(node.Tag());
  return out;
}

YAML::Node parse_checked(const std::string& text, const std::string& name) {
  // yaml-cpp stops at a zero byte as if the file ended there.
  const auto control = std::find_if(text.begin(), text.end(),
                                    [](unsigned char c) { return c < 32 && (c == 0 || !std::strchr("\t\n\r", c)); });
  if (control != text.end()) {
    throw UsageError("cannot read '" + name + "': line " + std::to_string(std::count(text.begin(), control, '\n') + 1) +
                     ": a control character: not text");
  }
  YAML::Node document;
  try {
    document = YAML::Load(text);
  } catch (const YAML::Exception& fault) {
    const std::string line = fault.mark.is_null() ? "" : "line " + std::to_string(fault.mark.line + 1) + ": ";
    throw UsageError("cannot read '" + name + "': " + line + one_line(fault.msg));
  }
  Faults faults(name);
  int visited = 0;
  find_duplicates(document, "", faults, 0, visited);
  faults.finish();
  return document;
}

}  // namespace

YAML::Node load_yaml(const Path& path) { return parse_checked(read_file(path), path.native()); }

YAML::Node parse_yaml(const std::string& text, const std::string& name) { return parse_checked(text, name); }

void set_value(YAML::Node& document, const std::string& dotted_key, const std::string& value) {
  std::vector<std::string> keys;
  for (size_t start = 0;;) {
    const size_t end = dotted_key.find('.', start);
    keys.push_back(dotted_key.substr(start, end == dotted_key.npos ? end : end - start));
    if (keys.back().empty()) throw UsageError("'" + dotted_key + "' is no key: expected SECTION.KEY");
    if (end == dotted_key.npos) break;
    start = end + 1;
  }
  const YAML::Node parsed = without_marks(parse_checked(value, "--set " + dotted_key));
  if (!document.IsMap()) document.reset(YAML::Node(YAML::NodeType::Map));
  YAML::Node at = document;
  for (size_t i = 0; i + 1 < keys.size(); ++i) {
    YAML::Node next = at[keys[i]];
    if (!next.IsDefined() || next.IsNull()) {
      next = YAML::Node(YAML::NodeType::Map);
      at[keys[i]] = next;
    } else if (!next.IsMap()) {
      throw UsageError("cannot set '" + dotted_key + "': '" + keys[i] + "' is not a section");
    }
    at.reset(next);
  }
  at[keys.back()] = parsed;
}

void Faults::add(const YAML::Node& at, const std::string& text) {
  faults_.push_back(line_prefix(at.IsDefined() && at.IsNull() ? key_ : at) + text);
}

void Faults::finish() const {
  if (faults_.empty()) return;
  std::string text = "cannot read '" + file_ + "':";
  if (faults_.size() == 1) throw UsageError(text + " " + faults_[0]);
  for (const std::string& fault : faults_) text += "\n  " + fault;
  throw UsageError(text);
}

FieldReader::FieldReader(const YAML::Node& mapping, Faults& faults, std::string where)
    : node_(mapping), faults_(faults), where_(std::move(where)) {}

YAML::Node FieldReader::find(const char* name) {
  if (node_.IsDefined() && node_.IsMap()) {
    for (const auto& entry : node_) {
      if (!entry.first.IsScalar() || entry.first.Scalar() != name) continue;
      faults_.set_key(entry.first);
      return entry.second;
    }
  }
  return YAML::Node(YAML::NodeType::Undefined);
}

void FieldReader::finish() {
  const std::string prefix = where_.empty() ? "" : where_ + ".";
  if (!config_detail::present(node_)) return;
  if (!node_.IsMap()) {
    faults_.add(node_,
                (where_.empty() ? "" : where_ + ": ") + "expected a mapping, found " + config_detail::found(node_));
    return;
  }
  for (const auto& entry : node_) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : config_detail::found(entry.first);
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    const std::string near = nearest(key, known_);
    faults_.add(entry.first, "unknown key '" + prefix + key + "'" +
                                 (near.empty() ? "" : " (did you mean '" + prefix + near + "'?)"));
  }
}

namespace config_detail {
namespace {

bool plain(const YAML::Node& n) { return n.IsScalar() && n.Tag() != "!"; }  // "!": it was quoted

template <class T>
bool parse_whole(std::string_view text, T& out) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  return code == std::errc() && end == text.data() + text.size() && !text.empty();
}

// What a YAML reader (ours, yaml-cpp, PyYAML) could take for something other than text.
bool needs_quotes(const std::string& text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return true;
  static const std::set<std::string> words = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"};
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  double number;
  return words.count(lower) || parse_whole(text, number) || lower == ".inf" || lower == "-.inf" || lower == ".nan";
}

}  // namespace

bool present(const YAML::Node& n) { return n.IsDefined() && !n.IsNull(); }

bool read_bool(const YAML::Node& n, bool& out) {
  if (!plain(n) || (n.Scalar() != "true" && n.Scalar() != "false")) return false;
  out = n.Scalar() == "true";
  return true;
}

bool read_double(const YAML::Node& n, double& out) {
  if (!plain(n)) return false;
  const std::string& text = n.Scalar();
  if (text == ".inf" || text == "-.inf") {
    out = text[0] == '-' ? -HUGE_VAL : HUGE_VAL;
    return true;
  }
  if (text == ".nan") {
    out = std::nan("");
    return true;
  }
  double value;
  if (!parse_whole(text, value) || !std::isfinite(value)) return false;  // "inf" and "nan" are words
  out = value;
  return true;
}

bool read_signed(const YAML::Node& n, int64_t& out, int64_t lowest, int64_t highest) {
  if (!plain(n)) return false;
  int64_t value;
  double real;
  if (!parse_whole(n.Scalar(), value)) {  // 1.0e+6: how token counts are written
    if (!read_double(n, real) || real != std::floor(real) || std::fabs(real) > 0x1p53) return false;
    value = static_cast<int64_t>(real);
  }
  if (value < lowest || value > highest) return false;
  out = value;
  return true;
}

bool read_unsigned(const YAML::Node& n, uint64_t& out, uint64_t highest) {
  if (!plain(n)) return false;
  uint64_t value;
  double real;
  if (!parse_whole(n.Scalar(), value)) {
    if (!read_double(n, real) || real != std::floor(real) || real < 0 || real > 0x1p53) return false;
    value = static_cast<uint64_t>(real);
  }
  if (value > highest) return false;
  out = value;
  return true;
}

std::string integer_range(int64_t lowest, uint64_t highest) {
  if (lowest < -(int64_t{1} << 40)) return "a whole number";
  if (highest > uint64_t{1} << 40) return "a whole number, 0 or more";
  return "a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest);
}

std::string found(const YAML::Node& n) {
  if (!n.IsDefined() || n.IsNull()) return "nothing";
  if (n.IsSequence()) return "a list";
  if (n.IsMap()) return "a mapping";
  return (n.Tag() == "!" ? "the quoted text '" : "'") + one_line(n.Scalar()) + "'";
}

YAML::Node scalar(const std::string& text) { return YAML::Node(text); }

YAML::Node text_scalar(const std::string& text) {
  YAML::Node node(text);
  if (needs_quotes(text)) node.SetTag("!");
  return node;
}

}  // namespace config_detail

std::string yaml_float(double value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value < 0 ? "-.inf" : ".inf";
  char buffer[40];
  const double size = std::fabs(value);
  const bool scientific = size != 0 && (size < 1e-3 || size >= 1e6);
  const auto result = scientific ? std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific)
                                 : std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  std::string text(buffer, result.ptr);
  if (scientific) {
    const size_t e = text.find('e');
    if (text.find('.') == text.npos) text.insert(e, ".0");  // PyYAML takes 1e-05 for text
  } else if (text.find('.') == text.npos) {
    text += ".0";
  }
  return text;
}

namespace {

void emit(YAML::Emitter& out, const YAML::Node& node) {
  if (node.IsMap()) {
    if (node.size() == 0) out << YAML::Flow;
    out << YAML::BeginMap;
    for (const auto& entry : node) {
      out << YAML::Key;
      emit(out, entry.first);
      out << YAML::Value;
      emit(out, entry.second);
    }
    out << YAML::EndMap;
  } else if (node.IsSequence()) {
    const bool flat =
        std::all_of(node.begin(), node.end(), [](const YAML::Node& n) { return !n.IsMap() && !n.IsSequence(); });
    if (flat) out << YAML::Flow;
    out << YAML::BeginSeq;
    for (const auto& item : node) emit(out, item);
    out << YAML::EndSeq;
  } else if (node.IsScalar()) {
    const std::string& text = node.Scalar();
    const bool lines = text.find('\n') != text.npos;
    if (lines && text.find_first_of("\t\r") == text.npos && text.find("\n ") == text.npos && text.front() != ' ' &&
        text.front() != '\n' && text.back() == '\n' && !text.ends_with("\n\n")) {
      out << YAML::Literal << text.substr(0, text.size() - 1);
    } else if (lines || node.Tag() == "!") {
      out << YAML::DoubleQuoted << text;
    } else {
      out << text;
    }
  } else {
    out << YAML::Null;
  }
}

}  // namespace

std::string to_yaml(const YAML::Node& node) {
  YAML::Emitter out;
  out.SetIndent(2);
  emit(out, node);
  require(out.good(), "a YAML node cannot be written");
  return std::string(out.c_str()) + "\n";
}

}  // namespace gradus

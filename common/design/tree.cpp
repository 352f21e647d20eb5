#include "design/tree.h"

#include <algorithm>

namespace gradus {
namespace {

bool is_hash(const std::string& text) {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

bool is_identifier(const std::string& text) {
  return !text.empty() && !isdigit(static_cast<unsigned char>(text[0])) &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return isalnum(c) || c == '_'; });
}

/// A mapping's keys; those that nobody took are unknown.
class Keys {
 public:
  Keys(const YAML::Node& mapping, Faults& faults, std::string where) : faults_(faults), where_(std::move(where)) {
    if (!mapping.IsMap()) {
      faults_.add(mapping, where_ + ": expected a mapping");
      return;
    }
    for (const auto& entry : mapping) entries_.emplace_back(entry.first, entry.second);
  }
  YAML::Node take(const std::string& name) {
    known_.push_back(name);
    for (const auto& [key, value] : entries_) {
      if (key.Scalar() == name) return value;
    }
    return YAML::Node(YAML::NodeType::Undefined);
  }
  void finish() {
    for (const auto& [key, value] : entries_) {
      if (std::find(known_.begin(), known_.end(), key.Scalar()) != known_.end()) continue;
      const std::string near = nearest(key.Scalar(), known_);
      faults_.add(key, where_ + ": unknown key '" + key.Scalar() + "'" +
                           (near.empty() ? "" : " (did you mean '" + near + "'?)"));
    }
  }

 private:
  Faults& faults_;
  std::string where_;
  std::vector<std::pair<YAML::Node, YAML::Node>> entries_;
  std::vector<std::string> known_;
};

struct Reader {
  Faults& faults;
  const std::map<std::string, std::string>& names;

  std::string unit(const YAML::Node& node, const YAML::Node& parent, const std::string& where) const {
    if (!node.IsDefined() || !node.IsScalar()) {
      faults.add(node.IsDefined() ? node : parent, where + ": 'unit' is missing: expected the 16 hex digits of a unit");
      return "";
    }
    const std::string text = node.Scalar();
    if (is_hash(text)) return text;
    if (const auto found = names.find(text); found != names.end()) return found->second;
    std::vector<std::string> known;
    for (const auto& [name, hash] : names) known.push_back(name);
    const std::string near = nearest(text, known);
    faults.add(node, where + ": '" + text + "' is no unit: expected 16 hex digits" +
                         (near.empty() ? "" : " (did you mean '" + near + "'?)"));
    return "";
  }

  UnitNode node(const YAML::Node& mapping, const std::string& where) const {
    UnitNode out;
    Keys keys(mapping, faults, where);
    if (!mapping.IsMap()) return out;
    out.unit = unit(keys.take("unit"), mapping, where);
    if (const YAML::Node arguments = keys.take("arguments"); named(arguments, where + ": arguments")) {
      for (const auto& a : arguments) {
        const std::string name = a.first.Scalar();
        out.arguments[name] = read_argument(a.second, faults, where + ": argument '" + name + "'");
      }
    }
    if (const YAML::Node slots = keys.take("slots"); named(slots, where + ": slots")) {
      for (const auto& s : slots) {
        const std::string name = s.first.Scalar();
        out.slots[name] = node(s.second, where + "." + name);
      }
    }
    keys.finish();
    return out;
  }

  /// A mapping (or nothing) whose keys are names of the unit language.
  bool named(const YAML::Node& mapping, const std::string& where) const {
    if (!mapping.IsDefined() || mapping.IsNull()) return false;
    if (!mapping.IsMap()) {
      faults.add(mapping, where + ": expected a mapping");
      return false;
    }
    for (const auto& entry : mapping) {
      if (!is_identifier(entry.first.Scalar()))
        faults.add(entry.first, where + ": '" + entry.first.Scalar() + "' is no name");
    }
    return true;
  }
};

YAML::Node write_node(const UnitNode& node) {
  YAML::Node out(YAML::NodeType::Map);
  out.force_insert(std::string("unit"), write_value(node.unit));
  YAML::Node arguments(YAML::NodeType::Map), slots(YAML::NodeType::Map);
  for (const auto& [name, value] : node.arguments) arguments.force_insert(name, write_argument(value));
  for (const auto& [name, filler] : node.slots) slots.force_insert(name, write_node(filler));
  if (!node.arguments.empty()) out.force_insert(std::string("arguments"), arguments);
  if (!node.slots.empty()) out.force_insert(std::string("slots"), slots);
  return out;
}

void collect_paths(const UnitNode& node, const SlotPath& path, std::vector<SlotPath>& out) {
  out.push_back(path);
  for (const auto& [name, filler] : node.slots) collect_paths(filler, path.empty() ? name : path + "." + name, out);
}

std::string node_line(const UnitNode& node, const std::function<std::string(const std::string&)>& name) {
  std::string inside;
  for (const auto& [slot, filler] : node.slots) {
    inside += (inside.empty() ? "" : ", ") + slot + "=" + node_line(filler, name);
  }
  return name(node.unit) + (inside.empty() ? "" : "(" + inside + ")");
}

}  // namespace

const UnitNode* find_node(const Design& design, const SlotPath& path) {
  const UnitNode* node = &design.root;
  for (size_t start = 0; start < path.size();) {
    const size_t end = std::min(path.find('.', start), path.size());
    const auto found = node->slots.find(path.substr(start, end - start));
    if (found == node->slots.end()) return nullptr;
    node = &found->second;
    start = end + 1;
  }
  return node;
}

UnitNode* find_node(Design& design, const SlotPath& path) {
  return const_cast<UnitNode*>(find_node(static_cast<const Design&>(design), path));
}

std::vector<SlotPath> all_paths(const Design& design) {
  std::vector<SlotPath> out;
  collect_paths(design.root, "", out);
  return out;
}

nlohmann::json read_argument(const YAML::Node& node, Faults& faults, const std::string& where) {
  if (node.IsNull()) return nullptr;
  if (node.IsSequence()) {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& item : node) list.push_back(read_argument(item, faults, where));
    return list;
  }
  if (!node.IsScalar()) {
    faults.add(node, where + ": expected a number, true, false, text or a list");
    return nullptr;
  }
  const std::string& text = node.Scalar();
  bool truth;
  int64_t whole;
  double real;
  if (config_detail::read_bool(node, truth)) return truth;
  const bool digits = !text.empty() && text.find_first_not_of("+-0123456789") == text.npos;
  if (digits && config_detail::read_signed(node, whole, INT64_MIN, INT64_MAX)) return whole;
  if (config_detail::read_double(node, real)) return real;
  return text;
}

YAML::Node write_argument(const nlohmann::json& value) {
  if (value.is_null()) return YAML::Node(YAML::NodeType::Null);
  if (value.is_boolean()) return write_value(value.get<bool>());
  if (value.is_number_integer()) return write_value(value.get<int64_t>());
  if (value.is_number()) return write_value(value.get<double>());
  if (value.is_string()) return write_value(value.get<std::string>());
  YAML::Node list(YAML::NodeType::Sequence);
  for (const auto& item : value) list.push_back(write_argument(item));
  return list;
}

Design read_design(const YAML::Node& document, const std::string& file,
                   const std::map<std::string, std::string>& names) {
  Faults faults(file);
  Keys keys(document, faults, "design");
  if (!document.IsMap()) faults.finish();
  const YAML::Node format = keys.take("format");
  if (!format.IsDefined())
    faults.add(document, "'format' is missing: this build reads format 1");
  else if (format.Scalar() != "1")
    faults.add(format, "format " + format.Scalar() + ", this build reads 1");
  faults.finish();
  for (const char* id : {"design_id", "trace_id"}) {
    const YAML::Node node = keys.take(id);
    if (node.IsDefined() && !is_hash(node.Scalar())) faults.add(node, std::string(id) + ": expected 16 hex digits");
  }
  Design design;
  const YAML::Node root = keys.take("root");
  if (root.IsDefined())
    design.root = Reader{faults, names}.node(root, "root");
  else
    faults.add(document, "'root' is missing: the unit that makes a block");
  keys.finish();
  faults.finish();
  return design;
}

YAML::Node write_design(const Design& design, const std::string& design_id, const std::string& trace_id) {
  YAML::Node out(YAML::NodeType::Map);
  out.force_insert(std::string("format"), write_value(1));
  if (!design_id.empty()) out.force_insert(std::string("design_id"), write_value(design_id));
  if (!trace_id.empty()) out.force_insert(std::string("trace_id"), write_value(trace_id));
  out.force_insert(std::string("root"), write_node(design.root));
  return out;
}

std::string to_line(const Design& design, const std::function<std::string(const std::string& unit)>& name) {
  return node_line(design.root, name);
}

}  // namespace gradus

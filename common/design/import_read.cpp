// Reading the reference's unit trees, from its JSON and from a folder of sources. Its published format was not at hand:
// unknown fields are left alone, an object may be written as text that holds JSON, and a tree may lie inside others.
#include <algorithm>

#include "base/error.h"
#include "design/import_inside.h"

namespace gradus::import_inside {
namespace {

using nlohmann::json;
using syntax::Expr;
using syntax::ExprKind;
using syntax::Stmt;
using syntax::StmtKind;

/// As it is, or read from text that holds it.
json object_of(const json& value) {
  if (!value.is_string()) return value;
  json inner = json::parse(value.get<std::string>(), nullptr, false);
  return inner.is_object() || inner.is_array() ? inner : value;
}

/// The outermost object with both fields of a tree.
const json* find_tree(const json& at, int depth) {
  if (!at.is_object()) return nullptr;
  if (at.contains("root") && at.contains("units")) return &at;
  for (const auto& [key, inner] : at.items())
    if (const json* found = depth > 0 ? find_tree(inner, depth - 1) : nullptr) return found;
  return nullptr;
}

/// "'tree.json': units.MHA.code", for errors.
struct Field {
  const std::string& file;
  [[noreturn]] void refuse(const std::string& field, const std::string& mend) const {
    throw Error("cannot read '" + file + "': field '" + field + "' " + mend);
  }
};

std::vector<std::string> names_of(const json& list, const Field& field, const std::string& where) {
  std::vector<std::string> out;
  if (list.is_null()) return out;
  if (!list.is_array()) field.refuse(where, "must be a list of names");
  for (const json& item : list) {
    if (!item.is_string()) field.refuse(where, "must be a list of names");
    out.push_back(item);
  }
  return out;
}

void add_outputs(UnitTree& tree, const std::string& child, const std::vector<std::string>& outputs) {
  for (std::string name : outputs) {
    if (name.starts_with('*')) name.erase(0, 1);
    if (name != "X" && name != "Y" && !name.empty()) tree.outputs[child].push_back(name);
  }
}

/// CHILDREN_DECLARATIONS = [UnitDecl(unitname="Norm", requirements="", inputs=["X"], outputs=["Y"]), …]
void read_declarations(const Expr& list, UnitTree& tree, std::vector<std::string>& children) {
  for (const auto& item : list.items) {
    json fields = json::object();
    if (item->kind == ExprKind::kCall) {
      const char* order[] = {"unitname", "requirements", "inputs", "outputs"};
      for (size_t i = 0; i < std::min<size_t>(item->items.size(), 4); ++i)
        fields[order[i]] = read_literal(*item->items[i]).value_or(nullptr);
      for (const auto& k : item->keywords) fields[k.name] = read_literal(*k.value).value_or(nullptr);
    } else if (const auto literal = read_literal(*item)) {
      fields = *literal;
    }
    if (!fields.is_object() || !fields.contains("unitname") || !fields["unitname"].is_string()) continue;
    const std::string name = fields["unitname"];
    children.push_back(name);
    if (tree.outputs.count(name) || !fields.contains("outputs") || !fields["outputs"].is_array()) continue;
    std::vector<std::string> outputs;
    for (const json& o : fields["outputs"])
      if (o.is_string()) outputs.push_back(o);
    add_outputs(tree, name, outputs);
  }
}

/// Arguments beside those that all units have, with the defaults that are written out; what has none, or one that is
/// an expression, stays the constructor's affair (the reference makes it None and loses it).
json constructor_arguments(const SourceText& file, const Stmt& unit) {
  static const std::vector<std::string> common = {"embed_dim", "block_loc", "kwarg_all", "device", "dtype"};
  json out = json::object();
  const Stmt* made = file.find_method(unit, "__init__");
  if (!made) return out;
  for (const syntax::Parameter* p : parameters_of(*made)) {
    if (std::find(common.begin(), common.end(), p->name) != common.end() || !p->default_value) continue;
    if (const auto value = read_literal(*p->default_value)) out[p->name] = *value;
  }
  return out;
}

void read_node(const std::string& name, const json& node, const Field& field, UnitTree& tree) {
  const std::string where = "units." + name;
  if (!node.is_object()) field.refuse(where, "must be an object with the unit's 'code'");
  if (!node.contains("code") || !node["code"].is_string() || node["code"].get<std::string>().empty())
    field.refuse(where + ".code",
                 "is missing: give the unit's source, or drop the unit and its parent gets a placeholder");
  TreeUnit unit = read_tree_unit(node["code"], tree.file + ", unit " + name, tree);
  if (unit.unit->name != name)
    field.refuse(where + ".code", "defines class " + unit.unit->name + ": call it " + name + ", as the unit is called");
  if (node.contains("children"))
    for (const std::string& child : names_of(object_of(node["children"]), field, where + ".children"))
      unit.children.push_back(child);
  const json arguments = node.contains("args") ? object_of(node["args"]) : json();
  if (arguments.is_object())
    unit.arguments = arguments;
  else if (!arguments.is_null())
    field.refuse(where + ".args", "must be an object of constructor arguments and their defaults");
  tree.units.emplace(name, std::move(unit));
}

}  // namespace

/// Names beyond X that a `_forward` takes.
std::vector<std::string> reads_of(const SourceText& source, const Stmt& unit) {
  std::vector<std::string> out;
  const Stmt* forward = source.find_method(unit, "_forward");
  if (!forward) return out;
  const auto parameters = parameters_of(*forward);
  for (size_t i = 1; i < parameters.size(); ++i) out.push_back(parameters[i]->name);
  return out;
}

bool is_gau(const SourceText& file, const Stmt& a_class) {
  const auto bases = file.bases(a_class);
  return std::any_of(bases.begin(), bases.end(),
                     [](const std::string& b) { return b == "GAUBase" || b.ends_with(".GAUBase"); });
}

std::vector<const Stmt*> find_units(const SourceText& file) {
  std::vector<const Stmt*> out;
  for (const Statement& s : file.statements())
    if (s.node->kind == StmtKind::kClass && is_gau(file, *s.node)) out.push_back(s.node);
  return out;
}

TreeUnit read_tree_unit(const std::string& source, const std::string& file, UnitTree& tree) {
  TreeUnit out{SourceText(source, file)};
  const auto units = find_units(out.source);
  if (units.size() != 1)
    throw Error("cannot read '" + file + "': " +
                (units.empty() ? "no class that derives from GAUBase: a unit is one"
                               : "classes " + units[0]->name + " and " + units[1]->name +
                                     " derive from GAUBase: one unit a source"));
  out.unit = units[0];
  out.arguments = constructor_arguments(out.source, *out.unit);
  for (const Statement& s : out.source.statements()) {
    if (s.node->kind != StmtKind::kAssign || s.defines.size() != 1) continue;
    if (s.defines[0] == "CHILDREN_DECLARATIONS") read_declarations(*s.node->value, tree, out.children);
    if (s.defines[0] == "gab_config" || s.defines[0] == "args")
      if (const auto given = read_literal(*s.node->value); given && given->is_object()) out.arguments.update(*given);
  }
  return out;
}

UnitTree read_tree_json(const std::string& text, const std::string& file) {
  json document;
  try {
    document = json::parse(text);
  } catch (const json::parse_error& error) {
    const size_t end = std::min<size_t>(error.byte, text.size());
    throw Error("cannot read '" + file + "': line " +
                std::to_string(1 + std::count(text.begin(), text.begin() + std::ptrdiff_t(end), '\n')) +
                ": not JSON: a unit tree is {\"root\": …, \"units\": {…}}");
  }
  const Field field{file};
  const json* found = find_tree(document, 3);
  if (!found) {
    const bool units = document.is_object() && document.contains("units");
    field.refuse(units ? "root" : "units", units ? "is missing: name the unit that makes the block"
                                                 : "is missing: an object of name to {\"code\": …}");
  }
  UnitTree tree{.file = file};
  const json root = found->at("root"), units = object_of(found->at("units"));
  if (!root.is_string() || root.get<std::string>().empty())
    field.refuse("root", "must be the name of the unit that makes the block");
  tree.root = root;
  if (!units.is_object()) field.refuse("units", "must be an object of name to {\"code\": …}");
  const json declares = found->contains("declares") ? object_of(found->at("declares")) : json::object();
  if (declares.is_object())
    for (const auto& [name, text_or_object] : declares.items())
      if (const json d = object_of(text_or_object); d.is_object() && d.contains("outputs"))
        add_outputs(tree, name, names_of(object_of(d["outputs"]), field, "declares." + name + ".outputs"));
  for (const auto& [name, node] : units.items()) read_node(name, object_of(node), field, tree);
  if (!tree.units.count(tree.root)) {
    std::vector<std::string> known;
    for (const auto& [name, unit] : tree.units) known.push_back(name);
    const std::string near = nearest(tree.root, known);
    field.refuse("root", "names '" + tree.root + "', which is no unit" +
                             (near.empty() ? ": add its code to 'units'" : " (did you mean '" + near + "'?)"));
  }
  return tree;
}

UnitTree read_tree_folder(const Path& folder) {
  UnitTree tree{.file = folder.string()};
  std::vector<Path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".py" && !name.starts_with('_') && !name.starts_with('.'))
      files.push_back(entry.path());
  }
  if (files.empty()) throw Error("'" + tree.file + "' holds no unit: expected a .py file a unit");
  std::sort(files.begin(), files.end());
  std::map<std::string, std::string> from;
  for (const Path& file : files) {
    TreeUnit unit = read_tree_unit(read_file(file), file.string(), tree);
    const std::string name = unit.unit->name;
    if (const auto [at, fresh] = from.emplace(name, file.string()); !fresh)
      throw Error("'" + at->second + "' and '" + file.string() + "' both define class " + name + ": rename one");
    tree.units.emplace(name, std::move(unit));
  }
  return tree;
}

}  // namespace gradus::import_inside

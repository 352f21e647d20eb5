// A unit tree of the reference as one unit, put together as its composer does: the root first, then depth-first each
// unit once; a child that has no source is replaced by a unit that returns X.
#include <algorithm>

#include "base/error.h"
#include "design/import_inside.h"

namespace gradus::import_inside {
namespace {

using nlohmann::json;

/// Depth-first over children, each once; a cycle is a fault.
class Order {
 public:
  Order(const UnitTree& tree) : tree_(tree) {}
  void visit(const std::string& name);
  std::vector<std::string> units, missing;
  std::string line(const std::string& name) const;

 private:
  std::vector<std::string> children(const std::string& name) const;
  const UnitTree& tree_;
  std::vector<std::string> path_;
};

/// Those declared, then those mentioned: stored sources no longer have their declarations.
std::vector<std::string> Order::children(const std::string& name) const {
  const TreeUnit& unit = tree_.units.at(name);
  std::vector<std::string> out;
  const auto add = [&](const std::string& child) {
    if (std::find(out.begin(), out.end(), child) == out.end()) out.push_back(child);
  };
  for (const std::string& child : unit.children) add(child);
  for (const Statement& s : unit.source.statements())
    if (s.node == unit.unit)
      for (const auto& [other, ignored] : tree_.units)
        if (other != name && s.uses.count(other)) add(other);
  return out;
}

void Order::visit(const std::string& name) {
  if (const auto at = std::find(path_.begin(), path_.end(), name); at != path_.end()) {
    std::string cycle;
    for (auto i = at; i != path_.end(); ++i) cycle += *i + " → ";
    throw Error("cannot read '" + tree_.file + "': units are children of one another: " + cycle + name +
                ": take one of the declarations out");
  }
  if (std::find(units.begin(), units.end(), name) != units.end()) return;
  if (!tree_.units.count(name)) {
    if (std::find(missing.begin(), missing.end(), name) == missing.end()) missing.push_back(name);
    return;
  }
  units.push_back(name);
  path_.push_back(name);
  for (const std::string& child : children(name)) visit(child);
  path_.pop_back();
}

std::string Order::line(const std::string& name) const {
  if (!tree_.units.count(name)) return name;
  std::string inside;
  for (const std::string& child : children(name)) inside += (inside.empty() ? "" : ", ") + line(child);
  return name + (inside.empty() ? "" : "(" + inside + ")");
}

std::string find_root(const UnitTree& tree) {
  std::set<std::string> children;
  for (const auto& [name, unit] : tree.units) {
    children.insert(unit.children.begin(), unit.children.end());
    for (const Statement& s : unit.source.statements())
      if (s.node == unit.unit)
        for (const std::string& used : s.uses)
          if (used != name) children.insert(used);
  }
  std::vector<std::string> roots;
  for (const auto& [name, unit] : tree.units)
    if (!children.count(name)) roots.push_back(name);
  if (roots.size() == 1) return roots[0];
  if (roots.empty()) return tree.units.begin()->first;  // a cycle, which visit() names
  throw Error("cannot read '" + tree.file + "': units " + roots[0] + " and " + roots[1] +
              " are both no other's child: one is the root; declare the other in CHILDREN_DECLARATIONS or take it out");
}

std::string placeholder(const std::string& name, const std::vector<std::string>& outputs) {
  json none = json::object();
  for (const std::string& o : outputs) none[o] = nullptr;
  return "\n\nclass " + name +
         "(GAUBase):\n    \"\"\"In place of a unit that has no source.\"\"\"\n\n"
         "    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, **kwargs):\n"
         "        super().__init__(embed_dim, block_loc, kwarg_all)\n\n"
         "    def _forward(self, X, **Z):\n        return X, " +
         python_literal(none) + "\n";
}

/// The union of all units' arguments, one flat space.
json flat_arguments(const UnitTree& tree, const Order& order, Import& out) {
  static const std::set<std::string> common = {"embed_dim", "block_loc", "kwarg_all", "device", "dtype", "kwargs"};
  json all = json::object();
  std::map<std::string, std::string> owner;
  for (const std::string& name : order.units)
    for (const auto& [key, value] : tree.units.at(name).arguments.items()) {
      if (common.count(key)) continue;
      if (all.contains(key) && all[key] != value)
        out.notes.push_back("'" + key + "' is " + python_literal(all[key]) + " in " + owner[key] + " and " +
                            python_literal(value) + " in " + name + ": the units share one, the later");
      all[key] = value;
      owner[key] = name;
    }
  return all;
}

}  // namespace

void import_tree(UnitTree tree, Import& out) {
  if (tree.root.empty()) tree.root = find_root(tree);
  Order order(tree);
  order.visit(tree.root);
  Composition composition(order.line(tree.root) + ", units of Genesys (arXiv:2506.20249).");
  for (const std::string& name : order.units) composition.add(tree.units.at(name).source, false, out);
  for (const std::string& name : order.missing) {
    if (!is_name(name)) throw Error("cannot read '" + tree.file + "': '" + name + "' is no name of a unit");
    composition.add_text(placeholder(name, tree.outputs[name]));
    out.notes.push_back("unit " + name + " has no source: a placeholder returns its input");
  }
  for (const auto& [name, unit] : tree.units)
    if (std::find(order.units.begin(), order.units.end(), name) == order.units.end())
      out.notes.push_back("unit " + name + " is not reached from " + tree.root + " and left out");
  const TreeUnit& root = tree.units.at(tree.root);
  Wrapper wrapper{.root = tree.root, .name = "Imported" + tree.root};
  wrapper.arguments = flat_arguments(tree, order, out);
  for (const std::string& name : order.units) wrapper.add_fit(tree.units.at(name).source, *tree.units.at(name).unit);
  wrapper.carried = reads_of(root.source, *root.unit);
  composition.add_text("\n\ngab_config = " + python_literal(wrapper.arguments) + "\n" + wrapper.text());
  out.design.root.unit = add_unit(out, composition.text(), order.line(tree.root));
}

}  // namespace gradus::import_inside

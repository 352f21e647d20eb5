/// Inside import.h: its readers and what they hand each other.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "design/import.h"
#include "design/source_text.h"

namespace gradus::import_inside {

/// A unit of the reference's trees.
struct TreeUnit {
  SourceText source;
  const syntax::Stmt* unit = nullptr;  // its class
  std::vector<std::string> children;
  nlohmann::json arguments = nlohmann::json::object();  // constructor arguments and their defaults, in the flat space
};
struct UnitTree {
  std::string file, root;
  std::map<std::string, TreeUnit> units;
  std::map<std::string, std::vector<std::string>> outputs;  // declared of children: names in Z
};

/// A source being put together.
class Composition {
 public:
  explicit Composition(std::string title) : title_(std::move(title)) {}
  /// Its statements, but for what belongs to the reference's workshop: declarations, tests, the main block.
  void add(const SourceText& source, bool keep_config, Import& out);
  void add_text(const std::string& text) { body_ += text; }
  std::string text() const;

 private:
  void add_import(const syntax::Stmt& s, const std::string& text);
  void define(const SourceText& source, const Statement& s, Import& out);

  std::string title_, body_;
  std::vector<std::string> imports_;  // in order, each once
  bool future_ = false;
  std::map<std::string, std::pair<std::string, std::string>> defined_;  // name → text, file
};

/// The unit around it all. `arguments`: of the reference's flat space; those whose names mean something else to a unit
/// of ours, or whose values a tree cannot hold, stay in gab_config.
struct Wrapper {
  std::string root, name;
  nlohmann::json arguments;
  nlohmann::json fit = nlohmann::json::object();  // FIT of all units
  std::vector<std::string> carried;               // names in Z that the next block reads
  bool carries_all = false, block = false;

  /// The class attribute FIT, which is ours: whoever adds it to a unit of the reference makes it elastic.
  void add_fit(const SourceText& source, const syntax::Stmt& unit);
  std::string text() const;
};

/// Adds a source under its hash and returns it; `name` is for people.
std::string add_unit(Import& out, const std::string& source, const std::string& name);

void import_plain(const SourceText& file, Import& out);
/// tree.root may be empty: the unit that is no other's child.
void import_tree(UnitTree tree, Import& out);
void import_gab(const SourceText& file, Import& out);
UnitTree read_tree_json(const std::string& text, const std::string& file);
UnitTree read_tree_folder(const Path& folder);
/// A unit from its source: its class, children and arguments as the source tells them.
TreeUnit read_tree_unit(const std::string& source, const std::string& file, UnitTree& tree);

/// Names beyond X that a `_forward` takes.
std::vector<std::string> reads_of(const SourceText& source, const syntax::Stmt& unit);
/// What code may call something, in ASCII.
bool is_name(const std::string& text);
/// Classes that derive from GAUBase, by the text.
std::vector<const syntax::Stmt*> find_units(const SourceText& file);
bool is_gau(const SourceText& file, const syntax::Stmt& a_class);

}  // namespace gradus::import_inside

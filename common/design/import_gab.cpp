// A block that the reference composed: class GAB, its units, gab_config.
#include "base/error.h"
#include "design/import_inside.h"

namespace gradus::import_inside {
namespace {

using syntax::Stmt;

std::string text_of(const SourceText& file, const Stmt& s) {
  const size_t begin = file.offset(s.span.line, s.span.column);
  return file.text().substr(begin, file.offset(s.span.end_line, s.span.end_column) - begin);
}

/// Every `part` becomes `by`; how many there were.
size_t replace_all(std::string& text, const std::string& part, const std::string& by) {
  size_t n = 0;
  for (size_t at = 0; (at = text.find(part, at)) != text.npos; ++n, at += by.size()) text.replace(at, part.size(), by);
  return n;
}

/// The unit that GAB's constructor makes its root; null when it makes none.
const Stmt* root_of(const SourceText& file, const Stmt& block) {
  const Stmt* made = file.find_method(block, "__init__");
  for (const Stmt* unit : find_units(file))
    if (made && text_of(file, *made).find("self.root = " + unit->name + "(") != std::string::npos) return unit;
  return nullptr;
}

/// What the next block sees of Z. The composer's wrapper hands Z to its root alone, so it is what the root names; of a
/// block that does more with Z than to hand it on, all.
void find_carried(const SourceText& file, const Stmt& block, const Stmt& forward, Wrapper& wrapper) {
  wrapper.carried = reads_of(file, block);
  if (!forward.parameters->kwargs) return;
  const std::string z = forward.parameters->kwargs->name;
  std::string text = text_of(file, forward);
  if (const size_t at = text.find(", **" + z); at != text.npos) text.erase(at, z.size() + 4);  // the signature
  const Stmt* root = root_of(file, block);
  if (replace_all(text, "self.root(X, **" + z + ")", "X") > 0 && root)
    for (const std::string& name : reads_of(file, *root)) wrapper.carried.push_back(name);
  for (const std::string x : {"X", "Y"}) replace_all(text, x + ", " + z, x);
  const SourceText rest("class GAB:\n    " + text + "\n", file.file());
  wrapper.carries_all = rest.statements()[0].uses.count(z) > 0;
}

}  // namespace

void import_gab(const SourceText& file, Import& out) {
  const Stmt* block = file.find_class("GAB");
  const syntax::Expr* config = nullptr;
  for (const Statement& s : file.statements())
    if (s.node->kind == syntax::StmtKind::kAssign && s.defines == std::vector<std::string>{"gab_config"})
      config = s.node->value.get();
  if (!config)
    throw Error("cannot read '" + file.file() + "': no gab_config: add 'gab_config = {}' with every hyper-parameter");
  const Stmt* forward = file.find_method(*block, "_forward");
  if (!forward) throw Error("cannot read '" + file.file() + "': class GAB has no _forward(self, X, **Z)");
  Wrapper wrapper{.root = "GAB", .name = "ImportedBlock"};
  wrapper.block = true;
  wrapper.arguments = read_literal(*config).value_or(nlohmann::json::object());
  if (!wrapper.arguments.is_object()) wrapper.arguments = nlohmann::json::object();
  wrapper.add_fit(file, *block);
  for (const Stmt* unit : find_units(file)) wrapper.add_fit(file, *unit);
  find_carried(file, *block, *forward, wrapper);
  Composition composition("A block of Genesys (arXiv:2506.20249), composed by it.");
  composition.add(file, true, out);
  composition.add_text(wrapper.text());
  out.design.root.unit = add_unit(out, composition.text(), wrapper.name);
}

}  // namespace gradus::import_inside

// Sources of the reference put together in one namespace, and the class of ours around them.
#include <algorithm>

#include "base/error.h"
#include "design/import_inside.h"
#include "unit/prelude/sources.h"
#include "unit/syntax/lexer.h"

namespace gradus::import_inside {
namespace {

using nlohmann::json;
using syntax::Stmt;
using syntax::StmtKind;

constexpr const char* kProtocol = "model_discovery/model/utils/modules.py";

bool is_import(const Stmt& s) { return s.kind == StmtKind::kImport || s.kind == StmtKind::kImportFrom; }

/// Classes and functions of the protocol, as our prelude has them, so that the unit needs nothing of ours.
std::string protocol_text(const std::set<std::string>& wanted) {
  for (const auto& [name, text] : prelude_sources()) {
    if (name != kProtocol) continue;
    const SourceText source{std::string(text), std::string(name)};
    std::string out;
    for (size_t i : source.needs(wanted))
      if (!is_import(*source.statements()[i].node)) out += "\n\n" + source.statements()[i].text + "\n";
    return out;
  }
  return "";
}

bool is_workshop(const Statement& s, bool keep_config) {
  const Stmt& node = *s.node;
  if (node.kind == StmtKind::kExpr) return true;  // docstrings, calls of tests
  if (node.kind == StmtKind::kIf && node.value->kind == syntax::ExprKind::kCompare && node.value->left &&
      node.value->left->text == "__name__")
    return true;
  for (const auto& d : node.decorators)
    if (dotted_name(*d).ends_with("gau_test")) return true;
  for (const std::string& name : s.defines) {
    if (name == "CHILDREN_DECLARATIONS" || name == "GAUBase" || name == "GABBase") return !is_import(node);
    if ((name == "gab_config" || name == "args") && node.kind == StmtKind::kAssign) return !keep_config;
  }
  return false;
}

}  // namespace

bool is_name(const std::string& text) {
  const auto word = [](unsigned char c) { return std::isalnum(c) || c == '_'; };
  return !text.empty() && !std::isdigit(static_cast<unsigned char>(text[0])) && !syntax::is_keyword(text) &&
         std::all_of(text.begin(), text.end(), word);
}

void Composition::add_import(const Stmt& s, const std::string& text) {
  if (s.kind == StmtKind::kImportFrom && s.name == "__future__") {
    future_ = true;
    return;
  }
  std::string kept = text;
  while (kept.starts_with('#')) kept.erase(0, kept.find('\n') + 1);
  if (s.kind == StmtKind::kImportFrom && s.name.starts_with("model_discovery")) {
    kept.clear();
    for (const auto& a : s.aliases) {
      static const std::set<std::string> known = {"GAUBase", "GABBase", "UnitDecl", "UnitSpec", "gau_test", "*"};
      if (!known.count(a.name))
        kept += (kept.empty() ? "" : ", ") + a.name + (a.as_name.empty() ? "" : " as " + a.as_name);
    }
    if (!kept.empty()) kept = "from " + s.name + " import " + kept;
  }
  if (!kept.empty() && std::find(imports_.begin(), imports_.end(), kept) == imports_.end()) imports_.push_back(kept);
}

/// Two units may bring the same helper. Another class of that name is a fault; of functions the later holds, as there.
void Composition::define(const SourceText& source, const Statement& s, Import& out) {
  for (const std::string& name : s.defines) {
    const auto [at, fresh] = defined_.emplace(name, std::pair(s.text, source.file()));
    if (fresh || source.file() == at->second.second) continue;
    if (s.node->kind == StmtKind::kClass)
      throw Error("'" + at->second.second + "' and '" + source.file() + "' both define class " + name +
                  ", differently: rename one");
    out.notes.push_back("'" + name + "' is defined by '" + at->second.second + "' and '" + source.file() +
                        "': the later holds for both");
    at->second = {s.text, source.file()};
  }
}

void Composition::add(const SourceText& source, bool keep_config, Import& out) {
  for (const Statement& s : source.statements()) {
    if (is_workshop(s, keep_config)) continue;
    if (is_import(*s.node)) {
      add_import(*s.node, s.text);
      continue;
    }
    const bool same = !s.defines.empty() && defined_.count(s.defines[0]) && defined_[s.defines[0]].first == s.text;
    if (same) continue;
    define(source, s, out);
    const bool definition = s.node->kind == StmtKind::kClass || s.node->kind == StmtKind::kFunction;
    body_ += (definition ? "\n\n" : "\n") + s.text + "\n";
  }
}

std::string Composition::text() const {
  std::string out = "\"\"\"" + title_ + "\"\"\"\n\n";
  if (future_) out += "from __future__ import annotations\n\n";
  std::vector<std::string> imports = imports_;
  for (const char* needed : {"import torch.nn as nn", "import inspect"})
    if (std::find(imports.begin(), imports.end(), needed) == imports.end()) imports.insert(imports.begin(), needed);
  for (const std::string& line : imports) out += line + "\n";
  std::set<std::string> protocol;
  for (const char* name : {"GAUBase", "GABBase"})
    if (body_.find(name) != body_.npos) protocol.insert(name);
  return out + protocol_text(protocol) + body_;
}

namespace {

/// A keyword of the unit's own constructor.
bool is_own(const std::string& key, const json& value) {
  static const std::set<std::string> taken = {"dim",       "dim_out", "layer",          "n_layers",
                                              "context",   "self",    "kwarg_all",      "embed_dim",
                                              "block_loc", "device",  "factory_kwargs", "dtype"};
  return is_name(key) && !taken.count(key) && !value.is_object();
}

}  // namespace

void Wrapper::add_fit(const SourceText& source, const Stmt& unit) {
  const syntax::Expr* declared = find_assigned(unit.body, "FIT");
  if (!declared) return;
  const auto ranges = read_literal(*declared);
  if (!ranges || !ranges->is_object())
    throw Error("cannot read '" + source.file() + "': FIT must be written out: {\"argument\": (least, most)}");
  for (const auto& [key, range] : ranges->items()) {
    if (!arguments.contains(key) || !arguments[key].is_number() || !is_own(key, arguments[key]))
      throw Error("cannot read '" + source.file() + "': FIT names '" + key +
                  "', which is no constructor argument with a number as default");
    fit[key] = range;
  }
}

std::string Wrapper::text() const {
  std::string signature, given;
  for (const auto& [key, value] : arguments.items()) {
    if (!is_own(key, value)) continue;
    signature += (signature.empty() ? ", *,\n" : ",\n") + std::string(17, ' ') + key + "=" + python_literal(value);
    given += ",\n            " + python_literal(key) + ": " + key;
  }
  std::string out = "\n\nclass " + name + "(nn.Module):\n";
  if (!fit.empty()) out += "    FIT = " + python_literal(fit) + "\n\n";
  out += "    def __init__(self, dim, layer, n_layers" + signature + "):\n        super().__init__()\n";
  out += "        kwarg_all = {\n            **gab_config" + given + "}\n        self.root = " + root +
         "(\n            embed_dim=dim, block_loc=(layer, n_layers), " + (block ? "" : "kwarg_all=kwarg_all, ") +
         "device=None, dtype=None, **kwarg_all)\n\n";
  if (carried.empty() && !carries_all) return out + "    def forward(self, x):\n        return self.root(x)[0]\n";
  out += "    def forward(self, x, carry=None):\n        y, Z = self.root(x, **(carry or {}))\n        return y, ";
  if (carries_all) return out + "Z\n";
  return out + "{name: Z[name] for name in " + python_literal(carried) + " if name in Z}\n";
}

}  // namespace gradus::import_inside

#include "unit/syntax/scope.h"

#include <algorithm>
#include <unordered_set>

#include "unit/syntax/scope_walk.h"

namespace gradus::syntax {
namespace {

using Names = std::unordered_set<std::string>;

bool is_function(const Scope& s) { return s.kind != Scope::Kind::kModule && s.kind != Scope::Kind::kClass; }

NameKind classify(const Module& module, const Draft& d, const std::string& name, const Use& use, const Names& visible) {
  if (use.declared_global) return NameKind::kGlobal;
  if (use.declared_nonlocal) {
    if (!visible.contains(name))
      fail(module.file, module.lines, use.span, "no binding for nonlocal '" + name + "' found");
    return NameKind::kFree;
  }
  if (d.scope->kind == Scope::Kind::kModule) return NameKind::kGlobal;
  if (use.bound) return d.scope->kind == Scope::Kind::kClass ? NameKind::kClassLocal : NameKind::kLocal;
  return visible.contains(name) ? NameKind::kFree : NameKind::kGlobal;
}

void add_once(std::vector<std::string>& list, const std::string& name) {
  if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
}

/// A name that a scope inside this one takes from outside.
void pass_free(Scope& s, const std::string& name) {
  if (is_function(s)) {
    NameKind& kind = s.names.try_emplace(name, NameKind::kFree).first->second;
    if (kind == NameKind::kLocal) {
      kind = NameKind::kCell;
      s.cells.push_back(name);
    }
    if (kind != NameKind::kFree) return;
  } else if (s.kind == Scope::Kind::kClass && name == "__class__") {
    s.uses_class_cell = true;
    return add_once(s.cells, name);
  } else {
    s.names.try_emplace(name, NameKind::kFree);
  }
  add_once(s.frees, name);
}

/// Second pass: what every name of a scope is, given the names that the functions around it bind.
void settle(const Module& module, Draft& d, const Names& visible) {
  Scope& s = *d.scope;
  Names inner = visible;
  for (const auto& name : d.order) {
    const Use& use = d.uses.at(name);
    const NameKind kind = classify(module, d, name, use, visible);
    s.names[name] = kind;
    if (kind == NameKind::kFree) add_once(s.frees, name);
    if (kind == NameKind::kLocal) s.locals.push_back(name);
    if (!is_function(s)) continue;
    if (kind == NameKind::kLocal) inner.insert(name);
    if (use.declared_global) inner.erase(name);
  }
  // Slots follow the order of binding, not of mention.
  std::stable_sort(s.locals.begin(), s.locals.end(),
                   [&](const auto& a, const auto& b) { return d.uses.at(a).bound_at < d.uses.at(b).bound_at; });
  if (s.kind == Scope::Kind::kClass) inner.insert("__class__");
  for (auto& child : d.children) {
    settle(module, *child, inner);
    for (const auto& name : child->scope->frees) pass_free(s, name);
  }
}

}  // namespace

Scopes resolve(const Module& module) {
  Scopes scopes;
  Draft root = walk_scopes(module, scopes);
  settle(module, root, {});
  return scopes;
}

}  // namespace gradus::syntax

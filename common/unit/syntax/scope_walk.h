/// First pass of resolve(): which scope uses and binds which name. Internal to common/unit/syntax.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "unit/syntax/scope.h"
#include "unit/syntax/source.h"

namespace gradus::syntax {

struct Use {
  bool bound = false, parameter = false, declared_global = false, declared_nonlocal = false;
  bool iteration = false;  // target of a comprehension's `for`
  bool annotated = false;
  int bound_at = 0;  // order of the first binding in its scope
  Span span;         // where first mentioned
};

struct Draft {
  Scope* scope = nullptr;
  Draft* parent = nullptr;
  std::unordered_map<std::string, Use> uses;
  std::vector<std::string> order;  // of first mention
  int n_bound = 0;
  std::vector<std::unique_ptr<Draft>> children;
};

/// Makes the tree of scopes in `scopes`, without kinds, and the drafts that lead to them.
Draft walk_scopes(const Module& module, Scopes& scopes);

}  // namespace gradus::syntax

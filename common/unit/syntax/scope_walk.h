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

class Walker {
 public:
  Walker(const Module& module, Scopes& scopes) : module_(module), scopes_(scopes) {}
  Draft run();

 private:
  [[noreturn]] void fail(Span where, const std::string& message) const {
    syntax::fail(module_.file, module_.lines, where, message);
  }
  Draft& open(Scope::Kind kind, const void* node);
  Use& mention(const std::string& name, Span span);
  void use(const std::string& name, Span span);
  void bind(const std::string& name, Span span);
  static void bind(Draft& d, const std::string& name, Span span);
  static Use& mention(Draft& d, const std::string& name, Span span);
  void declare(const Stmt& s);

  void body(const Body& b) {
    for (const auto& s : b) statement(*s);
  }
  void statement(const Stmt& s);
  void plain(const Stmt& s);
  void definition(const Stmt& s);
  void imports(const Stmt& s);
  void annotated(const Stmt& s);
  void loop(const Stmt& s);
  void try_statement(const Stmt& s);
  void pattern(const Pattern& p, std::vector<std::string>& captured);
  void or_pattern(const Pattern& p, std::vector<std::string>& captured);
  void capture(const std::string& name, Span span, std::vector<std::string>& captured);
  void must_be_refutable(const Pattern& p) const;
  void match(const Stmt& s);

  void expression(const ExprPtr& e) {
    if (e) expression(*e);
  }
  void expression(const Expr& e);
  void children(const Expr& e);
  void target(const Expr& e);
  void defaults(const Parameters& p);
  void parameters(const Parameters& p);
  void lambda(const Expr& e);
  void comprehension(const Expr& e);
  void named(const Expr& e);
  void yield(const Expr& e);

  const Module& module_;
  Scopes& scopes_;
  Draft* root_ = nullptr;
  Draft* at_ = nullptr;
  int loops_ = 0;      // around, in this function
  int iterables_ = 0;  // inside the iterable of a comprehension: no := there
};

/// Makes the tree of scopes in `scopes`, without kinds, and the drafts that lead to them.
Draft walk_scopes(const Module& module, Scopes& scopes);

}  // namespace gradus::syntax

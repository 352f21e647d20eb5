#include "unit/syntax/scope_walk.h"

#include <algorithm>
#include <utility>

namespace gradus::syntax {
namespace {

bool is_comprehension(const Draft& d) { return d.scope->kind == Scope::Kind::kComprehension; }

/// Moves into a new scope and back.
class Inside {
 public:
  Inside(Draft*& at, Draft& to) : at_(at), before_(at) { at_ = &to; }
  ~Inside() { at_ = before_; }
  Inside(const Inside&) = delete;

 private:
  Draft*& at_;
  Draft* before_;
};

}  // namespace

Draft Walker::run() {
  Draft root;
  scopes_.root = std::make_unique<Scope>();
  scopes_.root->kind = Scope::Kind::kModule;
  scopes_.root->node = &module_;
  scopes_.of[&module_] = scopes_.root.get();
  root.scope = scopes_.root.get();
  at_ = root_ = &root;
  body(module_.body);
  return root;
}

Draft& Walker::open(Scope::Kind kind, const void* node) {
  auto scope = std::make_unique<Scope>();
  scope->kind = kind;
  scope->node = node;
  scopes_.of[node] = scope.get();
  auto draft = std::make_unique<Draft>();
  draft->scope = scope.get();
  draft->parent = at_;
  at_->scope->children.push_back(std::move(scope));
  at_->children.push_back(std::move(draft));
  return *at_->children.back();
}

Use& Walker::mention(Draft& d, const std::string& name, Span span) {
  const auto [it, fresh] = d.uses.try_emplace(name);
  if (fresh) {
    it->second.span = span;
    d.order.push_back(name);
  }
  return it->second;
}
Use& Walker::mention(const std::string& name, Span span) { return mention(*at_, name, span); }

void Walker::use(const std::string& name, Span span) {
  mention(name, span);
  const Scope::Kind kind = at_->scope->kind;
  if ((name == "super" || name == "__class__") && kind != Scope::Kind::kModule && kind != Scope::Kind::kClass) {
    at_->scope->uses_class_cell = true;
    mention("__class__", span);
  }
}

void Walker::bind(Draft& d, const std::string& name, Span span) {
  Use& u = mention(d, name, span);
  if (!u.bound) u.bound_at = d.n_bound++;
  u.bound = true;
}
void Walker::bind(const std::string& name, Span span) { bind(*at_, name, span); }

/// global, nonlocal
void Walker::declare(const Stmt& s) {
  const bool global = s.kind == StmtKind::kGlobal;
  const std::string word = global ? "global" : "nonlocal";
  if (!global && at_->scope->kind == Scope::Kind::kModule)
    fail(s.span, "nonlocal declaration not allowed at module level");
  for (const auto& name : s.names) {
    if (const auto it = at_->uses.find(name); it != at_->uses.end()) {
      const Use& u = it->second;
      if (u.parameter) fail(s.span, "name '" + name + "' is parameter and " + word);
      if (u.annotated) fail(s.span, "annotated name '" + name + "' can't be " + word);
      if (global ? u.declared_nonlocal : u.declared_global) fail(s.span, "name '" + name + "' is nonlocal and global");
      const bool declared = u.declared_global || u.declared_nonlocal;
      if (!declared && u.bound) fail(s.span, "name '" + name + "' is assigned to before " + word + " declaration");
      if (!declared) fail(s.span, "name '" + name + "' is used prior to " + word + " declaration");
    }
    Use& u = mention(name, s.span);
    (global ? u.declared_global : u.declared_nonlocal) = true;
    if (global) mention(*root_, name, s.span);
  }
}

void Walker::statement(const Stmt& s) {
  switch (s.kind) {
    case StmtKind::kPass:
      return;
    case StmtKind::kBreak:
      if (loops_ == 0) fail(s.span, "'break' outside loop");
      return;
    case StmtKind::kContinue:
      if (loops_ == 0) fail(s.span, "'continue' not properly in loop");
      return;
    case StmtKind::kAnnAssign:
      return annotated(s);
    case StmtKind::kGlobal:
    case StmtKind::kNonlocal:
      return declare(s);
    case StmtKind::kImport:
    case StmtKind::kImportFrom:
      return imports(s);
    case StmtKind::kWhile:
    case StmtKind::kFor:
      return loop(s);
    case StmtKind::kTry:
      return try_statement(s);
    case StmtKind::kFunction:
    case StmtKind::kClass:
      return definition(s);
    case StmtKind::kMatch:
      return match(s);
    default:
      return plain(s);
  }
}

/// Expressions and targets in the order of evaluation, then blocks.
void Walker::plain(const Stmt& s) {
  if (s.kind == StmtKind::kReturn && at_->scope->kind != Scope::Kind::kFunction)
    fail(s.span, "'return' outside function");
  if (s.target) target(*s.target);  // of an augmented assignment, which reads it first
  expression(s.value);
  expression(s.cause);
  for (const auto& t : s.targets) target(*t);
  for (const auto& item : s.with_items) {
    expression(item.context);
    if (item.target) target(*item.target);
  }
  body(s.body);
  body(s.orelse);
}

void Walker::loop(const Stmt& s) {
  expression(s.value);
  if (s.target) target(*s.target);
  ++loops_;
  body(s.body);
  --loops_;
  body(s.orelse);
}

void Walker::try_statement(const Stmt& s) {
  body(s.body);
  for (const auto& h : s.handlers) {
    expression(h.type);
    if (!h.name.empty()) bind(h.name, h.span);
    body(h.body);
  }
  body(s.orelse);
  body(s.final_body);
}

void Walker::annotated(const Stmt& s) {
  expression(s.value);
  if (s.target->kind != ExprKind::kName) return expression(s.target);
  const std::string& name = s.target->text;
  if (s.level == 0 && !s.value) return use(name, s.target->span);
  Use& u = mention(name, s.target->span);
  if (s.level == 1 && (u.declared_global || u.declared_nonlocal) && at_->scope->kind != Scope::Kind::kModule)
    fail(s.span, "annotated name '" + name + "' can't be " + (u.declared_global ? "global" : "nonlocal"));
  u.annotated = s.level == 1;
  bind(name, s.target->span);
}

void Walker::imports(const Stmt& s) {
  for (const auto& a : s.aliases) {
    if (a.name == "*") {
      if (at_->scope->kind != Scope::Kind::kModule) fail(s.span, "import * only allowed at module level");
      continue;
    }
    const std::string& name = a.as_name.empty() ? a.name : a.as_name;
    bind(name.substr(0, name.find('.')), a.span);
  }
}

void Walker::definition(const Stmt& s) {
  for (const auto& d : s.decorators) expression(d);
  const bool function = s.kind == StmtKind::kFunction;
  if (function) defaults(*s.parameters);
  for (const auto& b : s.items) expression(b);
  for (const auto& k : s.keywords) expression(k.value);
  bind(s.name, s.span);
  const Inside inside(at_, open(function ? Scope::Kind::kFunction : Scope::Kind::kClass, &s));
  const int loops = std::exchange(loops_, 0), iterables = std::exchange(iterables_, 0);
  if (function) parameters(*s.parameters);
  body(s.body);
  loops_ = loops;
  iterables_ = iterables;
}

void Walker::expression(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kName:
      return use(e.text, e.span);
    case ExprKind::kLambda:
      return lambda(e);
    case ExprKind::kNamedExpr:
      return named(e);
    case ExprKind::kListComp:
    case ExprKind::kSetComp:
    case ExprKind::kGenerator:
    case ExprKind::kDictComp:
      return comprehension(e);
    case ExprKind::kYield:
    case ExprKind::kYieldFrom:
      return yield(e);
    default:
      return children(e);
  }
}

/// In the order of evaluation, but for `a if b else c`.
void Walker::children(const Expr& e) {
  expression(e.operand);
  expression(e.left);
  expression(e.right);
  expression(e.third);
  expression(e.format);
  for (size_t i = 0; i < e.items.size(); ++i) {
    if (i < e.keys.size()) expression(e.keys[i]);
    expression(e.items[i]);
  }
  for (const auto& k : e.keywords) expression(k.value);
}

void Walker::target(const Expr& e) {
  if (e.kind == ExprKind::kName) {
    if (is_comprehension(*at_)) mention(e.text, e.span).iteration = true;
    return bind(e.text, e.span);
  }
  if (e.kind == ExprKind::kTuple || e.kind == ExprKind::kList)
    for (const auto& item : e.items) target(*item);
  else if (e.kind == ExprKind::kStarred)
    target(*e.operand);
  else
    expression(e);
}

void Walker::defaults(const Parameters& p) {
  for (const auto* list : {&p.positional_only, &p.positional, &p.keyword_only})
    for (const auto& x : *list) expression(x.default_value);
}

void Walker::parameters(const Parameters& p) {
  const auto add = [&](const Parameter& x) {
    if (at_->uses.contains(x.name)) fail(x.span, "duplicate argument '" + x.name + "' in function definition");
    bind(x.name, x.span);
    at_->uses[x.name].parameter = true;
  };
  for (const auto* list : {&p.positional_only, &p.positional, &p.keyword_only})
    for (const auto& x : *list) add(x);
  if (p.varargs) add(*p.varargs);
  if (p.kwargs) add(*p.kwargs);
}

void Walker::lambda(const Expr& e) {
  defaults(*e.parameters);
  const Inside inside(at_, open(Scope::Kind::kLambda, &e));
  const int iterables = std::exchange(iterables_, 0);
  parameters(*e.parameters);
  expression(e.left);
  iterables_ = iterables;
}

void Walker::comprehension(const Expr& e) {
  ++iterables_;
  expression(e.clauses[0].iterable);
  --iterables_;
  const Inside inside(at_, open(Scope::Kind::kComprehension, &e));
  for (size_t i = 0; i < e.clauses.size(); ++i) {
    const Comprehension& c = e.clauses[i];
    if (i > 0) {
      ++iterables_;
      expression(c.iterable);
      --iterables_;
    }
    target(*c.target);
    for (const auto& x : c.conditions) expression(x);
  }
  expression(e.left);
  expression(e.right);
}

/// In a comprehension := binds in the nearest function or module around it.
void Walker::named(const Expr& e) {
  if (iterables_ > 0) fail(e.span, "assignment expression cannot be used in a comprehension iterable expression");
  expression(e.operand);
  if (!is_comprehension(*at_)) return bind(e.text, e.span);
  Draft* d = at_;
  std::vector<Draft*> passed;
  for (; is_comprehension(*d); d = d->parent) {
    const auto it = d->uses.find(e.text);
    if (it != d->uses.end() && it->second.iteration)
      fail(e.span, "assignment expression cannot rebind comprehension iteration variable '" + e.text + "'");
    passed.push_back(d);
  }
  if (d->scope->kind == Scope::Kind::kClass)
    fail(e.span, "assignment expression within a comprehension cannot be used in a class body");
  Use& owner = mention(*d, e.text, e.span);
  if (!owner.declared_global && !owner.declared_nonlocal) bind(*d, e.text, e.span);
  const bool global = owner.declared_global || d->scope->kind == Scope::Kind::kModule;
  for (Draft* inner : passed) {
    Use& u = mention(*inner, e.text, e.span);
    (global ? u.declared_global : u.declared_nonlocal) = true;
  }
}

void Walker::yield(const Expr& e) {
  if (is_comprehension(*at_)) fail(e.span, "'yield' inside a comprehension");
  if (at_->scope->kind == Scope::Kind::kModule || at_->scope->kind == Scope::Kind::kClass)
    fail(e.span, "'yield' outside function");
  at_->scope->is_generator = true;
  expression(e.operand);
}

Draft walk_scopes(const Module& module, Scopes& scopes) { return Walker(module, scopes).run(); }

}  // namespace gradus::syntax

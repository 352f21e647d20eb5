#include "unit/syntax/normal.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "unit/syntax/dump.h"
#include "unit/syntax/scope.h"

namespace gradus::syntax {
namespace {

// Marks a renamed local in the dump until it gets its number. No name has it, and dump() escapes it in strings.
constexpr char kMark = '\x01';

bool is_constant(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kNone:
    case ExprKind::kTrue:
    case ExprKind::kFalse:
    case ExprKind::kEllipsis:
    case ExprKind::kInteger:
    case ExprKind::kFloat:
    case ExprKind::kImaginary:
    case ExprKind::kString:
    case ExprKind::kBytes:
      return true;
    default:
      return false;
  }
}

/// `import a.b` binds a, and means another thing than `import a.b as a`.
bool is_dotted(const Alias& a) { return a.as_name.empty() && a.name.find('.') != std::string::npos; }

bool is_typing(const std::string& module) {
  return module == "typing" || module == "typing_extensions" || module == "collections.abc";
}

/// A dataclass treats three annotations apart; 0 for all others.
int special_annotation(const Expr& e) {
  const std::string& name = e.kind == ExprKind::kSubscript ? e.operand->text : e.text;
  constexpr const char* kSpecial[] = {"ClassVar", "InitVar", "KW_ONLY"};
  for (int i = 0; i < 3; ++i)
    if (name.find(kSpecial[i]) != std::string::npos) return i + 1;
  return 0;
}

/// Fields of a dataclass or named tuple are its annotations.
bool has_fields(const Stmt& s) {
  if (!s.decorators.empty()) return true;
  return std::any_of(s.items.begin(), s.items.end(), [](const auto& b) { return b->text == "NamedTuple"; });
}

class Normaliser {
 public:
  Normaliser(Module& module, const Scopes& scopes) : module_(module), scopes_(scopes) { own(*scopes.root); }
  void run();

 private:
  void own(Scope& s);
  void keep_dotted(const Body& b, const Scope& s);
  std::string renamed(const std::string& name);
  void rename(std::string& name) { name = renamed(name); }

  void body(Body& b);
  bool does_nothing(const Stmt& s) const;
  void statement(Stmt& s);
  void definition(Stmt& s);
  void imports(Stmt& s);
  void pattern(Pattern& p);
  void expression(const ExprPtr& e) {
    if (e) expression(*e);
  }
  void expression(Expr& e);
  void comprehension(Expr& e);
  void parameters(Parameters& p);
  void defaults(Parameters& p);
  void inside(const void* node, const auto& work);
  void drop_typing_imports();

  Module& module_;
  const Scopes& scopes_;
  std::unordered_map<const Scope*, const Scope*> parent_;
  std::unordered_map<const Scope*, std::unordered_set<std::string>> kept_;
  std::unordered_map<const Scope*, int> number_;
  std::unordered_set<std::string> read_;  // every name that an expression mentions
  const Scope* at_ = nullptr;
  bool fields_ = false;  // in a class whose annotations count
};

void Normaliser::own(Scope& s) {
  number_.emplace(&s, static_cast<int>(number_.size()));
  for (const char* spy : {"locals", "vars", "dir"})
    if (const auto it = s.names.find(spy); it != s.names.end() && it->second == NameKind::kGlobal)
      kept_[&s].insert(s.locals.begin(), s.locals.end());
  for (auto& child : s.children) {
    parent_[child.get()] = &s;
    own(*child);
  }
}

void Normaliser::keep_dotted(const Body& b, const Scope& s) {
  for (const auto& x : b) {
    const bool opens = x->kind == StmtKind::kFunction || x->kind == StmtKind::kClass;
    const Scope& inner = opens ? *scopes_.of.at(x.get()) : s;
    if (x->kind == StmtKind::kImport)
      for (const auto& a : x->aliases)
        if (is_dotted(a)) kept_[&s].insert(a.name.substr(0, a.name.find('.')));
    keep_dotted(x->body, inner);
    keep_dotted(x->orelse, inner);
    keep_dotted(x->final_body, inner);
    for (const auto& h : x->handlers) keep_dotted(h.body, inner);
    for (const auto& c : x->cases) keep_dotted(c.body, inner);
  }
}

std::string Normaliser::renamed(const std::string& name) {
  const Scope* s = at_;
  auto kind = s->names.find(name);
  if (kind == s->names.end() || kind->second == NameKind::kGlobal || kind->second == NameKind::kClassLocal) return name;
  while (kind == s->names.end() || (kind->second != NameKind::kLocal && kind->second != NameKind::kCell)) {
    const auto up = parent_.find(s);
    if (up == parent_.end()) return name;  // __class__
    s = up->second;
    kind = s->names.find(name);
  }
  if (const auto kept = kept_.find(s); kept != kept_.end() && kept->second.contains(name)) return name;
  return kMark + std::to_string(number_.at(s)) + "." + name + kMark;
}

void Normaliser::inside(const void* node, const auto& work) {
  const Scope* before = at_;
  at_ = scopes_.of.at(node);
  work();
  at_ = before;
}

void Normaliser::run() {
  at_ = scopes_.root.get();
  keep_dotted(module_.body, *at_);
  body(module_.body);
  drop_typing_imports();
}

bool Normaliser::does_nothing(const Stmt& s) const {
  switch (s.kind) {
    case StmtKind::kPass:
    case StmtKind::kNonlocal:
      return true;
    case StmtKind::kExpr:
      return is_constant(*s.value);
    case StmtKind::kAnnAssign: {
      const Expr& t = *s.target;
      const bool plain =
          t.kind == ExprKind::kName || (t.kind == ExprKind::kAttribute && t.operand->kind == ExprKind::kName);
      return !s.value && !fields_ && plain;
    }
    case StmtKind::kImportFrom:
      return s.name == "__future__";
    default:
      return false;
  }
}

void Normaliser::body(Body& b) {
  std::erase_if(b, [&](const StmtPtr& s) { return does_nothing(*s); });
  for (auto& s : b) statement(*s);
}

void Normaliser::statement(Stmt& s) {
  if (s.kind == StmtKind::kFunction || s.kind == StmtKind::kClass) return definition(s);
  if (s.kind == StmtKind::kImport || s.kind == StmtKind::kImportFrom) return imports(s);
  if (s.kind == StmtKind::kGlobal) std::sort(s.names.begin(), s.names.end());
  if (s.kind == StmtKind::kAnnAssign && s.value && !fields_) {
    s.kind = StmtKind::kAssign;
    s.targets.push_back(std::move(s.target));
  }
  if (s.kind == StmtKind::kAnnAssign) s.level += special_annotation(*s.annotation);
  expression(s.value);
  expression(s.target);
  expression(s.cause);
  for (auto& t : s.targets) expression(t);
  for (auto& item : s.with_items) expression(item.context), expression(item.target);
  body(s.body);
  for (auto& h : s.handlers) {
    expression(h.type);
    if (!h.name.empty()) rename(h.name);
    body(h.body);
  }
  for (auto& c : s.cases) {
    pattern(*c.pattern);
    expression(c.guard);
    body(c.body);
  }
  body(s.orelse);
  body(s.final_body);
}

void Normaliser::definition(Stmt& s) {
  const bool fields = fields_;
  for (auto& d : s.decorators) expression(d);
  if (s.parameters) defaults(*s.parameters);
  for (auto& b : s.items) expression(b);
  for (auto& k : s.keywords) expression(k.value);
  rename(s.name);
  fields_ = s.kind == StmtKind::kClass && has_fields(s);
  inside(&s, [&] {
    if (s.parameters) parameters(*s.parameters);
    body(s.body);
  });
  fields_ = fields;
}

void Normaliser::imports(Stmt& s) {
  for (auto& a : s.aliases) {
    if (s.kind == StmtKind::kImport && is_dotted(a)) continue;
    const std::string& bound = a.as_name.empty() ? a.name : a.as_name;
    std::string name = renamed(bound);
    if (name == bound) continue;
    a.as_name = std::move(name);
  }
}

void Normaliser::pattern(Pattern& p) {
  expression(p.value);
  for (auto& k : p.keys) expression(k);
  if (p.pattern) pattern(*p.pattern);
  for (auto& x : p.patterns) pattern(*x);
  for (auto& x : p.keyword_patterns) pattern(*x);
  if (!p.name.empty()) rename(p.name);
}

void Normaliser::expression(Expr& e) {
  if (e.kind == ExprKind::kName) {
    read_.insert(e.text);
    return rename(e.text);
  }
  if (e.kind == ExprKind::kNamedExpr) rename(e.text);
  if (!e.clauses.empty()) return comprehension(e);
  if (e.kind == ExprKind::kLambda) {
    defaults(*e.parameters);
    return inside(&e, [&] {
      parameters(*e.parameters);
      expression(e.left);
    });
  }
  for (const auto* x : {&e.operand, &e.left, &e.right, &e.third, &e.format}) expression(*x);
  for (auto& x : e.keys) expression(x);
  for (auto& x : e.items) expression(x);
  for (auto& k : e.keywords) expression(k.value);
  if (e.kind != ExprKind::kFString) return;
  const bool plain =
      std::all_of(e.items.begin(), e.items.end(), [](const auto& x) { return x->kind == ExprKind::kString; });
  if (!plain || e.items.size() > 1) return;
  e.text = e.items.empty() ? "" : e.items[0]->text;
  e.items.clear();
  e.kind = ExprKind::kString;
}

void Normaliser::comprehension(Expr& e) {
  expression(e.clauses[0].iterable);
  inside(&e, [&] {
    for (size_t i = 0; i < e.clauses.size(); ++i) {
      if (i > 0) expression(e.clauses[i].iterable);
      expression(e.clauses[i].target);
      for (auto& x : e.clauses[i].conditions) expression(x);
    }
    expression(e.left);
    expression(e.right);
  });
}

void Normaliser::defaults(Parameters& p) {
  for (auto* list : {&p.positional_only, &p.positional, &p.keyword_only})
    for (auto& x : *list) expression(x.default_value);
}

/// In the scope of the function.
void Normaliser::parameters(Parameters& p) {
  for (const auto* list : {&p.positional, &p.keyword_only})
    for (const auto& x : *list) kept_[at_].insert(x.name);
  for (auto& x : p.positional_only) rename(x.name);
  if (p.varargs) rename(p.varargs->name);
  if (p.kwargs) rename(p.kwargs->name);
}

void Normaliser::drop_typing_imports() {
  for (auto& s : module_.body) {
    if (s->kind != StmtKind::kImport && s->kind != StmtKind::kImportFrom) continue;
    std::erase_if(s->aliases, [&](const Alias& a) {
      const std::string& module = s->kind == StmtKind::kImport ? a.name : s->name;
      const std::string& bound = a.as_name.empty() ? a.name : a.as_name;
      return is_typing(module) && a.name != "*" && !read_.contains(bound.substr(0, bound.find('.')));
    });
  }
  std::erase_if(module_.body, [](const StmtPtr& s) {
    return (s->kind == StmtKind::kImport || s->kind == StmtKind::kImportFrom) && s->aliases.empty();
  });
}

/// Marked names to %0, %1, … by first appearance.
std::string number_names(const std::string& text) {
  std::unordered_map<std::string, size_t> numbers;
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != kMark) {
      out += text[i];
      continue;
    }
    const size_t end = text.find(kMark, i + 1);
    const auto [it, fresh] = numbers.try_emplace(text.substr(i, end - i), numbers.size());
    out += "%" + std::to_string(it->second);
    i = end;
  }
  return out;
}

}  // namespace

std::string normal_form(std::string_view source, const std::string& file, const Limits& limits) {
  Module module = parse(source, file, limits);
  const Scopes scopes = resolve(module);
  Normaliser(module, scopes).run();
  return number_names(dump(module, {.annotations = false}));
}

}  // namespace gradus::syntax

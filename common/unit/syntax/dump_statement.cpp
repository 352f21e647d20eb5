#include "unit/syntax/dumper.h"

namespace gradus::syntax {

void Dumper::block(std::string_view name, const Body& body) {
  if (body.empty()) return;
  out += " (";
  out += name;
  for (const auto& s : body) out += ' ', statement(*s);
  close();
}

void Dumper::statement(const Stmt& s) {
  simple(s);
  close();
  span(s.span);
}

void Dumper::simple(const Stmt& s) {
  switch (s.kind) {
    case StmtKind::kExpr:
      return parts("expression", {&s.value});
    case StmtKind::kAssign:
    case StmtKind::kAugAssign:
    case StmtKind::kAnnAssign:
      return assignment(s);
    case StmtKind::kReturn:
      return parts("return", {&s.value});
    case StmtKind::kRaise:
      return parts("raise", {&s.value, &s.cause});
    case StmtKind::kAssert:
      return parts("assert", {&s.value, &s.cause});
    case StmtKind::kDelete:
      return listing("delete", s.targets);
    case StmtKind::kPass:
      return open("pass");
    case StmtKind::kBreak:
      return open("break");
    case StmtKind::kContinue:
      return open("continue");
    case StmtKind::kGlobal:
    case StmtKind::kNonlocal:
      open(s.kind == StmtKind::kGlobal ? "global" : "nonlocal");
      for (const auto& n : s.names) word(n);
      return;
    case StmtKind::kImport:
    case StmtKind::kImportFrom:
      return imports(s);
    default:
      return compound(s);
  }
}

void Dumper::assignment(const Stmt& s) {
  if (s.kind == StmtKind::kAssign) {
    listing("assign", s.targets);
  } else if (s.kind == StmtKind::kAugAssign) {
    open("augment");
    word(name_of(s.op));
    child(s.target);
  } else {
    open("annotated");
    word(std::to_string(s.level));
    child(s.target);
    annotation(s.annotation);
  }
  child(s.value);
}

void Dumper::imports(const Stmt& s) {
  open(s.kind == StmtKind::kImport ? "import" : "from");
  if (s.kind == StmtKind::kImportFrom) {
    word(std::to_string(s.level));
    word(s.name.empty() ? "()" : s.name);
  }
  for (const auto& a : s.aliases) {
    out += " (" + a.name + (a.as_name.empty() ? "" : " " + a.as_name) + ")";
    span(a.span);
  }
}

void Dumper::compound(const Stmt& s) {
  switch (s.kind) {
    case StmtKind::kIf:
      parts("if", {&s.value});
      return blocks(s);
    case StmtKind::kWhile:
      parts("while", {&s.value});
      return blocks(s);
    case StmtKind::kFor:
      parts("for", {&s.target, &s.value});
      return blocks(s);
    case StmtKind::kTry:
      open("try");
      return blocks(s);
    case StmtKind::kWith:
      open("with");
      for (const auto& item : s.with_items) {
        out += ' ';
        parts("item", {&item.context, &item.target});
        close();
      }
      return blocks(s);
    case StmtKind::kMatch:
      return match(s);
    default:
      return definition(s);
  }
}

void Dumper::blocks(const Stmt& s) {
  block("body", s.body);
  for (const auto& h : s.handlers) {
    out += ' ';
    parts("except", {&h.type});
    word(h.name.empty() ? "()" : h.name);
    block("body", h.body);
    close();
    span(h.span);
  }
  block("else", s.orelse);
  block("finally", s.final_body);
}

void Dumper::match(const Stmt& s) {
  parts("match", {&s.value});
  for (const auto& c : s.cases) {
    out += " (case ";
    pattern(*c.pattern);
    child(c.guard);
    block("body", c.body);
    close();
  }
}

void Dumper::definition(const Stmt& s) {
  open(s.kind == StmtKind::kFunction ? "def" : "class");
  word(s.name);
  if (!s.decorators.empty()) {
    out += " (decorators";
    child(s.decorators);
    close();
  }
  if (s.parameters) {
    parameters(*s.parameters);
    annotation(s.annotation);
  }
  child(s.items);
  keywords(s.keywords);
  block("body", s.body);
}

void Dumper::pattern(const Pattern& p) {
  pattern_body(p);
  close();
  span(p.span);
}

void Dumper::pattern_body(const Pattern& p) {
  constexpr const char* kNames[] = {"value", "singleton", "sequence", "mapping", "class", "star", "as", "or"};
  open(kNames[static_cast<int>(p.kind)]);
  if (p.value) child(p.value);
  if (p.pattern) out += ' ', pattern(*p.pattern);
  for (size_t i = 0; i < p.patterns.size(); ++i) {
    if (i < p.keys.size()) child(p.keys[i]);
    out += ' ';
    pattern(*p.patterns[i]);
  }
  for (size_t i = 0; i < p.keyword_names.size(); ++i) {
    word(p.keyword_names[i] + "=");
    pattern(*p.keyword_patterns[i]);
  }
  if (!p.name.empty()) word(p.name);
}

}  // namespace gradus::syntax

#include "unit/syntax/parse.h"

#include <algorithm>

#include "unit/syntax/parser.h"

namespace gradus::syntax {
namespace {

int height(const ExprPtr& e) { return e ? e->height : 0; }

int height(const Parameters& p) {
  int h = 0;
  const auto see = [&](const Parameter& x) { h = std::max({h, height(x.annotation), height(x.default_value)}); };
  for (const auto* list : {&p.positional_only, &p.positional, &p.keyword_only})
    for (const auto& x : *list) see(x);
  if (p.varargs) see(*p.varargs);
  if (p.kwargs) see(*p.kwargs);
  return h;
}

int height_of_children(const Expr& e) {
  int h = std::max({height(e.left), height(e.right), height(e.third), height(e.operand), height(e.format)});
  for (const auto& x : e.items) h = std::max(h, height(x));
  for (const auto& x : e.keys) h = std::max(h, height(x));
  for (const auto& k : e.keywords) h = std::max(h, height(k.value));
  for (const auto& c : e.clauses) {
    h = std::max({h, height(c.target), height(c.iterable)});
    for (const auto& x : c.conditions) h = std::max(h, height(x));
  }
  return e.parameters ? std::max(h, height(*e.parameters)) : h;
}

}  // namespace

bool Parser::take(std::string_view text) {
  if (!at(text)) return false;
  ++at_;
  return true;
}

void Parser::expect(std::string_view text) {
  if (take(text)) return;
  if (text == ":" && at("=")) fail_here("invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
  if (text == ":" && (at(TokenKind::kNewline) || at(TokenKind::kEnd))) fail_here("expected ':'");
  if (text == "in" || text == "import") {
    if (at(TokenKind::kNewline)) fail_here("expected '" + std::string(text) + "'");
  }
  fail_unexpected();
}

std::string Parser::identifier() {
  if (!at(TokenKind::kName)) fail_unexpected();
  std::string name(token().text);
  for (size_t i = name.find("\xC2\xB5"); i != std::string::npos; i = name.find("\xC2\xB5"))
    name.replace(i, 2, "\xCE\xBC");
  ++at_;
  return mangled(std::move(name));
}

std::string Parser::mangled(std::string name) const {
  if (classes_.empty() || !name.starts_with("__") || name.ends_with("__") || name.find('.') != std::string::npos)
    return name;
  const std::string& owner = classes_.back();
  const size_t first = owner.find_first_not_of('_');
  return first == std::string::npos ? name : "_" + owner.substr(first) + name;
}

Span Parser::span_from(Start start) const {
  size_t last = at_;
  while (last > start + 1 &&
         (tokens_[last - 1].kind == TokenKind::kNewline || tokens_[last - 1].kind == TokenKind::kIndent ||
          tokens_[last - 1].kind == TokenKind::kDedent))
    --last;
  const Span& first = tokens_[start].span;
  const Span& end = tokens_[std::max(start, last - 1)].span;
  return {first.line, first.column, end.end_line, end.end_column};
}

ExprPtr Parser::make(ExprKind kind) const {
  auto e = std::make_unique<Expr>();
  e->kind = kind;
  return e;
}

ExprPtr Parser::done(ExprPtr e, Start start) const {
  e->span = span_from(start);
  e->height = 1 + height_of_children(*e);
  if (e->height > limits_.height) fail_at(e->span, "too many operators in one expression: split it");
  return e;
}

StmtPtr Parser::make(StmtKind kind) const {
  auto s = std::make_unique<Stmt>();
  s->kind = kind;
  return s;
}

StmtPtr Parser::done(StmtPtr s, Start start) const {
  s->span = span_from(start);
  return s;
}

void Parser::fail_here(const std::string& message, const std::string& type) const {
  source_.fail(token().span, message, type);
}

/// CPython's order: an open bracket before the fault is the likelier cause; then indentation, async, print, commas.
void Parser::fail_unexpected() const {
  const Token& t = token();
  if (t.kind == TokenKind::kIndent) fail_here("unexpected indent", "IndentationError");
  if (t.is("async") || t.is("await"))
    fail_here("'" + std::string(t.text) + "' is not supported: units have no event loop");
  if (at_ > 0 && t.kind == TokenKind::kString && tokens_[at_ - 1].kind == TokenKind::kName &&
      tokens_[at_ - 1].text == "print")
    fail_at(tokens_[at_ - 1].span, "Missing parentheses in call to 'print'. Did you mean print(...)?");
  if (t.kind == TokenKind::kKeyword && at_ > 0 &&
      (tokens_[at_ - 1].is(".") || tokens_[at_ - 1].is("def") || tokens_[at_ - 1].is("class")))
    fail_here("invalid syntax: '" + std::string(t.text) + "' is a keyword and cannot be a name");
  std::vector<const Token*> open;
  for (size_t i = 0; i < at_; ++i) {
    if (tokens_[i].is("(") || tokens_[i].is("[") || tokens_[i].is("{"))
      open.push_back(&tokens_[i]);
    else if ((tokens_[i].is(")") || tokens_[i].is("]") || tokens_[i].is("}")) && !open.empty())
      open.pop_back();
  }
  const bool operand = t.kind == TokenKind::kName || t.kind == TokenKind::kNumber || t.kind == TokenKind::kString;
  const bool after_operand =
      at_ > 0 && (tokens_[at_ - 1].kind == TokenKind::kName || tokens_[at_ - 1].kind == TokenKind::kNumber ||
                  tokens_[at_ - 1].is(")") || tokens_[at_ - 1].is("]"));
  if (!open.empty() && operand && after_operand) {
    const Span& before = tokens_[at_ - 1].span;
    fail_at({before.line, before.column, t.span.line, t.span.end_column},
            "invalid syntax. Perhaps you forgot a comma?");
  }
  if (!open.empty() && t.span.line > open.back()->span.line && at("="))
    fail_at(open.back()->span, "'" + std::string(open.back()->text) + "' was never closed");
  fail_here("invalid syntax");
}

Body Parser::file() {
  Body body;
  while (!at(TokenKind::kEnd)) statement(body);
  return body;
}

ExprPtr Parser::lone_expression() {
  ExprPtr e = star_expressions();
  while (at(TokenKind::kNewline)) ++at_;
  if (!at(TokenKind::kEnd)) fail_unexpected();
  return e;
}

ExprPtr Parser::field() {
  ExprPtr e = inside_group(at_, "");
  if (!at(TokenKind::kEnd)) fail_here("f-string: invalid syntax");
  return e;
}

Module parse(std::string_view bytes, std::string file, const Limits& limits) {
  Source source(bytes, std::move(file), limits.source_bytes);
  Module module;
  module.body = Parser(source, limits, Lexer(source, limits.nesting).run()).file();
  module.file = std::move(source.file);
  module.lines = std::move(source.lines);
  return module;
}

ExprPtr parse_expression(std::string_view bytes, std::string file, const Limits& limits) {
  const Source source(bytes, std::move(file), limits.source_bytes);
  return Parser(source, limits, Lexer(source, limits.nesting).run()).lone_expression();
}

}  // namespace gradus::syntax

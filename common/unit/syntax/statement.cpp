#include "unit/syntax/parser.h"

namespace gradus::syntax {
namespace {

std::optional<Op> augmented_operator(const Token& t) {
  constexpr std::pair<std::string_view, Op> kOperators[] = {
      {"+=", Op::kAdd},        {"-=", Op::kSub},         {"*=", Op::kMul},   {"@=", Op::kMatMul},
      {"/=", Op::kDiv},        {"//=", Op::kFloorDiv},   {"%=", Op::kMod},   {"**=", Op::kPow},
      {"<<=", Op::kLeftShift}, {">>=", Op::kRightShift}, {"|=", Op::kBitOr}, {"^=", Op::kBitXor},
      {"&=", Op::kBitAnd}};
  if (t.kind != TokenKind::kOperator) return std::nullopt;
  for (const auto& [text, op] : kOperators)
    if (t.text == text) return op;
  return std::nullopt;
}

}  // namespace

void Parser::statement(Body& body) {
  if (at(TokenKind::kNewline)) {  // only behind a comment or a line continuation
    ++at_;
    return;
  }
  if (at(TokenKind::kIndent)) fail_here("unexpected indent", "IndentationError");
  if (!compound_statement(body)) simple_statements(body);
}

/// `a; b; c` and the end of the line.
void Parser::simple_statements(Body& body) {
  do body.push_back(simple_statement());
  while (take(";") && !at(TokenKind::kNewline));
  if (!at(TokenKind::kNewline)) fail_unexpected();
  ++at_;
}

StmtPtr Parser::simple_statement() {
  const Start start = at_;
  if (token().kind != TokenKind::kKeyword) return expression_statement();
  constexpr std::pair<std::string_view, StmtKind> kBare[] = {
      {"pass", StmtKind::kPass}, {"break", StmtKind::kBreak}, {"continue", StmtKind::kContinue}};
  for (const auto& [text, kind] : kBare)
    if (take(text)) return done(make(kind), start);
  if (at("return")) return return_statement();
  if (at("import")) return import_statement();
  if (at("from")) return from_statement();
  if (at("raise")) return raise_statement();
  if (at("assert")) return assert_statement();
  if (at("del")) return delete_statement();
  if (at("global")) return scope_statement(StmtKind::kGlobal);
  if (at("nonlocal")) return scope_statement(StmtKind::kNonlocal);
  return expression_statement();
}

StmtPtr Parser::expression_statement() {
  const Start start = at_;
  ExprPtr first = yield_or_star_expressions();
  if (at(":")) return annotated_assignment(std::move(first), start);
  if (at("=")) return assignment(std::move(first), start);
  if (const auto op = augmented_operator(token())) {
    const bool valid =
        first->kind == ExprKind::kName || first->kind == ExprKind::kAttribute || first->kind == ExprKind::kSubscript;
    if (!valid) fail_at(first->span, "'" + describe(*first) + "' is an illegal expression for augmented assignment");
    ++at_;
    StmtPtr s = make(StmtKind::kAugAssign);
    s->op = *op;
    s->target = std::move(first);
    s->value = yield_or_star_expressions();
    return done(std::move(s), start);
  }
  if (at(":=")) fail_unexpected();
  if (first->kind == ExprKind::kStarred) fail_at(first->span, "can't use starred expression here");
  StmtPtr s = make(StmtKind::kExpr);
  s->value = std::move(first);
  return done(std::move(s), start);
}

StmtPtr Parser::annotated_assignment(ExprPtr target, Start start) {
  if (target->kind == ExprKind::kTuple || target->kind == ExprKind::kList)
    fail_at(target->span, "only single target (not " + describe(*target) + ") can be annotated");
  if (target->kind != ExprKind::kName && target->kind != ExprKind::kAttribute && target->kind != ExprKind::kSubscript) {
    if (token(1).kind == TokenKind::kNewline) fail_unexpected();
    fail_at(target->span, "illegal target for annotation");
  }
  check_target(*target, "assign to");
  expect(":");
  StmtPtr s = make(StmtKind::kAnnAssign);
  s->level = target->kind == ExprKind::kName && tokens_[start].kind == TokenKind::kName;
  s->target = std::move(target);
  s->annotation = expression();
  if (take("=")) s->value = yield_or_star_expressions();
  return done(std::move(s), start);
}

StmtPtr Parser::assignment(ExprPtr first, Start start) {
  StmtPtr s = make(StmtKind::kAssign);
  ExprPtr value = std::move(first);
  while (at("=")) {
    if (value->kind == ExprKind::kYield || value->kind == ExprKind::kYieldFrom)
      fail_at(value->span, "assignment to yield expression not possible");
    check_target(*value, "assign to");
    ++at_;
    s->targets.push_back(std::move(value));
    value = yield_or_star_expressions();
  }
  if (augmented_operator(token())) fail_unexpected();
  if (value->kind == ExprKind::kStarred) fail_at(value->span, "can't use starred expression here");
  s->value = std::move(value);
  return done(std::move(s), start);
}

StmtPtr Parser::return_statement() {
  const Start start = at_++;
  StmtPtr s = make(StmtKind::kReturn);
  if (!at(TokenKind::kNewline) && !at(";")) s->value = star_expressions();
  if (s->value && s->value->kind == ExprKind::kStarred) fail_at(s->value->span, "can't use starred expression here");
  return done(std::move(s), start);
}

StmtPtr Parser::delete_statement() {
  const Start start = at_++;
  StmtPtr s = make(StmtKind::kDelete);
  do {
    ExprPtr target = star_expression();
    check_target(*target, "delete");
    s->targets.push_back(std::move(target));
  } while (take(",") && (at_expression() || at("*")));
  return done(std::move(s), start);
}

StmtPtr Parser::raise_statement() {
  const Start start = at_++;
  StmtPtr s = make(StmtKind::kRaise);
  if (!at(TokenKind::kNewline) && !at(";")) {
    s->value = expression();
    if (take("from")) s->cause = expression();
  }
  return done(std::move(s), start);
}

StmtPtr Parser::assert_statement() {
  const Start start = at_++;
  StmtPtr s = make(StmtKind::kAssert);
  s->value = expression();
  if (take(",")) s->cause = expression();
  return done(std::move(s), start);
}

StmtPtr Parser::scope_statement(StmtKind kind) {
  const Start start = at_++;
  StmtPtr s = make(kind);
  do s->names.push_back(identifier());
  while (take(","));
  return done(std::move(s), start);
}

std::string Parser::dotted_name() {
  std::string name = identifier();
  while (take(".")) name += "." + identifier();
  return name;
}

StmtPtr Parser::import_statement() {
  const Start start = at_++;
  StmtPtr s = make(StmtKind::kImport);
  do {
    const Start first = at_;
    Alias a;
    a.name = dotted_name();
    if (take("as")) a.as_name = identifier();
    a.span = span_from(first);
    s->aliases.push_back(std::move(a));
  } while (take(","));
  return done(std::move(s), start);
}

StmtPtr Parser::from_statement() {
  const Start start = at_++;
  StmtPtr s = make(StmtKind::kImportFrom);
  while (at(".") || at("...")) s->level += static_cast<int>(tokens_[at_++].text.size());
  if (!at("import") || s->level == 0) s->name = dotted_name();
  expect("import");
  if (at("*")) {
    Alias all;
    all.name = "*";
    all.span = span_from(at_++);
    s->aliases.push_back(std::move(all));
    return done(std::move(s), start);
  }
  const bool brackets = take("(");
  do {
    const Start first = at_;
    Alias a;
    a.name = identifier();
    if (take("as")) a.as_name = identifier();
    a.span = span_from(first);
    s->aliases.push_back(std::move(a));
    if (!brackets && at(",") && token(1).kind == TokenKind::kNewline)
      fail_here("trailing comma not allowed without surrounding parentheses");
  } while (take(",") && !(brackets && at(")")));
  if (brackets) expect(")");
  return done(std::move(s), start);
}

}  // namespace gradus::syntax

#include "unit/syntax/parser.h"

namespace gradus::syntax {

PatternPtr Parser::make(PatternKind kind) const {
  auto p = std::make_unique<Pattern>();
  p->kind = kind;
  return p;
}

PatternPtr Parser::done(PatternPtr p, Start start) const {
  p->span = span_from(start);
  return p;
}

/// `match` is a name unless its line ends in a colon and a block that begins with `case` follows.
bool Parser::at_match_statement() const {
  if (!at_soft("match") || token(1).kind == TokenKind::kNewline) return false;
  size_t i = at_ + 1;
  while (tokens_[i].kind != TokenKind::kNewline && tokens_[i].kind != TokenKind::kEnd) ++i;
  return i > at_ + 2 && tokens_[i - 1].is(":") && i + 2 < tokens_.size() && tokens_[i + 1].kind == TokenKind::kIndent &&
         tokens_[i + 2].text == "case";
}

StmtPtr Parser::match_statement() {
  const Nest nest(*this);
  const Start start = at_++;
  StmtPtr s = make(StmtKind::kMatch);
  const Start subject = at_;
  ExprPtr first = star_named_expression();
  if (at(",") || first->kind == ExprKind::kStarred) {
    ExprPtr tuple = make(ExprKind::kTuple);
    tuple->items.push_back(std::move(first));
    if (!at(",")) fail_at(tuple->items[0]->span, "can't use starred expression here");
    while (take(",") && !at(":")) tuple->items.push_back(star_named_expression());
    first = done(std::move(tuple), subject);
  }
  s->value = std::move(first);
  expect(":");
  at_ += 2;  // the line's end and the indentation: at_match_statement() saw them
  while (!at(TokenKind::kDedent)) {
    if (!at_soft("case")) fail_unexpected();
    s->cases.push_back(match_case());
  }
  ++at_;
  return done(std::move(s), start);
}

MatchCase Parser::match_case() {
  const int line = token().span.line;
  ++at_;
  MatchCase c;
  c.pattern = open_pattern();
  if (take("if")) c.guard = named_expression();
  expect(":");
  c.body = block("'case' statement", line);
  return c;
}

/// A pattern, or a sequence of them without brackets.
PatternPtr Parser::open_pattern() {
  const Start start = at_;
  PatternPtr first = maybe_star_pattern();
  if (!at(",")) {
    if (first->kind == PatternKind::kStar) fail_unexpected();
    return first;
  }
  PatternPtr p = make(PatternKind::kSequence);
  p->patterns.push_back(std::move(first));
  while (take(",") && !at(":") && !at("if")) p->patterns.push_back(maybe_star_pattern());
  return done(std::move(p), start);
}

PatternPtr Parser::maybe_star_pattern() {
  if (!at("*")) return as_pattern();
  const Start start = at_++;
  PatternPtr p = make(PatternKind::kStar);
  p->name = identifier();
  if (p->name == "_") p->name.clear();
  return done(std::move(p), start);
}

PatternPtr Parser::as_pattern() {
  const Nest nest(*this);
  const Start start = at_;
  PatternPtr inner = or_pattern();
  if (!take("as")) return inner;
  if (at_soft("_")) fail_here("cannot use '_' as a target");
  PatternPtr p = make(PatternKind::kAs);
  p->pattern = std::move(inner);
  p->name = identifier();
  if (at(".") || at("(")) fail_at(span_from(at_ - 1), "invalid pattern target");
  return done(std::move(p), start);
}

PatternPtr Parser::or_pattern() {
  const Start start = at_;
  PatternPtr first = closed_pattern();
  if (!at("|")) return first;
  PatternPtr p = make(PatternKind::kOr);
  p->patterns.push_back(std::move(first));
  while (take("|")) p->patterns.push_back(closed_pattern());
  return done(std::move(p), start);
}

PatternPtr Parser::closed_pattern() {
  const Start start = at_;
  if (at(TokenKind::kName)) return name_pattern();
  if (at("[")) {
    ++at_;
    PatternPtr p = sequence_pattern("]");
    return done(std::move(p), start);
  }
  if (at("{")) return mapping_pattern();
  if (!at("(")) return literal_pattern();
  ++at_;
  PatternPtr p = sequence_pattern(")");
  const bool group = p->patterns.size() == 1 && !tokens_[at_ - 2].is(",") && p->patterns[0]->kind != PatternKind::kStar;
  return group ? std::move(p->patterns[0]) : done(std::move(p), start);
}

/// Patterns and the closing bracket; not yet done().
PatternPtr Parser::sequence_pattern(std::string_view close) {
  PatternPtr p = make(PatternKind::kSequence);
  while (!at(close)) {
    p->patterns.push_back(maybe_star_pattern());
    if (!take(",")) break;
  }
  expect(close);
  return p;
}

/// A capture, `_`, a dotted value or a class.
PatternPtr Parser::name_pattern() {
  const Start start = at_;
  if (at_soft("_") || (!token(1).is(".") && !token(1).is("("))) {
    PatternPtr p = make(PatternKind::kAs);
    p->name = identifier();
    if (p->name == "_") p->name.clear();
    return done(std::move(p), start);
  }
  ExprPtr e = make(ExprKind::kName);
  e->text = identifier();
  e = done(std::move(e), start);
  while (take(".")) {
    ExprPtr outer = make(ExprKind::kAttribute);
    outer->text = identifier();
    outer->operand = std::move(e);
    e = done(std::move(outer), start);
  }
  PatternPtr p = make(at("(") ? PatternKind::kClass : PatternKind::kValue);
  p->value = std::move(e);
  if (take("(")) class_pattern(*p);
  return done(std::move(p), start);
}

/// Behind the opening bracket.
void Parser::class_pattern(Pattern& p) {
  while (!at(")")) {
    if (at(TokenKind::kName) && token(1).is("=")) {
      std::string name(token().text);
      for (const auto& n : p.keyword_names)
        if (n == name) fail_here("attribute name repeated in class pattern: " + name);
      at_ += 2;
      p.keyword_names.push_back(std::move(name));
      p.keyword_patterns.push_back(as_pattern());
    } else {
      if (!p.keyword_names.empty()) fail_here("positional patterns follow keyword patterns");
      p.patterns.push_back(as_pattern());
    }
    if (!take(",")) break;
  }
  expect(")");
}

/// A number with its sign, or `real ± imaginary`.
ExprPtr Parser::number_literal() {
  const Start start = at_;
  const auto signed_number = [&](bool may_sign) {
    const Start first = at_;
    const bool minus = may_sign && take("-");
    if (!at(TokenKind::kNumber)) fail_unexpected();
    const Start digits = at_;
    ExprPtr e = decode_number(source_, token());
    ++at_;
    e = done(std::move(e), digits);
    if (!minus) return e;
    ExprPtr u = make(ExprKind::kUnary);
    u->op = Op::kMinus;
    u->operand = std::move(e);
    return done(std::move(u), first);
  };
  const auto is_imaginary = [](const Expr& e) {
    return e.kind == ExprKind::kImaginary || (e.operand && e.operand->kind == ExprKind::kImaginary);
  };
  ExprPtr real = signed_number(true);
  if (!at("+") && !at("-")) return real;
  if (is_imaginary(*real)) fail_at(real->span, "real number required in complex literal");
  ExprPtr e = make(ExprKind::kBinary);
  e->op = take("+") ? Op::kAdd : (++at_, Op::kSub);
  e->left = std::move(real);
  e->right = signed_number(false);
  if (!is_imaginary(*e->right)) fail_at(e->right->span, "imaginary number required in complex literal");
  return done(std::move(e), start);
}

PatternPtr Parser::literal_pattern() {
  const Start start = at_;
  const bool singleton = at("None") || at("True") || at("False");
  PatternPtr p = make(singleton ? PatternKind::kSingleton : PatternKind::kValue);
  if (singleton)
    p->value = atom();
  else if (at(TokenKind::kString))
    p->value = strings();
  else if (at("-") || at(TokenKind::kNumber))
    p->value = number_literal();
  else
    fail_unexpected();
  if (p->value->kind == ExprKind::kFString)
    fail_at(p->value->span, "patterns may only match literals and attribute lookups");
  return done(std::move(p), start);
}

PatternPtr Parser::mapping_pattern() {
  const Start start = at_;
  expect("{");
  PatternPtr p = make(PatternKind::kMapping);
  while (!at("}")) {
    if (!p->name.empty()) fail_here("double star pattern must be the last");
    if (take("**")) {
      if (at_soft("_")) fail_unexpected();
      p->name = identifier();
    } else {
      PatternPtr key = at(TokenKind::kName) ? name_pattern() : literal_pattern();
      if (key->kind != PatternKind::kValue && key->kind != PatternKind::kSingleton)
        fail_at(key->span, "mapping pattern keys may only match literals and attribute lookups");
      p->keys.push_back(std::move(key->value));
      expect(":");
      p->patterns.push_back(as_pattern());
    }
    if (!take(",")) break;
  }
  expect("}");
  return done(std::move(p), start);
}

}  // namespace gradus::syntax

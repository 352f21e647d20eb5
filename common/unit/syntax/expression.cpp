#include "unit/syntax/parser.h"

namespace gradus::syntax {
namespace {

struct BinaryOperator {
  std::string_view text;
  Op op;
  int level;
};
// Loosest first; all but ** (see power()) associate to the left.
constexpr BinaryOperator kBinary[] = {{"|", Op::kBitOr, 0},      {"^", Op::kBitXor, 1},      {"&", Op::kBitAnd, 2},
                                      {"<<", Op::kLeftShift, 3}, {">>", Op::kRightShift, 3}, {"+", Op::kAdd, 4},
                                      {"-", Op::kSub, 4},        {"*", Op::kMul, 5},         {"/", Op::kDiv, 5},
                                      {"//", Op::kFloorDiv, 5},  {"%", Op::kMod, 5},         {"@", Op::kMatMul, 5}};
constexpr int kBitOrLevel = 0, kLevels = 6;

const BinaryOperator* find_binary(const Token& t) {
  if (t.kind != TokenKind::kOperator) return nullptr;
  for (const auto& b : kBinary)
    if (b.text == t.text) return &b;
  return nullptr;
}

}  // namespace

bool Parser::at_expression() const {
  switch (token().kind) {
    case TokenKind::kName:
    case TokenKind::kNumber:
    case TokenKind::kString:
      return true;
    case TokenKind::kKeyword:
      return at("None") || at("True") || at("False") || at("not") || at("lambda") || at("await") || at("yield");
    case TokenKind::kOperator:
      return at("(") || at("[") || at("{") || at("-") || at("+") || at("~") || at("...");
    default:
      return false;
  }
}

ExprPtr Parser::starred() {
  const Start start = at_;
  expect("*");
  ExprPtr e = make(ExprKind::kStarred);
  e->operand = binary(kBitOrLevel);
  return done(std::move(e), start);
}

ExprPtr Parser::star_expressions() {
  const Start start = at_;
  ExprPtr first = star_expression();
  if (!at(",")) return first;
  ExprPtr tuple = make(ExprKind::kTuple);
  tuple->items.push_back(std::move(first));
  while (take(",")) {
    if (!at_expression() && !at("*")) break;
    tuple->items.push_back(star_expression());
  }
  return done(std::move(tuple), start);
}

ExprPtr Parser::star_expression() { return at("*") ? starred() : expression(); }
ExprPtr Parser::star_named_expression() { return at("*") ? starred() : named_expression(); }

ExprPtr Parser::yield_or_star_expressions() { return at("yield") ? yield_expression() : star_expressions(); }

ExprPtr Parser::named_expression() {
  const Start start = at_;
  if (at(TokenKind::kName) && token(1).is(":=")) {
    ExprPtr e = make(ExprKind::kNamedExpr);
    e->text = identifier();
    ++at_;
    e->operand = expression();
    return done(std::move(e), start);
  }
  ExprPtr e = expression();
  if (at(":=")) fail_at(e->span, "cannot use assignment expressions with " + describe(*e));
  return e;
}

ExprPtr Parser::expression() {
  const Nest nest(*this);
  if (at("lambda")) return lambda();
  const Start start = at_;
  ExprPtr value = disjunction();
  if (!at("if")) return value;
  ++at_;
  ExprPtr e = make(ExprKind::kConditional);
  e->left = std::move(value);
  e->operand = disjunction();
  if (!at("else")) fail_at(span_from(start), "expected 'else' after 'if' expression");
  ++at_;
  e->right = expression();
  return done(std::move(e), start);
}

ExprPtr Parser::yield_expression() {
  const Start start = at_;
  expect("yield");
  if (take("from")) {
    ExprPtr e = make(ExprKind::kYieldFrom);
    e->operand = expression();
    return done(std::move(e), start);
  }
  ExprPtr e = make(ExprKind::kYield);
  if (at_expression() || at("*")) e->operand = star_expressions();
  return done(std::move(e), start);
}

ExprPtr Parser::lambda() {
  const Start start = at_;
  expect("lambda");
  ExprPtr e = make(ExprKind::kLambda);
  e->parameters = parameters(":", false);
  expect(":");
  e->left = expression();
  return done(std::move(e), start);
}

ExprPtr Parser::disjunction() {
  const Start start = at_;
  ExprPtr first = conjunction();
  if (!at("or")) return first;
  ExprPtr e = make(ExprKind::kBoolean);
  e->op = Op::kOr;
  e->items.push_back(std::move(first));
  while (take("or")) e->items.push_back(conjunction());
  return done(std::move(e), start);
}

ExprPtr Parser::conjunction() {
  const Start start = at_;
  ExprPtr first = inversion();
  if (!at("and")) return first;
  ExprPtr e = make(ExprKind::kBoolean);
  e->op = Op::kAnd;
  e->items.push_back(std::move(first));
  while (take("and")) e->items.push_back(inversion());
  return done(std::move(e), start);
}

ExprPtr Parser::inversion() {
  if (!at("not")) return comparison();
  const Nest nest(*this);
  const Start start = at_++;
  ExprPtr e = make(ExprKind::kUnary);
  e->op = Op::kNot;
  e->operand = inversion();
  return done(std::move(e), start);
}

std::optional<Op> Parser::comparison_operator() {
  constexpr std::pair<std::string_view, Op> kSimple[] = {
      {"==", Op::kEqual},  {"!=", Op::kNotEqual},     {"<", Op::kLess}, {"<=", Op::kLessEqual},
      {">", Op::kGreater}, {">=", Op::kGreaterEqual}, {"in", Op::kIn}};
  for (const auto& [text, op] : kSimple)
    if (take(text)) return op;
  if (take("is")) return take("not") ? Op::kIsNot : Op::kIs;
  if (at("not") && token(1).is("in")) {
    at_ += 2;
    return Op::kNotIn;
  }
  return std::nullopt;
}

ExprPtr Parser::comparison() {
  const Start start = at_;
  ExprPtr first = binary(kBitOrLevel);
  std::optional<Op> op = comparison_operator();
  if (!op) return first;
  ExprPtr e = make(ExprKind::kCompare);
  e->left = std::move(first);
  for (; op; op = comparison_operator()) {
    e->ops.push_back(*op);
    e->items.push_back(binary(kBitOrLevel));
  }
  return done(std::move(e), start);
}

ExprPtr Parser::binary(int least) {
  const Start start = at_;
  ExprPtr left = unary();
  for (const auto* b = find_binary(token()); b != nullptr && b->level >= least; b = find_binary(token())) {
    ++at_;
    ExprPtr e = make(ExprKind::kBinary);
    e->op = b->op;
    e->left = std::move(left);
    e->right = b->level + 1 < kLevels ? binary(b->level + 1) : unary();
    left = done(std::move(e), start);
  }
  return left;
}

ExprPtr Parser::unary() {
  const Op op = at("-") ? Op::kMinus : at("+") ? Op::kPlus : Op::kInvert;
  if (!at("-") && !at("+") && !at("~")) return power();
  const Nest nest(*this);
  const Start start = at_++;
  ExprPtr e = make(ExprKind::kUnary);
  e->op = op;
  e->operand = unary();
  return done(std::move(e), start);
}

ExprPtr Parser::power() {
  const Start start = at_;
  ExprPtr base = primary();
  if (!take("**")) return base;
  const Nest nest(*this);
  ExprPtr e = make(ExprKind::kBinary);
  e->op = Op::kPow;
  e->left = std::move(base);
  e->right = unary();
  return done(std::move(e), start);
}

}  // namespace gradus::syntax

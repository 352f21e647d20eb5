#include "unit/syntax/parser.h"

namespace gradus::syntax {

std::string describe(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kNone:
      return "None";
    case ExprKind::kTrue:
      return "True";
    case ExprKind::kFalse:
      return "False";
    case ExprKind::kEllipsis:
      return "ellipsis";
    case ExprKind::kInteger:
    case ExprKind::kFloat:
    case ExprKind::kImaginary:
    case ExprKind::kString:
    case ExprKind::kBytes:
      return "literal";
    case ExprKind::kFString:
    case ExprKind::kFormatted:
      return "f-string expression";
    case ExprKind::kName:
      return "name";
    case ExprKind::kTuple:
      return "tuple";
    case ExprKind::kList:
      return "list";
    case ExprKind::kSet:
      return "set display";
    case ExprKind::kDict:
      return "dict literal";
    case ExprKind::kBinary:
    case ExprKind::kUnary:
    case ExprKind::kBoolean:
      return "expression";
    case ExprKind::kCompare:
      return "comparison";
    case ExprKind::kCall:
      return "function call";
    case ExprKind::kAttribute:
      return "attribute";
    case ExprKind::kSubscript:
    case ExprKind::kSlice:
      return "subscript";
    case ExprKind::kStarred:
      return "starred";
    case ExprKind::kLambda:
      return "lambda";
    case ExprKind::kConditional:
      return "conditional expression";
    case ExprKind::kNamedExpr:
      return "named expression";
    case ExprKind::kListComp:
      return "list comprehension";
    case ExprKind::kSetComp:
      return "set comprehension";
    case ExprKind::kDictComp:
      return "dict comprehension";
    case ExprKind::kGenerator:
      return "generator expression";
    case ExprKind::kYield:
    case ExprKind::kYieldFrom:
      return "yield expression";
  }
  return "expression";
}

/// `verb` is "assign to" or "delete".
void Parser::check_target(const Expr& e, const std::string& verb, bool in_sequence) const {
  switch (e.kind) {
    case ExprKind::kName:
      if (e.text == "__debug__") fail_at(e.span, "cannot " + verb + " __debug__");
      return;
    case ExprKind::kAttribute:
    case ExprKind::kSubscript:
      return;
    case ExprKind::kTuple:
    case ExprKind::kList: {
      int stars = 0;
      for (const auto& item : e.items) {
        check_target(*item, verb, true);
        if (item->kind == ExprKind::kStarred && ++stars > 1)
          fail_at(e.span, "multiple starred expressions in assignment");
      }
      return;
    }
    case ExprKind::kStarred:
      if (verb == "delete") fail_at(e.span, "cannot delete starred");
      if (!in_sequence) fail_at(e.span, "starred assignment target must be in a list or tuple");
      return check_target(*e.operand, verb);
    default:
      break;
  }
  std::string message = "cannot " + verb + " " + describe(e);
  const bool constant = e.kind == ExprKind::kNone || e.kind == ExprKind::kTrue || e.kind == ExprKind::kFalse;
  if (verb == "assign to" && !in_sequence && !constant && e.kind != ExprKind::kGenerator && at("="))
    message += " here. Maybe you meant '==' instead of '='?";
  fail_at(e.span, message);
}

Parameter Parser::parameter(bool annotated, bool star_annotation, bool may_default) {
  const Start start = at_;
  Parameter p;
  p.name = identifier();
  if (annotated && take(":")) p.annotation = star_annotation && at("*") ? starred() : expression();
  p.span = span_from(start);
  if (at("=") && !may_default) fail_here("var-positional and var-keyword arguments cannot have default values");
  if (take("=")) p.default_value = expression();
  return p;
}

/// At `*`.
void Parser::star_parameter(Parameters& p, bool annotated, std::string_view close) {
  expect("*");
  if (at(TokenKind::kName)) {
    p.varargs = std::make_unique<Parameter>(parameter(annotated, true, false));
    return;
  }
  if (!at(",") && !at(close)) fail_unexpected();
  if (at(close) || token(1).is(close) || token(1).is("**")) fail_here("named arguments must follow bare *");
}

std::unique_ptr<Parameters> Parser::parameters(std::string_view close, bool annotated) {
  auto p = std::make_unique<Parameters>();
  bool star = false, slash = false;
  while (!at(close)) {
    if (p->kwargs) fail_here("arguments cannot follow var-keyword argument");
    if (at("*")) {
      if (star) fail_here("* argument may appear only once");
      star = true;
      star_parameter(*p, annotated, close);
    } else if (take("**")) {
      p->kwargs = std::make_unique<Parameter>(parameter(annotated, false, false));
    } else if (at("/")) {
      if (slash) fail_here("/ may appear only once");
      if (star) fail_here("/ must be ahead of *");
      if (p->positional.empty()) fail_here("at least one argument must precede /");
      slash = true;
      ++at_;
      p->positional_only = std::move(p->positional);
      p->positional.clear();
    } else {
      Parameter x = parameter(annotated, false, true);
      const auto& before = p->positional.empty() ? p->positional_only : p->positional;
      if (!star && !x.default_value && !before.empty() && before.back().default_value)
        fail_at(x.span, "non-default argument follows default argument");
      (star ? p->keyword_only : p->positional).push_back(std::move(x));
    }
    if (!take(",")) break;
  }
  if (!at(close)) fail_unexpected();
  return p;
}

}  // namespace gradus::syntax

#include <charconv>

#include "unit/syntax/dumper.h"

namespace gradus::syntax {
namespace {

constexpr const char* kOpNames[] = {"+",  "-", "*",  "@",  "/",      "//", "%",      "**",  "<<", ">>",
                                    "|",  "^", "&",  "u~", "not",    "u+", "u-",     "==",  "!=", "<",
                                    "<=", ">", ">=", "is", "is-not", "in", "not-in", "and", "or"};

}  // namespace

const char* name_of(Op op) { return kOpNames[static_cast<int>(op)]; }

void Dumper::span(const Span& s) {
  if (!style_.spans || in_format_ > 0) return;
  out += '@' + std::to_string(s.line) + ':' + std::to_string(s.column) + '-' + std::to_string(s.end_line) + ':' +
         std::to_string(s.end_column);
}

void Dumper::text(std::string_view s) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : s) {
    const auto u = static_cast<unsigned char>(c);
    if (u >= 0x20 && u < 0x7F && c != '"' && c != '\\')
      out += c;
    else
      out += {'\\', 'x', kHex[u >> 4], kHex[u & 15]};
  }
  out += '"';
}

/// 17 significant digits as C's %.17g: enough to tell every double.
void Dumper::number(double v) {
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::general, 17).ptr;
  out.append(buffer, end);
}

void Dumper::expression(const Expr& e) {
  const bool format = e.kind == ExprKind::kFString;
  in_format_ += format;
  atom(e);
  in_format_ -= format;
  span(e.span);
}

void Dumper::atom(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kNone:
      out += "None";
      return;
    case ExprKind::kTrue:
      out += "True";
      return;
    case ExprKind::kFalse:
      out += "False";
      return;
    case ExprKind::kEllipsis:
      out += "...";
      return;
    case ExprKind::kInteger:
    case ExprKind::kName:
      out += e.text;
      return;
    case ExprKind::kString:
      text(e.text);
      return;
    case ExprKind::kBytes:
      out += 'b';
      text(e.text);
      return;
    case ExprKind::kFloat:
    case ExprKind::kImaginary:
      out += e.kind == ExprKind::kFloat ? "(float " : "(imaginary ";
      number(e.number);
      close();
      return;
    default:
      composite(e);
  }
}

/// `(word item item …`
void Dumper::listing(std::string_view w, const std::vector<ExprPtr>& items) {
  open(w);
  child(items);
}

void Dumper::parts(std::string_view w, std::initializer_list<const ExprPtr*> children) {
  open(w);
  for (const ExprPtr* e : children) child(*e);
}

void Dumper::composite(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kFString:
      listing("fstring", e.items);
      break;
    case ExprKind::kTuple:
      listing("tuple", e.items);
      break;
    case ExprKind::kList:
      listing("list", e.items);
      break;
    case ExprKind::kSet:
      listing("set", e.items);
      break;
    case ExprKind::kStarred:
      parts("star", {&e.operand});
      break;
    case ExprKind::kYield:
      parts("yield", {&e.operand});
      break;
    case ExprKind::kYieldFrom:
      parts("yield-from", {&e.operand});
      break;
    case ExprKind::kSubscript:
      parts("[]", {&e.operand, &e.left});
      break;
    case ExprKind::kSlice:
      parts(":", {&e.left, &e.right, &e.third});
      break;
    case ExprKind::kConditional:
      parts("if", {&e.operand, &e.left, &e.right});
      break;
    default:
      e.clauses.empty() ? operators(e) : comprehension(e);
  }
  close();
}

void Dumper::comprehension(const Expr& e) {
  const bool list = e.kind == ExprKind::kListComp, set = e.kind == ExprKind::kSetComp;
  if (e.kind == ExprKind::kDictComp)
    parts("dictcomp", {&e.left, &e.right});
  else
    parts(list ? "listcomp" : set ? "setcomp" : "generator", {&e.left});
  for (const auto& c : e.clauses) {
    out += ' ';
    parts("for", {&c.target, &c.iterable});
    child(c.conditions);
    close();
  }
}

void Dumper::operators(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kBinary:
      return parts(name_of(e.op), {&e.left, &e.right});
    case ExprKind::kUnary:
      return parts(name_of(e.op), {&e.operand});
    case ExprKind::kBoolean:
      return listing(name_of(e.op), e.items);
    case ExprKind::kCompare:
      parts("compare", {&e.left});
      for (size_t i = 0; i < e.ops.size(); ++i) word(name_of(e.ops[i])), child(e.items[i]);
      return;
    case ExprKind::kDict:
      open("dict");
      for (size_t i = 0; i < e.items.size(); ++i) child(e.keys[i]), child(e.items[i]);
      return;
    default:
      return others(e);
  }
}

void Dumper::others(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kFormatted:
      parts("format", {&e.operand});
      word(e.conversion ? std::string_view(&e.conversion, 1) : std::string_view("-"));
      return child(e.format);
    case ExprKind::kCall:
      parts("call", {&e.operand});
      child(e.items);
      return keywords(e.keywords);
    case ExprKind::kAttribute:
      parts(".", {&e.operand});
      return word(e.text);
    case ExprKind::kLambda:
      open("lambda");
      parameters(*e.parameters);
      return child(e.left);
    default:  // kNamedExpr
      open(":=");
      word(e.text);
      return child(e.operand);
  }
}

void Dumper::keywords(const std::vector<Keyword>& list) {
  for (const auto& k : list) {
    out += " (= ";
    out += k.name.empty() ? "**" : k.name;
    child(k.value);
    close();
    span(k.span);
  }
}

void Dumper::parameter(const Parameter& p, std::string_view stars) {
  out += " (";
  out += stars;
  out += p.name;
  annotation(p.annotation);
  child(p.default_value);
  close();
  span(p.span);
}

void Dumper::parameters(const Parameters& p) {
  out += " (parameters";
  for (const auto& x : p.positional_only) parameter(x, "");
  if (!p.positional_only.empty()) word("/");
  for (const auto& x : p.positional) parameter(x, "");
  if (p.varargs)
    parameter(*p.varargs, "*");
  else if (!p.keyword_only.empty())
    word("*");
  for (const auto& x : p.keyword_only) parameter(x, "");
  if (p.kwargs) parameter(*p.kwargs, "**");
  close();
}

std::string dump(const Body& body, const DumpStyle& style) {
  Dumper d(style);
  for (const auto& s : body) {
    d.statement(*s);
    d.out += '\n';
  }
  return std::move(d.out);
}

std::string dump(const Module& module, const DumpStyle& style) { return dump(module.body, style); }

std::string dump(const Expr& e, const DumpStyle& style) {
  Dumper d(style);
  d.expression(e);
  return std::move(d.out);
}

}  // namespace gradus::syntax

#include "unit/syntax/dump.h"

#include <charconv>

namespace gradus::syntax {
namespace {

constexpr const char* kOpNames[] = {"+",  "-", "*",  "@",  "/",      "//", "%",      "**",  "<<", ">>",
                                    "|",  "^", "&",  "u~", "not",    "u+", "u-",     "==",  "!=", "<",
                                    "<=", ">", ">=", "is", "is-not", "in", "not-in", "and", "or"};
const char* name_of(Op op) { return kOpNames[static_cast<int>(op)]; }

class Dumper {
 public:
  explicit Dumper(const DumpStyle& style) : style_(style) {}
  std::string out;

  void statement(const Stmt& s);
  void expression(const Expr& e);

 private:
  // Pieces of `(word piece piece …)`: each begins with its own blank.
  void open(std::string_view word) {
    out += '(';
    out += word;
  }
  void close() { out += ')'; }
  void word(std::string_view w) {
    out += ' ';
    out += w;
  }
  void child(const Expr& e) {
    out += ' ';
    expression(e);
  }
  void child(const ExprPtr& e) {
    if (e)
      child(*e);
    else
      word("()");
  }
  void child(const std::vector<ExprPtr>& list) {
    for (const auto& e : list) child(e);
  }
  void block(std::string_view name, const Body& body);
  void annotation(const ExprPtr& e) {
    if (style_.annotations) child(e);
  }
  void span(const Span& s);
  void text(std::string_view s);
  void number(double v);
  void keywords(const std::vector<Keyword>& list);
  void clauses(const Expr& e);
  void parameter(const Parameter& p, std::string_view stars);
  void parameters(const Parameters& p);
  void atom(const Expr& e);
  void composite(const Expr& e);
  void operators(const Expr& e);
  void simple(const Stmt& s);
  void imports(const Stmt& s);
  void compound(const Stmt& s);
  void definition(const Stmt& s);
  void pattern(const Pattern& p);
  void pattern_body(const Pattern& p);

  const DumpStyle& style_;
  int in_format_ = 0;
};

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

void Dumper::composite(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kFString:
      open("fstring");
      child(e.items);
      break;
    case ExprKind::kFormatted:
      open("format");
      child(e.operand);
      word(e.conversion ? std::string_view(&e.conversion, 1) : std::string_view("-"));
      child(e.format);
      break;
    case ExprKind::kTuple:
      open("tuple");
      child(e.items);
      break;
    case ExprKind::kList:
      open("list");
      child(e.items);
      break;
    case ExprKind::kSet:
      open("set");
      child(e.items);
      break;
    case ExprKind::kDict:
      open("dict");
      for (size_t i = 0; i < e.items.size(); ++i) child(e.keys[i]), child(e.items[i]);
      break;
    case ExprKind::kCall:
      open("call");
      child(e.operand);
      child(e.items);
      keywords(e.keywords);
      break;
    case ExprKind::kAttribute:
      open(".");
      child(e.operand);
      word(e.text);
      break;
    case ExprKind::kSubscript:
      open("[]");
      child(e.operand);
      child(e.left);
      break;
    case ExprKind::kSlice:
      open(":");
      child(e.left);
      child(e.right);
      child(e.third);
      break;
    case ExprKind::kStarred:
      open("star");
      child(e.operand);
      break;
    case ExprKind::kLambda:
      open("lambda");
      parameters(*e.parameters);
      child(e.left);
      break;
    case ExprKind::kYield:
      open("yield");
      child(e.operand);
      break;
    case ExprKind::kYieldFrom:
      open("yield-from");
      child(e.operand);
      break;
    case ExprKind::kListComp:
      open("listcomp");
      child(e.left);
      clauses(e);
      break;
    case ExprKind::kSetComp:
      open("setcomp");
      child(e.left);
      clauses(e);
      break;
    case ExprKind::kGenerator:
      open("generator");
      child(e.left);
      clauses(e);
      break;
    case ExprKind::kDictComp:
      open("dictcomp");
      child(e.left);
      child(e.right);
      clauses(e);
      break;
    default:
      operators(e);
  }
  close();
}

void Dumper::operators(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kBinary:
      open(name_of(e.op));
      child(e.left);
      child(e.right);
      break;
    case ExprKind::kUnary:
      open(name_of(e.op));
      child(e.operand);
      break;
    case ExprKind::kBoolean:
      open(name_of(e.op));
      child(e.items);
      break;
    case ExprKind::kCompare:
      open("compare");
      child(e.left);
      for (size_t i = 0; i < e.ops.size(); ++i) word(name_of(e.ops[i])), child(e.items[i]);
      break;
    case ExprKind::kConditional:
      open("if");
      child(e.operand);
      child(e.left);
      child(e.right);
      break;
    case ExprKind::kNamedExpr:
      open(":=");
      word(e.text);
      child(e.operand);
      break;
    default:
      open("?");
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

void Dumper::clauses(const Expr& e) {
  for (const auto& c : e.clauses) {
    out += " (for";
    child(c.target);
    child(c.iterable);
    child(c.conditions);
    close();
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
      open("expression");
      return child(s.value);
    case StmtKind::kAssign:
      open("assign");
      child(s.targets);
      return child(s.value);
    case StmtKind::kAugAssign:
      open("augment");
      word(name_of(s.op));
      child(s.target);
      return child(s.value);
    case StmtKind::kAnnAssign:
      open("annotated");
      word(std::to_string(s.level));
      child(s.target);
      annotation(s.annotation);
      return child(s.value);
    case StmtKind::kReturn:
      open("return");
      return child(s.value);
    case StmtKind::kDelete:
      open("delete");
      return child(s.targets);
    case StmtKind::kPass:
      return open("pass");
    case StmtKind::kBreak:
      return open("break");
    case StmtKind::kContinue:
      return open("continue");
    case StmtKind::kRaise:
      open("raise");
      child(s.value);
      return child(s.cause);
    case StmtKind::kAssert:
      open("assert");
      child(s.value);
      return child(s.cause);
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
      open("if");
      child(s.value);
      break;
    case StmtKind::kWhile:
      open("while");
      child(s.value);
      break;
    case StmtKind::kFor:
      open("for");
      child(s.target);
      child(s.value);
      break;
    case StmtKind::kWith:
      open("with");
      for (const auto& item : s.with_items) {
        out += " (item";
        child(item.context);
        child(item.target);
        close();
      }
      break;
    case StmtKind::kTry:
      open("try");
      break;
    case StmtKind::kMatch:
      open("match");
      child(s.value);
      for (const auto& c : s.cases) {
        out += " (case ";
        pattern(*c.pattern);
        child(c.guard);
        block("body", c.body);
        close();
      }
      return;
    default:
      return definition(s);
  }
  block("body", s.body);
  for (const auto& h : s.handlers) {
    out += " (except";
    child(h.type);
    word(h.name.empty() ? "()" : h.name);
    block("body", h.body);
    close();
    span(h.span);
  }
  block("else", s.orelse);
  block("finally", s.final_body);
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

}  // namespace

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

#include "design/source_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "unit/syntax/lexer.h"

namespace gradus {
namespace {

using syntax::Expr;
using syntax::ExprKind;
using syntax::Stmt;
using syntax::StmtKind;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80); }

void add_targets(const Expr& target, std::vector<std::string>& out) {
  if (target.kind == ExprKind::kName) out.push_back(target.text);
  if (target.kind == ExprKind::kStarred) add_targets(*target.operand, out);
  if (target.kind == ExprKind::kTuple || target.kind == ExprKind::kList)
    for (const auto& item : target.items) add_targets(*item, out);
}

void add_defined(const Stmt& s, std::vector<std::string>& out) {
  if (s.kind == StmtKind::kFunction || s.kind == StmtKind::kClass) out.push_back(s.name);
  if (s.kind == StmtKind::kImport || s.kind == StmtKind::kImportFrom)
    for (const auto& a : s.aliases) out.push_back(!a.as_name.empty() ? a.as_name : a.name.substr(0, a.name.find('.')));
  for (const auto& t : s.targets) add_targets(*t, out);
  if (s.target) add_targets(*s.target, out);
  if (s.kind == StmtKind::kFunction || s.kind == StmtKind::kClass) return;
  for (const auto* body : {&s.body, &s.orelse, &s.final_body})
    for (const auto& inner : *body) add_defined(*inner, out);
  for (const auto& handler : s.handlers)
    for (const auto& inner : handler.body) add_defined(*inner, out);
}

/// Every word of an f-string: more than it mentions, which does no harm.
void add_words(std::string_view text, std::set<std::string>& out) {
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && is_word(text[end])) ++end;
    if (end > i) out.insert(std::string(text.substr(i, end - i)));
    i = end + 1;
  }
}

bool is_format(std::string_view string) {
  const std::string_view prefix = string.substr(0, string.find_first_of("'\""));
  return prefix.find_first_of("fF") != prefix.npos;
}

std::optional<nlohmann::json> read_binary(const Expr& e) {
  const auto left = read_literal(*e.left), right = read_literal(*e.right);
  if (!left || !right || !left->is_number() || !right->is_number()) return std::nullopt;
  const double a = left->get<double>(), b = right->get<double>();
  if (e.op == syntax::Op::kDiv) return b == 0 ? std::nullopt : std::optional<nlohmann::json>(a / b);
  const double value = e.op == syntax::Op::kAdd   ? a + b
                       : e.op == syntax::Op::kSub ? a - b
                       : e.op == syntax::Op::kMul ? a * b
                       : e.op == syntax::Op::kPow ? std::pow(a, b)
                                                  : NAN;
  if (!std::isfinite(value)) return std::nullopt;
  const bool whole = left->is_number_integer() && right->is_number_integer() && std::abs(value) < 9e15;
  if (whole && value == std::floor(value)) return static_cast<int64_t>(value);
  return value;
}

std::optional<nlohmann::json> read_collection(const Expr& e) {
  nlohmann::json out = e.kind == ExprKind::kDict ? nlohmann::json::object() : nlohmann::json::array();
  for (size_t i = 0; i < e.items.size(); ++i) {
    const auto item = read_literal(*e.items[i]);
    if (!item) return std::nullopt;
    if (e.kind != ExprKind::kDict) {
      out.push_back(*item);
      continue;
    }
    if (!e.keys[i] || e.keys[i]->kind != ExprKind::kString) return std::nullopt;
    out[e.keys[i]->text] = *item;
  }
  return out;
}

}  // namespace

std::optional<nlohmann::json> read_literal(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kNone:
      return nlohmann::json(nullptr);
    case ExprKind::kTrue:
    case ExprKind::kFalse:
      return nlohmann::json(e.kind == ExprKind::kTrue);
    case ExprKind::kInteger: {
      int64_t whole = 0;
      const auto [end, code] = std::from_chars(e.text.data(), e.text.data() + e.text.size(), whole);
      return code == std::errc() ? std::optional<nlohmann::json>(whole) : std::nullopt;
    }
    case ExprKind::kFloat:
      return nlohmann::json(e.number);
    case ExprKind::kString:
      return nlohmann::json(e.text);
    case ExprKind::kUnary: {
      const auto value = read_literal(*e.operand);
      if (!value || e.op != syntax::Op::kMinus || !value->is_number()) return std::nullopt;
      if (value->is_number_integer()) return nlohmann::json(-value->get<int64_t>());
      return nlohmann::json(-value->get<double>());
    }
    case ExprKind::kBinary:
      return read_binary(e);
    case ExprKind::kList:
    case ExprKind::kTuple:
    case ExprKind::kDict:
      return read_collection(e);
    default:
      return std::nullopt;
  }
}

std::string python_literal(const nlohmann::json& value) {
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (!value.is_structured()) return value.dump(-1, ' ', true);
  std::string text;
  for (const auto& [key, item] : value.items())
    text += (text.empty() ? "" : ", ") + (value.is_object() ? python_literal(key) + ": " : "") + python_literal(item);
  return value.is_object() ? "{" + text + "}" : "[" + text + "]";
}

std::string dotted_name(const Expr& e) {
  if (e.kind == ExprKind::kName) return e.text;
  if (e.kind != ExprKind::kAttribute) return "";
  const std::string head = dotted_name(*e.operand);
  return head.empty() ? "" : head + "." + e.text;
}

const Expr* find_assigned(const syntax::Body& body, const std::string& name) {
  const Expr* found = nullptr;
  for (const auto& s : body) {
    std::vector<std::string> names;
    if (s->kind == StmtKind::kAssign || (s->kind == StmtKind::kAnnAssign && s->value)) add_defined(*s, names);
    if (std::find(names.begin(), names.end(), name) != names.end()) found = s->value.get();
  }
  return found;
}

std::vector<const syntax::Parameter*> parameters_of(const Stmt& method) {
  std::vector<const syntax::Parameter*> out;
  for (const auto* list : {&method.parameters->positional_only, &method.parameters->positional})
    for (const auto& p : *list) out.push_back(&p);
  if (!out.empty()) out.erase(out.begin());
  for (const auto& p : method.parameters->keyword_only) out.push_back(&p);
  return out;
}

SourceText::SourceText(const std::string& bytes, const std::string& file) try
    : source_(bytes, file, syntax::Limits().source_bytes), module_(syntax::parse(source_.text, file)) {
  for (const auto& node : module_.body) add_statement(*node);
  const std::vector<syntax::Token> tokens = syntax::Lexer(source_, syntax::Limits().nesting * 2).run();
  size_t at = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const syntax::Token& token = tokens[i];
    const auto ends_before = [&](const Statement& s) {
      const syntax::Span& span = s.node->span;
      return std::pair(span.end_line, span.end_column) <= std::pair(token.span.line, token.span.column);
    };
    while (at < statements_.size() && ends_before(statements_[at])) ++at;
    if (at == statements_.size()) break;
    if (token.kind == syntax::TokenKind::kName && (i == 0 || !tokens[i - 1].is(".")))
      statements_[at].uses.insert(std::string(token.text));
    if (token.kind == syntax::TokenKind::kString && is_format(token.text)) add_words(token.text, statements_[at].uses);
  }
} catch (const syntax::SyntaxError& error) {
  throw Error("cannot read '" + file + "': line " + std::to_string(error.where.line) + ": " + error.type + ": " +
              error.message);
}

size_t SourceText::offset(int line, int column) const {
  const std::string& text = source_.text;
  size_t at = 0;
  for (int n = 1; n < line; ++n) at = std::min(text.find('\n', at), text.size() - 1) + 1;
  for (int n = 0; n < column && at < text.size(); ++n) at += static_cast<size_t>(syntax::utf8_length(text[at]));
  return at;
}

void SourceText::add_statement(const Stmt& node) {
  Statement s;
  s.node = &node;
  int line = node.span.line;
  for (const auto& d : node.decorators) line = std::min(line, d->span.line);
  while (node.span.column == 0 && line > 1 && source_.lines[size_t(line) - 2].starts_with('#')) --line;
  const size_t begin = offset(line, line == node.span.line ? node.span.column : 0);
  s.text = source_.text.substr(begin, offset(node.span.end_line, node.span.end_column) - begin);
  add_defined(node, s.defines);
  statements_.push_back(std::move(s));
}

const Stmt* SourceText::find_class(const std::string& name) const {
  const Stmt* found = nullptr;
  for (const Statement& s : statements_)
    if (s.node->kind == StmtKind::kClass && s.node->name == name) found = s.node;
  return found;
}

std::set<std::string> SourceText::bases(const Stmt& a_class) const {
  std::set<std::string> out;
  std::vector<const Stmt*> open{&a_class};
  while (!open.empty()) {
    const Stmt* at = open.back();
    open.pop_back();
    for (const auto& base : at->items) {
      const std::string name = dotted_name(*base);
      const Stmt* inner = find_class(name);
      if (!name.empty() && out.insert(name).second && inner) open.push_back(inner);
    }
  }
  return out;
}

const Stmt* SourceText::find_method(const Stmt& a_class, const std::string& name) const {
  std::set<const Stmt*> seen;
  std::vector<const Stmt*> open{&a_class};
  for (size_t i = 0; i < open.size(); ++i) {  // not Python's order of bases where there are several
    if (!seen.insert(open[i]).second) continue;
    for (const auto& s : open[i]->body)
      if (s->kind == StmtKind::kFunction && s->name == name) return s.get();
    for (const auto& base : open[i]->items)
      if (const Stmt* inner = find_class(dotted_name(*base))) open.push_back(inner);
  }
  return nullptr;
}

std::set<size_t> SourceText::needs(std::set<std::string> names) const {
  std::set<size_t> out;
  for (bool grown = true; grown;) {
    grown = false;
    for (size_t i = 0; i < statements_.size(); ++i) {
      const Statement& s = statements_[i];
      const bool wanted = std::any_of(s.defines.begin(), s.defines.end(),
                                      [&](const std::string& name) { return name == "*" || names.count(name); });
      if (!wanted || !out.insert(i).second) continue;
      names.insert(s.uses.begin(), s.uses.end());
      grown = true;
    }
  }
  return out;
}

}  // namespace gradus

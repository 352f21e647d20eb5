#include <algorithm>

#include "unit/syntax/parser.h"

namespace gradus::syntax {
namespace {

ExprPtr make_text(ExprKind kind, std::string text, Span where) {
  auto e = std::make_unique<Expr>();
  e->kind = kind;
  e->text = std::move(text);
  e->span = where;
  return e;
}

/// Neighbouring texts are one part, empty ones none.
void append_text(std::vector<ExprPtr>& parts, std::string text, Span where) {
  if (text.empty()) return;
  if (!parts.empty() && parts.back()->kind == ExprKind::kString)
    parts.back()->text += text;
  else
    parts.push_back(make_text(ExprKind::kString, std::move(text), where));
}

bool is_blank(std::string_view s) { return s.find_first_not_of(" \t\n\f") == std::string_view::npos; }

}  // namespace

/// One or more adjacent string tokens.
ExprPtr Parser::strings() {
  const Start start = at_;
  size_t last = at_;
  while (tokens_[last].kind == TokenKind::kString) ++last;
  const Span where{tokens_[start].span.line, tokens_[start].span.column, tokens_[last - 1].span.end_line,
                   tokens_[last - 1].span.end_column};
  const bool bytes = split_string(source_, tokens_[start]).bytes;
  bool format = false;
  std::vector<ExprPtr> parts;
  std::string text;
  for (; at_ < last; ++at_) {
    const StringToken s = split_string(source_, token());
    if (s.bytes != bytes) fail_at(where, "cannot mix bytes and nonbytes literals");
    const std::string_view body = std::string_view(source_.text).substr(s.begin, s.end - s.begin);
    if (s.format) {
      format = true;
      append_text(parts, std::move(text), where);
      text.clear();
      Cursor c{s.begin, s.end, s.line, s.column};
      format_parts(parts, c, s.raw, false, where);
      continue;
    }
    if (bytes && std::any_of(body.begin(), body.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7F; }))
      fail_at(token().span, "bytes can only contain ASCII literal characters");
    text += s.raw ? std::string(body) : decode_escapes(source_, body, bytes, token().span);
  }
  if (!format) return done(make_text(bytes ? ExprKind::kBytes : ExprKind::kString, std::move(text), where), start);
  append_text(parts, std::move(text), where);
  ExprPtr e = make(ExprKind::kFString);
  e->items = std::move(parts);
  return done(std::move(e), start);
}

void Parser::advance(Cursor& c, size_t bytes) const {
  for (const size_t to = c.at + bytes; c.at < to; ++c.at) {
    const char x = source_.text[c.at];
    if (x == '\n')
      ++c.line, c.column = 0;
    else if ((static_cast<unsigned char>(x) & 0xC0) != 0x80)
      ++c.column;
  }
}

void Parser::fail_format(const Cursor& c, const std::string& message) const {
  fail_at({c.line, c.column, c.line, c.column + 1}, "f-string: " + message);
}

/// Text and fields in turn, to the end of the body or, in a format spec, to its closing brace.
void Parser::format_parts(std::vector<ExprPtr>& parts, Cursor& c, bool raw, bool in_spec, Span where) {
  for (;;) {
    format_literal(parts, c, raw, in_spec, where);
    if (c.at >= c.end || source_.text[c.at] == '}') return;
    format_field(parts, c, raw, where);
  }
}

void Parser::format_literal(std::vector<ExprPtr>& parts, Cursor& c, bool raw, bool in_spec, Span where) {
  size_t begin = c.at;
  const auto flush = [&](size_t end) {
    const std::string_view body = std::string_view(source_.text).substr(begin, end - begin);
    append_text(parts, raw ? std::string(body) : decode_escapes(source_, body, false, where), where);
  };
  while (c.at < c.end) {
    char x = source_.text[c.at];
    if (!raw && x == '\\' && c.at + 1 < c.end) {
      advance(c, 1);
      x = source_.text[c.at];
      if (x != '{' && x != '}') {
        if (x == 'N') decode_escapes(source_, "\\N", false, where);
        advance(c, 1);
        continue;
      }
    }
    if (x != '{' && x != '}') {
      advance(c, 1);
      continue;
    }
    if (in_spec) break;
    if (c.at + 1 < c.end && source_.text[c.at + 1] == x) {
      flush(c.at + 1);
      advance(c, 2);
      begin = c.at;
      continue;
    }
    if (x == '}') fail_format(c, "single '}' is not allowed");
    break;
  }
  flush(c.at);
}

/// At the opening brace.
void Parser::format_field(std::vector<ExprPtr>& parts, Cursor& c, bool raw, Span where) {
  if (format_depth_ >= 2) fail_format(c, "expressions nested too deeply");
  advance(c, 1);
  const size_t begin = c.at, end = field_end(c);
  ExprPtr field = make(ExprKind::kFormatted);
  field->operand = field_expression(c, end);
  advance(c, end - begin);
  bool debug = false;
  if (source_.text[c.at] == '=') {
    debug = true;
    advance(c, 1);
    while (c.at < c.end && is_blank(std::string_view(source_.text).substr(c.at, 1))) advance(c, 1);
    append_text(parts, source_.text.substr(begin, c.at - begin), where);
  }
  if (c.at < c.end && source_.text[c.at] == '!') field->conversion = field_conversion(c);
  if (c.at < c.end && source_.text[c.at] == ':') field->format = format_spec(c, raw, where);
  if (c.at >= c.end || source_.text[c.at] != '}') fail_format(c, "expecting '}'");
  advance(c, 1);
  if (debug && field->conversion == 0 && !field->format) field->conversion = 'r';
  const int32_t height = 1 + std::max(field->operand->height, field->format ? field->format->height : 0);
  field->span = where;
  field->height = height;
  parts.push_back(std::move(field));
}

ExprPtr Parser::field_expression(const Cursor& c, size_t end) {
  const std::string_view text = std::string_view(source_.text).substr(c.at, end - c.at);
  if (is_blank(text)) fail_format(c, "empty expression not allowed");
  const Nest nest(*this);
  Lexer lexer(source_, limits_.nesting, c.at, end, {c.line, c.column, c.line, c.column});
  return Parser(source_, limits_, lexer.run(), depth_, classes_).field();
}

char Parser::field_conversion(Cursor& c) const {
  advance(c, 1);
  const char x = c.at < c.end ? source_.text[c.at] : '\0';
  if (x != 's' && x != 'r' && x != 'a') fail_format(c, "invalid conversion character: expected 's', 'r', or 'a'");
  advance(c, 1);
  return x;
}

/// Where the field's expression ends: at the first of `! : } =` outside brackets and strings.
size_t Parser::field_end(const Cursor& from) const {
  Cursor c = from;
  const auto ahead = [&](size_t k) { return c.at + k < c.end ? source_.text[c.at + k] : '\0'; };
  std::string open;
  for (; c.at < c.end; advance(c, 1)) {
    const char x = ahead(0);
    if (x == '\\') fail_format(c, "expression part cannot include a backslash");
    if (x == '#') fail_format(c, "expression part cannot include '#'");
    if (x == '"' || x == '\'') {
      const bool triple = ahead(1) == x && ahead(2) == x;
      const std::string quote(triple ? 3 : 1, x);
      const size_t close = source_.text.find(quote, c.at + quote.size());
      if (close == std::string::npos || close + quote.size() > c.end) fail_format(c, "unterminated string");
      if (source_.text.substr(c.at, close - c.at).find('\\') != std::string::npos)
        fail_format(c, "expression part cannot include a backslash");
      advance(c, close + quote.size() - 1 - c.at);
    } else if (x == '(' || x == '[' || x == '{') {
      open += x;
    } else if (open.empty() && (x == '!' || x == ':' || x == '}' || x == '=' || x == '<' || x == '>')) {
      if (x != ':' && x != '}' && ahead(1) == '=')
        advance(c, 1);
      else if (x != '<' && x != '>')
        return c.at;
    } else if (x == ')' || x == ']' || x == '}') {
      const char expected = x == ')' ? '(' : x == ']' ? '[' : '{';
      if (open.empty()) fail_format(c, std::string("unmatched '") + x + "'");
      if (open.back() != expected)
        fail_format(
            c, std::string("closing parenthesis '") + x + "' does not match opening parenthesis '" + open.back() + "'");
      open.pop_back();
    }
  }
  fail_format(c, open.empty() ? "expecting '}'" : std::string("unmatched '") + open.back() + "'");
}

/// At the colon; stops at the closing brace.
ExprPtr Parser::format_spec(Cursor& c, bool raw, Span where) {
  advance(c, 1);
  ExprPtr spec = make(ExprKind::kFString);
  ++format_depth_;
  format_parts(spec->items, c, raw, true, where);
  --format_depth_;
  spec->span = where;
  for (const auto& part : spec->items) spec->height = std::max(spec->height, part->height + 1);
  return spec;
}

}  // namespace gradus::syntax

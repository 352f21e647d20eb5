#include "unit/syntax/lexer.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "unit/syntax/identifier.h"

namespace gradus::syntax {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_octal(char c) { return c >= '0' && c <= '7'; }
bool is_binary(char c) { return c == '0' || c == '1'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// `1if x else y` is allowed: a keyword may follow a number at once.
bool keyword_follows(std::string_view rest) {
  for (const std::string_view k : {"and", "else", "for", "if", "in", "is", "not", "or"})
    if (rest.starts_with(k)) return true;
  return false;
}

bool is_string_prefix(std::string_view p) {
  std::string s;
  for (const char c : p) s += static_cast<char>(c | 0x20);
  constexpr std::array<std::string_view, 8> kPrefixes{"r", "u", "b", "f", "br", "rb", "fr", "rf"};
  return std::find(kPrefixes.begin(), kPrefixes.end(), s) != kPrefixes.end();
}

std::string code_point_name(char32_t c) {
  char hex[16];
  std::snprintf(hex, sizeof hex, "U+%04X", static_cast<unsigned>(c));
  return hex;
}

}  // namespace

bool is_keyword(std::string_view name) {
  constexpr std::array<std::string_view, 35> kKeywords{
      "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
      "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
      "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
      "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"};
  return std::binary_search(kKeywords.begin(), kKeywords.end(), name);
}

Lexer::Lexer(const Source& source, int max_nesting, size_t begin, size_t end, Span where)
    : source_(source),
      at_(begin),
      end_(end),
      line_(where.line),
      column_(where.column),
      max_nesting_(max_nesting),
      part_(true),
      at_line_start_(false) {}

char32_t Lexer::peek_point(int& length) const {
  if (at_ >= end_) {
    length = 0;
    return 0;
  }
  size_t i = at_;
  const char32_t c = decode_utf8(source_.text, i);
  length = static_cast<int>(i - at_);
  return c;
}

void Lexer::step() {
  if (at_ >= end_) return;
  if (source_.text[at_] == '\n') {
    ++line_;
    column_ = 0;
    ++at_;
    return;
  }
  at_ += std::max(1, utf8_length(static_cast<unsigned char>(source_.text[at_])));
  ++column_;
}

void Lexer::add(TokenKind kind, const Mark& from) {
  tokens_.push_back({kind, std::string_view(source_.text).substr(from.at, at_ - from.at), since(from)});
}

void Lexer::fail(const Mark& from, const std::string& message, const std::string& type) const {
  source_.fail(since(from), message, type);
}

std::vector<Token> Lexer::run() {
  while (at_ < end_) {
    if (at_line_start_) {
      line_start();
      continue;
    }
    blanks();
    if (at_ >= end_) break;
    if (peek() == '\n')
      new_line();
    else
      token();
  }
  finish();
  return std::move(tokens_);
}

/// Measures the indentation of a line that holds a statement; blank lines and comments are skipped.
void Lexer::line_start() {
  at_line_start_ = false;
  int column = 0, alternative = 0, before_continuation = 0;
  for (;;) {
    const char c = peek();
    if (c == '\\') {
      if (before_continuation == 0) before_continuation = column;
      continuation_line();
      continue;
    }
    if (c == ' ')
      ++column, ++alternative;
    else if (c == '\t')
      column = (column / 8 + 1) * 8, ++alternative;
    else if (c == '\f')
      column = alternative = 0;
    else
      break;
    step();
  }
  if (before_continuation != 0) column = alternative = before_continuation;
  if (peek() == '#')
    while (at_ < end_ && peek() != '\n') step();
  if (at_ >= end_) return;
  if (peek() == '\n') {
    step();
    at_line_start_ = true;
    return;
  }
  set_indentation(column, alternative, mark());
}

void Lexer::set_indentation(int column, int alternative, const Mark& from) {
  const char* tabs = "inconsistent use of tabs and spaces in indentation";
  if (column == indents_.back()) {
    if (alternative != alternatives_.back()) fail(from, tabs, "TabError");
    return;
  }
  if (column > indents_.back()) {
    if (static_cast<int>(indents_.size()) >= max_nesting_)
      fail(from, "too many levels of indentation", "IndentationError");
    if (alternative <= alternatives_.back()) fail(from, tabs, "TabError");
    indents_.push_back(column);
    alternatives_.push_back(alternative);
    add(TokenKind::kIndent, from);
    return;
  }
  while (column < indents_.back()) {
    indents_.pop_back();
    alternatives_.pop_back();
    add(TokenKind::kDedent, from);
  }
  if (column != indents_.back()) fail(from, "unindent does not match any outer indentation level", "IndentationError");
  if (alternative != alternatives_.back()) fail(from, tabs, "TabError");
}

void Lexer::blanks() {
  for (;;) {
    const char c = peek();
    if (at_ >= end_) return;
    if (c == ' ' || c == '\t' || c == '\f')
      step();
    else if (c == '\\')
      continuation_line();
    else if (c == '#') {
      if (part_) fail(mark(), "f-string expression part cannot include '#'");
      while (at_ < end_ && peek() != '\n') step();
    } else if (c == '\n' && (part_ || !brackets_.empty()))
      step();
    else
      return;
  }
}

void Lexer::continuation_line() {
  const Mark from = mark();
  step();
  if (at_ >= end_) fail(from, "unexpected EOF while parsing");
  if (peek() != '\n') fail(from, "unexpected character after line continuation character");
  step();
  if (at_ >= end_) fail(from, "unexpected EOF while parsing");
}

void Lexer::new_line() {
  tokens_.push_back({TokenKind::kNewline, "\n", {line_, column_, line_, column_ + 1}});
  step();
  at_line_start_ = true;
}

void Lexer::token() {
  const char c = peek();
  int length = 0;
  if (is_digit(c) || (c == '.' && is_digit(peek(1))))
    number();
  else if (c == '"' || c == '\'')
    string(mark());
  else if (starts_identifier(peek_point(length)))
    name_or_string();
  else
    operator_or_bracket();
}

void Lexer::name_or_string() {
  const Mark from = mark();
  int length = 0;
  while (continues_identifier(peek_point(length))) step();
  const std::string_view text = std::string_view(source_.text).substr(from.at, at_ - from.at);
  if ((peek() == '"' || peek() == '\'') && is_string_prefix(text)) return string(from);
  add(is_keyword(text) ? TokenKind::kKeyword : TokenKind::kName, from);
}

/// At the opening quote; `from` is the start of the prefix.
void Lexer::string(const Mark& from) {
  const char quote = peek();
  const bool triple = peek(1) == quote && peek(2) == quote;
  const Mark open = mark();
  step(triple ? 3 : 1);
  for (;;) {
    if (at_ >= end_ || (!triple && peek() == '\n')) {
      const std::string what = triple ? "unterminated triple-quoted string literal" : "unterminated string literal";
      const int last = at_ >= end_ && at_ > 0 && source_.text[at_ - 1] == '\n' ? line_ - 1 : line_;
      source_.fail({from.line, from.column, from.line, open.column + (triple ? 3 : 1)},
                   what + " (detected at line " + std::to_string(last) + ")");
    }
    if (peek() == '\\') {
      step();
      step();
    } else if (peek() == quote && (!triple || (peek(1) == quote && peek(2) == quote))) {
      step(triple ? 3 : 1);
      break;
    } else {
      step();
    }
  }
  add(TokenKind::kString, from);
}

/// Digits with single underscores between them.
void Lexer::digits(bool (*accept)(char), const Mark& from, const char* what) {
  for (;;) {
    if (!accept(peek())) {
      if (is_digit(peek())) fail(from, std::string("invalid digit '") + peek() + "' in " + what + " literal");
      step();
      fail(from, std::string("invalid ") + what + " literal");
    }
    while (accept(peek())) step();
    if (peek() != '_') return;
    step();
  }
}

void Lexer::number() {
  const Mark from = mark();
  const char second = static_cast<char>(peek(1) | 0x20);
  if (peek() == '0' && (second == 'x' || second == 'o' || second == 'b'))
    radix_number(from);
  else
    decimal_number(from);
}

void Lexer::radix_number(const Mark& from) {
  const char radix = static_cast<char>(peek(1) | 0x20);
  const char* what = radix == 'x' ? "hexadecimal" : radix == 'o' ? "octal" : "binary";
  step(2);
  if (peek() == '_') step();
  digits(radix == 'x' ? is_hex : radix == 'o' ? is_octal : is_binary, from, what);
  if (is_digit(peek())) fail(from, std::string("invalid digit '") + peek() + "' in " + what + " literal");
  end_of_number(from, what);
}

void Lexer::decimal_number(const Mark& from) {
  bool integer = true;
  if (peek() != '.') digits(is_digit, from, "decimal");
  const size_t whole = at_;
  if (peek() == '.') {
    integer = false;
    step();
    if (is_digit(peek())) digits(is_digit, from, "decimal");
  }
  const bool sign = peek(1) == '+' || peek(1) == '-';
  if ((peek() | 0x20) == 'e' && is_digit(peek(sign ? 2 : 1))) {
    integer = false;
    step(sign ? 2 : 1);
    digits(is_digit, from, "decimal");
  }
  if ((peek() | 0x20) == 'j') {
    step();
    add(TokenKind::kNumber, from);
    if (int n = 0; continues_identifier(peek_point(n)) && !keyword_follows(std::string_view(source_.text).substr(at_)))
      step(), fail(from, "invalid imaginary literal");
    return;
  }
  const std::string_view text = std::string_view(source_.text).substr(from.at, whole - from.at);
  if (integer && text.size() > 1 && text[0] == '0' && text.find_first_not_of("0_") != std::string_view::npos)
    fail(from, "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers");
  end_of_number(from, "decimal");
}

void Lexer::end_of_number(const Mark& from, const char* what) {
  int n = 0;
  const std::string_view rest = std::string_view(source_.text).substr(at_, end_ - at_);
  if (continues_identifier(peek_point(n)) && !keyword_follows(rest)) {
    step();
    fail(from, std::string("invalid ") + what + " literal");
  }
  add(TokenKind::kNumber, from);
}

void Lexer::operator_or_bracket() {
  constexpr std::string_view kOperators[] = {
      "**=", "//=", ">>=", "<<=", "...", "!=", "==", "<=", ">=", "->", ":=", "+=", "-=", "*=", "/=", "%=",
      "&=",  "|=",  "^=",  "@=",  "**",  "//", "<<", ">>", "(",  ")",  "[",  "]",  "{",  "}",  ",",  ":",
      ".",   ";",   "=",   "+",   "-",   "*",  "/",  "%",  "&",  "|",  "^",  "~",  "<",  ">",  "@"};
  const Mark from = mark();
  const std::string_view rest = std::string_view(source_.text).substr(at_, end_ - at_);
  for (const std::string_view op : kOperators) {
    if (!rest.starts_with(op)) continue;
    step(op.size());
    const char c = op[0];
    if (op.size() == 1 && (c == '(' || c == '[' || c == '{')) {
      if (static_cast<int>(brackets_.size()) >= max_nesting_) fail(from, "too many nested parentheses");
      brackets_.push_back({c, since(from)});
    } else if (op.size() == 1 && (c == ')' || c == ']' || c == '}')) {
      close_bracket(c, from);
    }
    return add(TokenKind::kOperator, from);
  }
  int n = 0;
  const char32_t c = peek_point(n);
  const std::string shown(rest.substr(0, n));
  step();
  if (c < 0x20 || c == 0x7F || (c >= 0x80 && c < 0xA1))
    fail(from, "invalid non-printable character " + code_point_name(c));
  if (c < 0x80) fail(from, "invalid syntax: '" + shown + "' has no meaning here");
  fail(from, "invalid character '" + shown + "' (" + code_point_name(c) + ")");
}

void Lexer::close_bracket(char close, const Mark& from) {
  if (brackets_.empty()) fail(from, std::string("unmatched '") + close + "'");
  const Bracket open = brackets_.back();
  brackets_.pop_back();
  const char expected = open.open == '(' ? ')' : open.open == '[' ? ']' : '}';
  if (close == expected) return;
  std::string text =
      std::string("closing parenthesis '") + close + "' does not match opening parenthesis '" + open.open + "'";
  if (open.span.line != from.line) text += " on line " + std::to_string(open.span.line);
  fail(from, text);
}

void Lexer::finish() {
  if (!brackets_.empty())
    source_.fail(brackets_.back().span, std::string("'") + brackets_.back().open + "' was never closed");
  const Mark here = mark();
  if (!part_ && !tokens_.empty() && tokens_.back().kind != TokenKind::kNewline &&
      tokens_.back().kind != TokenKind::kDedent)
    tokens_.push_back({TokenKind::kNewline, "", since(here)});
  for (size_t i = 1; i < indents_.size(); ++i) add(TokenKind::kDedent, here);
  add(TokenKind::kEnd, here);
}

}  // namespace gradus::syntax

/// Source text to tokens, by Python 3.11's rules. Strings, f-strings too, are one token each: parse.cpp looks inside.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "unit/syntax/source.h"

namespace gradus::syntax {

enum class TokenKind : uint8_t { kName, kKeyword, kNumber, kString, kOperator, kNewline, kIndent, kDedent, kEnd };

struct Token {
  TokenKind kind;
  std::string_view text;  // into the Source
  Span span;
  bool is(std::string_view t) const {
    return (kind == TokenKind::kOperator || kind == TokenKind::kKeyword) && text == t;
  }
};

class Lexer {
 public:
  /// A whole file.
  Lexer(const Source& source, int max_nesting) : source_(source), end_(source.text.size()), max_nesting_(max_nesting) {}
  /// The part [begin, end) that starts at `where`, read as if in brackets: line ends are blanks. For f-strings.
  Lexer(const Source& source, int max_nesting, size_t begin, size_t end, Span where);

  /// All tokens; the last is kEnd. Throws SyntaxError.
  std::vector<Token> run();

 private:
  struct Mark {
    size_t at;
    int line, column;
  };
  struct Bracket {
    char open;
    Span span;
  };

  char peek(size_t ahead = 0) const { return at_ + ahead < end_ ? source_.text[at_ + ahead] : '\0'; }
  char32_t peek_point(int& length) const;
  void step();  // one code point
  void step(size_t n) {
    while (n--) step();
  }
  Mark mark() const { return {at_, line_, column_}; }
  Span since(const Mark& m) const { return {m.line, m.column, line_, column_}; }
  void add(TokenKind kind, const Mark& from);
  [[noreturn]] void fail(const Mark& from, const std::string& message, const std::string& type = "SyntaxError") const;

  void line_start();
  void set_indentation(int column, int alternative, const Mark& from);
  void blanks();
  void continuation_line();
  void token();
  void name_or_string();
  void string(const Mark& from);
  void number();
  void digits(bool (*accept)(char), const Mark& from, const char* what);
  void radix_number(const Mark& from);
  void decimal_number(const Mark& from);
  void end_of_number(const Mark& from, const char* what);
  void operator_or_bracket();
  void close_bracket(char close, const Mark& from);
  void new_line();
  void finish();

  const Source& source_;
  size_t at_ = 0, end_;
  int line_ = 1, column_ = 0;
  int max_nesting_;
  bool part_ = false;  // inside an f-string
  bool at_line_start_ = true;
  std::vector<int> indents_{0}, alternatives_{0};  // with tabs to multiples of 8, with tabs as 1
  std::vector<Bracket> brackets_;
  std::vector<Token> tokens_;
};

/// A hard keyword of Python 3.11 (match, case and _ are soft).
bool is_keyword(std::string_view name);

}  // namespace gradus::syntax

#include <cctype>

#include "base/template_expression.h"

namespace gradus::templates {
namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)); }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Each takes one token from the front of `s`.
Token take_text(std::string_view& s) {
  std::string text;
  size_t i = 1;
  for (; i < s.size() && s[i] != s[0]; ++i) {
    if (s[i] == '\\' && i + 1 < s.size()) {
      const char e = s[++i];
      const bool known = std::string_view("ntr\\'\"").find(e) != std::string_view::npos;
      if (!known) text += '\\';  // as Python: an escape that is none stays
      text += e == 'n' ? '\n' : e == 't' ? '\t' : e == 'r' ? '\r' : e;
    } else {
      text += s[i];
    }
  }
  if (i >= s.size()) throw Fault{"a quote is not closed"};
  s.remove_prefix(i + 1);
  return {Token::Kind::kText, text};
}

Token take_run(std::string_view& s, size_t size, Token::Kind kind) {
  Token token{kind, std::string(s.substr(0, size))};
  s.remove_prefix(size);
  return token;
}

// After a dot it is an index: `list.0.1` is no 0.1.
Token take_number(std::string_view& s, bool after_dot) {
  size_t size = 0;
  const auto digits = [&] {
    while (size < s.size() && is_digit(s[size])) ++size;
  };
  digits();
  if (!after_dot && size + 1 < s.size() && s[size] == '.' && is_digit(s[size + 1])) ++size, digits();
  if (!after_dot && size < s.size() && (s[size] == 'e' || s[size] == 'E')) {
    const size_t sign = size + 1 < s.size() && (s[size + 1] == '-' || s[size + 1] == '+') ? 2 : 1;
    if (size + sign < s.size() && is_digit(s[size + sign])) size += sign, digits();
  }
  if (size < s.size() && is_word(s[size])) throw Fault{"'" + std::string(s.substr(0, size + 1)) + "' is no number"};
  return take_run(s, size, Token::Kind::kNumber);
}

Token take_symbol(std::string_view& s) {
  for (const std::string_view two : {"==", "!=", "<=", ">=", "//", "**"})
    if (s.starts_with(two)) return take_run(s, 2, Token::Kind::kSymbol);
  if (std::string_view("()[].,|+-*/%~<>=:{}").find(s[0]) == std::string_view::npos) {
    throw Fault{"unexpected '" + std::string(1, s[0]) + "'"};
  }
  return take_run(s, 1, Token::Kind::kSymbol);
}

}  // namespace

std::vector<Token> scan(std::string_view s) {
  std::vector<Token> tokens;
  while (!s.empty()) {
    const char c = s[0];
    if (std::isspace(static_cast<unsigned char>(c))) {
      s.remove_prefix(1);
    } else if (c == '\'' || c == '"') {
      tokens.push_back(take_text(s));
    } else if (is_digit(c)) {
      tokens.push_back(
          take_number(s, !tokens.empty() && tokens.back().kind == Token::Kind::kSymbol && tokens.back().text == "."));
    } else if (is_word(c)) {
      size_t size = 1;
      while (size < s.size() && is_word(s[size])) ++size;
      tokens.push_back(take_run(s, size, Token::Kind::kName));
    } else {
      tokens.push_back(take_symbol(s));
    }
  }
  tokens.insert(tokens.end(), 2, Token{});  // two ends: one may be looked at beyond the other
  return tokens;
}

}  // namespace gradus::templates

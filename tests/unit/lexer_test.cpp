#include "unit/syntax/lexer.h"

#include <gtest/gtest.h>

#include "unit/syntax/literal.h"
#include "unit/syntax/parse.h"

namespace gradus::syntax {
namespace {

/// Tokens as text, INDENT > DEDENT < NEWLINE ; for short.
std::string lex(const std::string& text) {
  const Source source(text, "x.py", 1 << 20);
  std::string out;
  for (const Token& t : Lexer(source, 100).run()) {
    if (!out.empty()) out += ' ';
    if (t.kind == TokenKind::kIndent)
      out += ">";
    else if (t.kind == TokenKind::kDedent)
      out += "<";
    else if (t.kind == TokenKind::kNewline)
      out += ";";
    else if (t.kind == TokenKind::kEnd)
      out += "$";
    else
      out += t.text;
  }
  return out;
}

std::string fault(const std::string& text) {
  try {
    lex(text);
  } catch (const SyntaxError& e) {
    return e.type + ": " + e.message;
  }
  return "";
}

TEST(Lexer, indents_and_dedents) {
  EXPECT_EQ(lex("if a:\n  b\n  if c:\n  \td\ne\n"), "if a : ; > b ; if c : ; > d ; < < e ; $");
  EXPECT_EQ(lex("if a:\n  # comment\n\n  b"), "if a : ; > b ; < $");
  EXPECT_EQ(lex("\f  \nx\r\ny\rz"), "x ; y ; z ; $");
  EXPECT_EQ(lex(""), "$");
}

TEST(Lexer, joins_lines_in_brackets_and_after_a_backslash) {
  EXPECT_EQ(lex("f(a,  # one\n\n   b)\n"), "f ( a , b ) ; $");
  EXPECT_EQ(lex("a = \\\n  1\n"), "a = 1 ; $");
}

TEST(Lexer, takes_the_longest_operator) {
  EXPECT_EQ(lex("a**=b//c>>=d->e:=f...g"), "a **= b // c >>= d -> e := f ... g ; $");
}

TEST(Lexer, reads_names_in_any_script) {
  EXPECT_EQ(lex("größe = α_1 + 变量"), "größe = α_1 + 变量 ; $");
  EXPECT_EQ(fault("x = “y”"), "SyntaxError: invalid character '“' (U+201C)");
  EXPECT_EQ(fault("x = a\u00a0"), "SyntaxError: invalid non-printable character U+00A0");
}

TEST(Lexer, keeps_strings_whole) {
  EXPECT_EQ(lex("rb'\\'' f\"{a}\" '''a\n'b''' u'' \"\\\n\""), "rb'\\'' f\"{a}\" '''a\n'b''' u'' \"\\\n\" ; $");
}

TEST(Lexer, refuses_with_pythons_words) {
  EXPECT_EQ(fault("f(\n"), "SyntaxError: '(' was never closed");
  EXPECT_EQ(fault("f(]"), "SyntaxError: closing parenthesis ']' does not match opening parenthesis '('");
  EXPECT_EQ(fault(")"), "SyntaxError: unmatched ')'");
  EXPECT_EQ(fault("'a"), "SyntaxError: unterminated string literal (detected at line 1)");
  EXPECT_EQ(fault("'''a\n\n"), "SyntaxError: unterminated triple-quoted string literal (detected at line 2)");
  EXPECT_EQ(fault("a \\ b"), "SyntaxError: unexpected character after line continuation character");
  EXPECT_EQ(fault("if a:\n    b\n  c\n"), "IndentationError: unindent does not match any outer indentation level");
  EXPECT_EQ(fault("if a:\n        b\n\tc\n"), "TabError: inconsistent use of tabs and spaces in indentation");
  EXPECT_EQ(
      fault("x = 0777"),
      "SyntaxError: leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers");
  EXPECT_EQ(fault("1__0"), "SyntaxError: invalid decimal literal");
  EXPECT_EQ(fault("0xg"), "SyntaxError: invalid hexadecimal literal");
  EXPECT_EQ(fault("0o8"), "SyntaxError: invalid digit '8' in octal literal");
}

TEST(Source, refuses_what_is_no_text) {
  EXPECT_EQ(fault(std::string("a\0b", 3)), "SyntaxError: source code cannot contain null bytes");
  EXPECT_EQ(fault("a\n\xff"), "SyntaxError: (unicode error) the source is no UTF-8 text");
  EXPECT_EQ(fault("# -*- coding: latin-1 -*-\n"),
            "SyntaxError: encoding 'latin-1' is not supported: sources are UTF-8");
  EXPECT_EQ(lex("\xEF\xBB\xBF# coding: utf-8\nx"), "x ; $");
}

TEST(Literal, reads_numbers_of_every_form) {
  const auto number = [](const std::string& text) {
    const Source source(text, "x.py", 1 << 20);
    ExprPtr e = decode_number(source, Lexer(source, 100).run()[0]);
    return e->kind == ExprKind::kInteger ? e->text
                                         : std::to_string(e->number) + (e->kind == ExprKind::kImaginary ? "j" : "");
  };
  EXPECT_EQ(number("1_000_000"), "1000000");
  EXPECT_EQ(number("00_0"), "0");
  EXPECT_EQ(number("0xFF_ff"), "65535");
  EXPECT_EQ(number("0o17"), "15");
  EXPECT_EQ(number("0b101"), "5");
  EXPECT_EQ(number("0x10000000000000000"), "18446744073709551616");  // 2⁶⁴
  EXPECT_EQ(number("123456789012345678901234567890"), "123456789012345678901234567890");
  EXPECT_EQ(number("1_0.5e-1"), "1.050000");
  EXPECT_EQ(number(".5"), "0.500000");
  EXPECT_EQ(number("5."), "5.000000");
  EXPECT_EQ(number("1e400"), "inf");
  EXPECT_EQ(number("1e-400"), "0.000000");
  EXPECT_EQ(number("0.0000001e-999999999999999999999"), "0.000000");
  EXPECT_EQ(number("2.5J"), "2.500000j");
}

TEST(Literal, decodes_escapes) {
  const Source source("", "x.py", 100);
  const auto text = [&](const char* s) { return decode_escapes(source, s, false, {}); };
  EXPECT_EQ(text("\\n\\t\\\\\\'\\\"\\a"), "\n\t\\'\"\a");
  EXPECT_EQ(text("\\x41\\101\\u00e9\\U0001F600"), "AAé😀");
  EXPECT_EQ(text("a\\\nb\\q"), "ab\\q");
  EXPECT_EQ(decode_escapes(source, "\\xff\\u0041", true, {}), "\xff\\u0041");
  EXPECT_THROW(text("\\N{DASH}"), SyntaxError);
  EXPECT_THROW(text("\\x4"), SyntaxError);
}

}  // namespace
}  // namespace gradus::syntax

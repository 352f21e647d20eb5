// What must only ever be refused: sources too deep for a stack, and thousands of broken ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "unit/syntax/dump.h"
#include "unit/syntax/normal.h"
#include "unit/syntax/parse.h"
#include "unit/syntax/scope.h"

namespace gradus::syntax {
namespace {

std::string repeat(const std::string& piece, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += piece;
  return out;
}

std::string nested_blocks(int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += std::string(i, ' ') + "if a:\n";
  return out;
}

TEST(Hostile, too_deep_is_refused_without_falling) {
  const Limits wide{.source_bytes = 64u << 20};
  const int n = 200'000;
  const std::string kDeep[] = {repeat("(", n),
                               repeat("(", n) + repeat(")", n),
                               repeat("[", n),
                               repeat("{", n),
                               repeat("f(", n),
                               repeat("a[", n),
                               repeat("not ", n) + "a",
                               repeat("-", n) + "a",
                               repeat("~", n) + "a",
                               repeat("a ** ", n) + "a",
                               repeat("lambda: ", n) + "a",
                               repeat("a if a else ", n) + "a",
                               repeat("a + ", n) + "a",
                               "a" + repeat(".b", n),
                               "a" + repeat("()", n),
                               "a" + repeat("[0]", n),
                               "if a: b\n" + repeat("elif a: b\n", n),
                               nested_blocks(10'000),
                               repeat("if a: ", n),
                               "x = " + repeat("-", n),
                               repeat("*", n),
                               repeat("(a:=", n),
                               "match a:\n case " + repeat("[", n),
                               "match a:\n case " + repeat("A(", n),
                               "match a:\n case " + repeat("{1:", n),
                               "f'" + repeat("{a:", n) + "'",
                               repeat("f'{", 3) + "a",
                               repeat("@", n),
                               repeat("if a:\n\\\n", n),
                               repeat("def f(a=", n)};
  for (const auto& source : kDeep) {
    try {
      resolve(parse(source, "x.py", wide));
      ADD_FAILURE() << "parsed: " << source.substr(0, 40);
    } catch (const SyntaxError& e) {
      EXPECT_LT(std::string(e.what()).size(), 2000u);
    }
  }
}

TEST(Hostile, long_but_not_deep_is_taken) {
  EXPECT_NO_THROW(parse("a" + repeat(".b", 900), "x.py"));
  EXPECT_NO_THROW(parse("a = " + repeat("b = ", 5000) + "c", "x.py"));
  EXPECT_NO_THROW(parse("[" + repeat("(a, b), ", 50'000) + "]", "x.py"));
  EXPECT_NO_THROW(parse(repeat("a and ", 20'000) + "b", "x.py"));
  EXPECT_NO_THROW(parse(repeat("'a' ", 20'000), "x.py"));
  EXPECT_NO_THROW(parse("if a: b\n" + repeat("elif a: b\n", 900), "x.py"));
  EXPECT_NO_THROW(parse(repeat("(", 90) + "a" + repeat(")", 90), "x.py"));
  EXPECT_THROW(parse(std::string((1u << 20) + 1, '\n'), "x.py"), SyntaxError);
}

/// splitmix64: the same mutations on every machine.
struct Dice {
  uint64_t state;
  uint64_t next() {
    uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  size_t below(size_t n) { return n == 0 ? 0 : next() % n; }
};

std::string mutate(std::string s, Dice& dice) {
  constexpr const char* kPieces[] = {
      "(",      ")",       "[",      "]",        "{",       "}",      "\"",         "'",      "'''",
      "f'",     "f\"{",    "\\",     "\n",       "\n    ",  "\t",     ":",          ";",      ",",
      "*",      "**",      "=",      ":=",       "->",      "@",      ".",          "...",    "#",
      "0x",     "1_",      "1e",     "1j",       "if ",     "else ",  "lambda ",    "for ",   " in ",
      "match ", "case _:", "def f(", "class A:", "yield ",  "async ", "nonlocal x", "\xc3",   "\xf0\x9f\x98\x80",
      "µ",      "\f",      "\r",     "!r",       "import ", "try:",   "except*",    "with (", " as ",
      "_"};
  for (size_t n = 1 + dice.below(4); n > 0; --n) {
    const size_t at = dice.below(s.size() + 1);
    switch (dice.below(6)) {
      case 0:
        s.erase(at, dice.below(8));
        break;
      case 1:
        s.insert(at, kPieces[dice.below(std::size(kPieces))]);
        break;
      case 2:
        if (at < s.size()) s[at] = static_cast<char>(dice.below(256));
        break;
      case 3:
        s.insert(at, s.substr(dice.below(s.size()), dice.below(60)));
        break;
      case 4:
        s.resize(at);
        break;
      default:
        s.insert(at, 1, static_cast<char>(32 + dice.below(95)));
        break;
    }
    if (s.empty()) s = "x";
  }
  return s;
}

TEST(Hostile, mutations_are_parsed_or_refused) {
  const char* root = std::getenv("GRADUS_SOURCE");
  std::ifstream stream(std::string(root != nullptr ? root : ".") + "/tests/unit/snippets.py");
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line + "\n");
  if (lines.empty()) GTEST_SKIP() << "no tests/unit/snippets.py: set GRADUS_SOURCE";
  const char* more = std::getenv("GRADUS_MUTATIONS");
  const int n = more != nullptr ? std::atoi(more) : 20'000;
  int parsed = 0;
  for (int i = 0; i < n; ++i) {
    Dice dice{static_cast<uint64_t>(i)};
    std::string piece;
    const size_t first = dice.below(lines.size()), count = 1 + dice.below(12);
    for (size_t k = first; k < std::min(lines.size(), first + count); ++k) piece += lines[k];
    const std::string source = mutate(piece, dice);
    try {
      const Module m = parse(source, "x.py");
      dump(m, {.spans = true});
      resolve(m);
      normal_form(source, "x.py");
      ++parsed;
    } catch (const SyntaxError&) {
      // the one way to refuse
    }
  }
  EXPECT_GT(parsed, n / 50) << "the mutations are all hopeless";
  EXPECT_LT(parsed, n / 2);
}

}  // namespace
}  // namespace gradus::syntax

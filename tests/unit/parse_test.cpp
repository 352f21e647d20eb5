#include "unit/syntax/parse.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "unit/syntax/dump.h"
#include "unit/syntax/scope.h"

namespace gradus::syntax {
namespace {

std::string read(const std::filesystem::path& p) {
  std::ifstream in(p, std::ios::binary);
  std::stringstream s;
  s << in.rdbuf();
  return s.str();
}

std::string expr(const std::string& source) { return dump(*parse_expression(source, "x.py")); }

/// The message of the SyntaxError that a source gives, or "" when it parses.
std::string fault(const std::string& source) {
  try {
    resolve(parse(source, "x.py"));
  } catch (const SyntaxError& e) {
    return e.message;
  }
  return "";
}

std::string scope_name(const Scope& s) {
  if (s.kind == Scope::Kind::kLambda) return "lambda";
  if (s.kind == Scope::Kind::kClass) return static_cast<const Stmt*>(s.node)->name;
  if (s.kind != Scope::Kind::kComprehension) return "";
  switch (static_cast<const Expr*>(s.node)->kind) {
    case ExprKind::kListComp:
      return "listcomp";
    case ExprKind::kSetComp:
      return "setcomp";
    case ExprKind::kDictComp:
      return "dictcomp";
    default:
      return "genexpr";
  }
}

void write_scopes(const Scope& s, std::vector<std::string>& out) {
  const bool module = s.kind == Scope::Kind::kModule;
  std::vector<std::string> names;
  for (const auto& [name, kind] : s.names) {
    const char* letter = kind == NameKind::kCell     ? "C"
                         : kind == NameKind::kFree   ? "F"
                         : kind == NameKind::kGlobal ? "G"
                                                     : "L";
    names.push_back(name + "=" + letter);
  }
  std::sort(names.begin(), names.end());
  std::string line = module ? "M " : (s.kind == Scope::Kind::kClass ? "C " : "F ") + scope_name(s);
  for (const auto& n : names) line += " " + n;
  while (line.back() == ' ') line.pop_back();
  out.push_back(line);
  for (const auto& child : s.children) write_scopes(*child, out);
}

/// For parse_peer.py: N.py in $GRADUS_DUMP becomes N.out.
TEST(Dump, writes_what_the_peer_compares) {
  const char* folder = std::getenv("GRADUS_DUMP");
  if (folder == nullptr) GTEST_SKIP() << "run by tests/unit/parse_peer.py";
  const std::string mode = std::getenv("GRADUS_DUMP_MODE");
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".py") continue;
    auto out = file.path();
    out.replace_extension(".out");
    std::ofstream stream(out, std::ios::binary);
    try {
      const Module m = parse(read(file.path()), file.path().filename(), {.source_bytes = 8u << 20});
      if (mode != "scopes") {
        stream << dump(m, {.spans = mode == "spans"});
        continue;
      }
      std::vector<std::string> lines;
      write_scopes(*resolve(m).root, lines);
      std::sort(lines.begin(), lines.end());
      for (const auto& l : lines) stream << l << "\n";
    } catch (const SyntaxError& e) {
      stream << e.what() << "\n";
    }
  }
}

std::filesystem::path tests_folder() {
  const char* source = std::getenv("GRADUS_SOURCE");
  return std::filesystem::path(source != nullptr ? source : ".") / "tests/unit";
}

/// snippets.dump was written by CPython (ast_dump.py --spans).
TEST(Parse, agrees_with_cpython_on_every_construct) {
  const std::string source = read(tests_folder() / "snippets.py");
  if (source.empty()) GTEST_SKIP() << "no tests/unit/snippets.py: set GRADUS_SOURCE";
  EXPECT_EQ(dump(parse(source, "snippets.py"), {.spans = true}), read(tests_folder() / "snippets.dump"));
  EXPECT_NO_THROW(resolve(parse(source, "snippets.py")));
}

TEST(Parse, binds_operators_as_python_does) {
  EXPECT_EQ(expr("a + b * c ** -d ** e"), "(+ a (* b (** c (u- (** d e)))))");
  EXPECT_EQ(expr("-a ** b"), "(u- (** a b))");
  EXPECT_EQ(expr("a - b - c"), "(- (- a b) c)");
  EXPECT_EQ(expr("not a == b"), "(not (compare a == b))");
  EXPECT_EQ(expr("a or b and not c"), "(or a (and b (not c)))");
  EXPECT_EQ(expr("a < b < c"), "(compare a < b < c)");
  EXPECT_EQ(expr("a | b ^ c & d << e"), "(| a (^ b (& c (<< d e))))");
  EXPECT_EQ(expr("a if b else c if d else e"), "(if b a (if d c e))");
  EXPECT_EQ(expr("lambda x: x if x else y"), "(lambda (parameters (x () ())) (if x x y))");
}

TEST(Parse, takes_strings_apart) {
  EXPECT_EQ(expr("'a' \"b\" r'\\n'"), "\"ab\\x5cn\"");
  EXPECT_EQ(expr("b'\\xff'"), "b\"\\xff\"");
  EXPECT_EQ(expr("f'a{b}c' 'd{e}'"), "(fstring \"a\" (format b - ()) \"cd{e}\")");
  EXPECT_EQ(expr("f'{a!r:>{w}}'"), "(fstring (format a r (fstring \">\" (format w - ()))))");
  EXPECT_EQ(expr("f'{a=}'"), "(fstring \"a=\" (format a r ()))");
  EXPECT_EQ(expr("f'{a = :.2f}'"), "(fstring \"a = \" (format a - (fstring \".2f\")))");
  EXPECT_EQ(expr("f'{{{a}}}'"), "(fstring \"{\" (format a - ()) \"}\")");
}

TEST(Parse, points_at_the_fault) {
  try {
    parse("x = 1\nif x:\n    y = = 2\n", "block.py");
    FAIL();
  } catch (const SyntaxError& e) {
    EXPECT_STREQ(e.what(), "  File \"block.py\", line 3\n    y = = 2\n        ^\nSyntaxError: invalid syntax");
    EXPECT_EQ(e.where.line, 3);
    EXPECT_EQ(e.where.column, 8);
  }
  try {  // the window follows the caret on a long line
    parse("x = [" + std::string(5000, ' ') + "1 2" + std::string(5000, ' ') + "]", "block.py");
    FAIL();
  } catch (const SyntaxError& e) {
    EXPECT_LT(std::string(e.what()).size(), 500u);
    EXPECT_NE(std::string(e.what()).find("1 2"), std::string::npos);
  }
}

/// Messages are CPython 3.11's, but for what units refuse on purpose.
TEST(Parse, refuses_with_pythons_words) {
  const std::pair<const char*, const char*> kFaults[] = {
      {"if x = 3: pass", "invalid syntax. Maybe you meant '==' or ':=' instead of '='?"},
      {"1 = x", "cannot assign to literal here. Maybe you meant '==' instead of '='?"},
      {"f() = 1", "cannot assign to function call here. Maybe you meant '==' instead of '='?"},
      {"None = 1", "cannot assign to None"},
      {"print 'x'", "Missing parentheses in call to 'print'. Did you mean print(...)?"},
      {"f(a=1, 2)", "positional argument follows keyword argument"},
      {"f(a=1, a=2)", "keyword argument repeated: a"},
      {"f(x for x in y, 1)", "Generator expression must be parenthesized"},
      {"f(a b)", "invalid syntax. Perhaps you forgot a comma?"},
      {"f(a.b=1)", "expression cannot contain assignment, perhaps you meant \"==\"?"},
      {"def f(a=1, b): pass", "non-default argument follows default argument"},
      {"def f(*): pass", "named arguments must follow bare *"},
      {"x = 5 5", "invalid syntax"},
      {"if x", "expected ':'"},
      {"if x:\ny", "expected an indented block after 'if' statement on line 1"},
      {" x", "unexpected indent"},
      {"try: pass\nx", "expected 'except' or 'finally' block"},
      {"{1: 2, 3}", "':' expected after dictionary key"},
      {"*a = 1", "starred assignment target must be in a list or tuple"},
      {"a, *b, *c = d", "multiple starred expressions in assignment"},
      {"a if b", "expected 'else' after 'if' expression"},
      {"f'{}'", "f-string: empty expression not allowed"},
      {"f'{a'", "f-string: expecting '}'"},
      {"f'}'", "f-string: single '}' is not allowed"},
      {"f'{a!x}'", "f-string: invalid conversion character: expected 's', 'r', or 'a'"},
      {"'a' b'b'", "cannot mix bytes and nonbytes literals"},
      {"async def f(): pass", "'async' is not supported: units have no event loop"},
      {"await x", "'await' is not supported: units have no event loop"},
      {"try: a\nexcept* B: c", "'except*' is not supported: units have no exception groups"},
      {"a.def", "invalid syntax: 'def' is a keyword and cannot be a name"}};
  for (const auto& [source, message] : kFaults) EXPECT_EQ(fault(source), message) << source;
}

}  // namespace
}  // namespace gradus::syntax

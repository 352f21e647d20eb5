#include "unit/syntax/scope.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/syntax/parse.h"

namespace gradus::syntax {
namespace {

/// A scope by the path of its children's positions, as text: `a=local b=cell …`, sorted.
std::string names(const std::string& source, const std::vector<size_t>& path) {
  const Module m = parse(source, "x.py");
  const Scopes scopes = resolve(m);
  const Scope* s = scopes.root.get();
  for (const size_t i : path) s = s->children.at(i).get();
  std::vector<std::string> all;
  constexpr const char* kKinds[] = {"local", "cell", "free", "global", "class"};
  for (const auto& [name, kind] : s->names) all.push_back(name + "=" + kKinds[static_cast<int>(kind)]);
  std::sort(all.begin(), all.end());
  std::string out;
  for (const auto& a : all) out += (out.empty() ? "" : " ") + a;
  return out;
}

std::string fault(const std::string& source) {
  try {
    resolve(parse(source, "x.py"));
  } catch (const SyntaxError& e) {
    return e.message;
  }
  return "";
}

TEST(Scope, tells_locals_cells_and_globals) {
  const std::string s = "def f(a, b):\n  c = a\n  def g(): return b + c + d\n  return g\n";
  EXPECT_EQ(names(s, {}), "f=global");
  EXPECT_EQ(names(s, {0}), "a=local b=cell c=cell g=local");
  EXPECT_EQ(names(s, {0, 0}), "b=free c=free d=global");
}

TEST(Scope, numbers_slots_by_parameters_then_first_binding) {
  const Module m = parse("def f(a, /, b, *args, c=0, **kw):\n  y = x\n  x = 1\n  for z in y: pass\n", "x.py");
  const Scopes scopes = resolve(m);
  EXPECT_EQ(scopes.of.at(m.body[0].get())->locals,
            (std::vector<std::string>{"a", "b", "c", "args", "kw", "y", "x", "z"}));
}

TEST(Scope, passes_over_classes) {
  const std::string s = "def f():\n  x = 1\n  class C:\n    x = 2\n    y = x\n    def g(self): return x, y\n";
  EXPECT_EQ(names(s, {0}), "C=local x=cell");
  EXPECT_EQ(names(s, {0, 0}), "g=class x=class y=class");
  EXPECT_EQ(names(s, {0, 0, 0}), "self=local x=free y=global");
}

TEST(Scope, gives_super_its_cell) {
  const std::string s = "class C(B):\n  def __init__(self):\n    super().__init__()\n  def g(self): return 1\n";
  const Module m = parse(s, "x.py");
  const Scopes scopes = resolve(m);
  const Scope& c = *scopes.root->children[0];
  EXPECT_TRUE(c.uses_class_cell);
  EXPECT_EQ(c.cells, std::vector<std::string>{"__class__"});
  EXPECT_EQ(c.children[0]->frees, std::vector<std::string>{"__class__"});
  EXPECT_TRUE(c.children[0]->uses_class_cell);
  EXPECT_FALSE(c.children[1]->uses_class_cell);
}

TEST(Scope, gives_comprehensions_their_own_names) {
  const std::string s = "def f(x, k):\n  return [y := i + k for i in x]\n";
  EXPECT_EQ(names(s, {0}), "k=cell x=local y=cell");
  EXPECT_EQ(names(s, {0, 0}), "i=local k=free y=free");
  EXPECT_EQ(names("[z := i for i in w]", {0}), "i=local z=global");
}

TEST(Scope, ignores_annotations) {
  EXPECT_EQ(names("def f(a: T) -> R:\n  b: U\n  c: V = 1\n  (d): W\n", {0}), "a=local b=local c=local d=global");
}

TEST(Scope, mangles_private_names) {
  EXPECT_EQ(names("class C:\n  __x = 1\n  def __f(self): return self.__y, __z\n", {0}), "_C__f=class _C__x=class");
  EXPECT_EQ(names("class C:\n  def f(self): return __z, __all__\n", {0, 0}), "_C__z=global __all__=global self=local");
}

TEST(Scope, marks_generators) {
  const Module m = parse("def f():\n  yield 1\ndef g():\n  return (i for i in x)\n", "x.py");
  const Scopes scopes = resolve(m);
  EXPECT_TRUE(scopes.of.at(m.body[0].get())->is_generator);
  EXPECT_FALSE(scopes.of.at(m.body[1].get())->is_generator);
}

TEST(Scope, refuses_with_pythons_words) {
  const std::pair<const char*, const char*> kFaults[] = {
      {"def f():\n  from math import *", "import * only allowed at module level"},
      {"return 1", "'return' outside function"},
      {"break", "'break' outside loop"},
      {"for a in b:\n  def f(): continue", "'continue' not properly in loop"},
      {"yield 1", "'yield' outside function"},
      {"def f(): return [(yield) for i in x]", "'yield' inside a comprehension"},
      {"def f(a):\n  global a", "name 'a' is parameter and global"},
      {"def f():\n  a = 1\n  global a", "name 'a' is assigned to before global declaration"},
      {"def f():\n  print(a)\n  global a", "name 'a' is used prior to global declaration"},
      {"def f():\n  nonlocal a", "no binding for nonlocal 'a' found"},
      {"nonlocal a", "nonlocal declaration not allowed at module level"},
      {"def f(a, a): pass", "duplicate argument 'a' in function definition"},
      {"[i := 0 for i in x]", "assignment expression cannot rebind comprehension iteration variable 'i'"},
      {"[i for i in (j := x)]", "assignment expression cannot be used in a comprehension iterable expression"},
      {"class C:\n  [j := i for i in x]",
       "assignment expression within a comprehension cannot be used in a class body"},
      {"match a:\n  case x: pass\n  case 1: pass", "name capture 'x' makes remaining patterns unreachable"},
      {"match a:\n  case [x, x]: pass", "multiple assignments to name 'x' in pattern"},
      {"match a:\n  case [x] | 1: pass", "alternative patterns bind different names"}};
  for (const auto& [source, message] : kFaults) EXPECT_EQ(fault(source), message) << source;
}

}  // namespace
}  // namespace gradus::syntax

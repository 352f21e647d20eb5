// The evaluator seen from C++: bounds, entries, callbacks, hooks, and that nothing outlives it.
#include "unit/run/interpreter.h"

#include <gtest/gtest.h>

#include <chrono>

namespace gradus {
namespace {

struct Probe : Other {  // counts the living
  explicit Probe(Ref<Class> c) : Other(std::move(c)) { ++alive; }
  ~Probe() override { --alive; }
  static inline int alive = 0;
};

std::string error_of(const std::string& source, Limits limits = {}) {
  Interpreter i(limits);
  i.start_clock();
  try {
    i.run(source, "u.py");
  } catch (const UnitError& e) {
    return e.message;
  }
  return "no error";
}

Value global(Interpreter& i, const Ref<ModuleObject>& m, const char* name) {
  return *m->attributes->find(i.intern(name).get());
}

TEST(Limits, StepsCannotBeCaught) {
  Limits l;
  l.steps = 200'000;
  EXPECT_EQ(error_of("while True:\n  try:\n    while True: pass\n  except BaseException: pass\n", l),
            "TimeoutError: the unit took more than 200000 steps");
  EXPECT_EQ(error_of("sum(range(10**12))", l), "TimeoutError: the unit took more than 200000 steps");
  EXPECT_EQ(error_of("def g():\n  while True: yield 1\nlist(zip(g(), g()))", l),
            "TimeoutError: the unit took more than 200000 steps");
}

TEST(Limits, StepsNameTheLine) {
  Limits l;
  l.steps = 100'000;
  Interpreter i(l);
  try {
    i.run("x = 0\ndef f():\n  while True:\n    pass\nf()\n", "u.py");
    FAIL();
  } catch (const UnitError& e) {
    EXPECT_EQ(e.type, "TimeoutError");
    EXPECT_GE(e.line, 3);
    EXPECT_NE(std::string(e.what()).find("in f"), std::string::npos);
  }
}

TEST(Limits, Seconds) {
  Limits l;
  l.seconds = 0.2;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(error_of("while True: pass", l), "TimeoutError: the unit took longer than 0.20 seconds");
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 5);
}

TEST(Limits, Containers) {
  for (const char* source :
       {"'a' * 10**12", "[0] * 10**10", "(1,) * 10**10", "b'x' * 10**11", "10 ** 10 ** 8", "1 << 10 ** 10",
        "list(range(10**10))", "x = 'ab' * 10**7\nfor _ in range(20): x = x + x",
        "x = [0] * 10**6\nfor _ in range(20): x += x", "'%100000000d' % 5", "f'{5:100000000}'", "'a'.center(10**10)",
        "'x'.zfill(10**11)", "x = 2 ** 1000\nwhile True: x = x * x", "','.join(['a' * 10**6] * 10**3)", "bytes(10**12)",
        "'a'.replace('', 'b' * 10**8) * 100"}) {
    const std::string message = error_of(source);
    EXPECT_EQ(message.substr(0, 11), "MemoryError") << source << ": " << message;
  }
}

TEST(Limits, CaughtLikeOthers) {
  EXPECT_EQ(error_of("try: 'a' * 10**12\nexcept MemoryError: pass\n"
                     "def f(): return f()\ntry: f()\nexcept RecursionError: pass\n"),
            "no error");
}

TEST(Limits, DeepStructuresCostNoStack) {
  EXPECT_EQ(error_of("x = []\nfor _ in range(10**6): x = [x]\n"), "no error");
  EXPECT_EQ(error_of("x = []\nfor _ in range(10**5): x = [x]\nrepr(x)"),
            "RecursionError: maximum recursion depth exceeded");
  EXPECT_EQ(error_of("x = []\ny = []\nfor _ in range(10**5): x, y = [x], [y]\nx == y"),
            "RecursionError: maximum recursion depth exceeded");
  EXPECT_EQ(error_of("x = ()\nfor _ in range(10**5): x = (x,)\nhash(x)"),
            "RecursionError: maximum recursion depth exceeded");
  EXPECT_EQ(error_of("def g(it):\n  for x in it: yield x\nit = [1]\nfor _ in range(1000): it = g(it)\nlist(it)"),
            "RecursionError: maximum recursion depth exceeded");
  EXPECT_EQ(error_of("it = [1]\nfor _ in range(100000): it = map(abs, it)\ndel it\n"), "no error");
}

TEST(Refused, NamesSayWhy) {
  EXPECT_EQ(error_of("eval('1')"),
            "NotImplementedError: eval() is not part of the unit language: units do not run text");
  EXPECT_EQ(error_of("open('x')"),
            "NotImplementedError: open() is not part of the unit language: units have no file system");
  EXPECT_EQ(error_of("import subprocess"),
            "ModuleNotFoundError: No module named 'subprocess': not part of the unit language (units have no process)");
  EXPECT_EQ(error_of("def f(): pass\nf.__globals__"),
            "AttributeError: 'function' object has no attribute '__globals__': '__globals__' is not part of the unit "
            "language");
  EXPECT_EQ(error_of("object.__subclasses__()"),
            "AttributeError: type object 'object' has no attribute '__subclasses__': '__subclasses__' is not part of "
            "the unit language");
  EXPECT_EQ(error_of("class M(type): pass"),
            "TypeError: deriving a class from 'type' is not part of the unit language");
}

TEST(Escape, NothingLeadsOut) {
  for (const char* source :
       {"().__class__.__base__.__subclasses__()", "(lambda: 0).__code__", "(x for x in []).gi_frame", "print.__self__",
        "[].append.__globals__", "''.__class__.__mro__[1].__subclasses__()", "import builtins", "__builtins__",
        "type(type(1)).__subclasses__(type)", "try: 1/0\nexcept Exception as e: e.__traceback__.tb_frame",
        "'{0.__class__.__init__.__globals__}'.format(1)", "int.real = 5", "object.x = 1",
        "class A: pass\nA().__class__ = int", "import ctypes", "__import__('os')", "globals()"})
    EXPECT_NE(error_of(source), "no error") << source;
}

TEST(Entries, InvokeAndSignature) {
  Interpreter i;
  const auto m = i.run(
      "from functools import partial\n"
      "class Block:\n"
      "  'Doc.'\n"
      "  def __init__(self, dim, *, norm, heads: int = 4, eps=1e-5, **kw): self.dim = dim\n"
      "  def forward(self, x, mask=None): return x * self.dim\n"
      "p = partial(Block, norm=3)\n",
      "u.py");
  const auto s = i.function_signature(global(i, m, "Block"));
  ASSERT_EQ(s.size(), 5u);
  EXPECT_EQ(s[0].name, "dim");
  EXPECT_FALSE(s[1].default_value.defined());
  EXPECT_EQ(s[1].kind, Interpreter::ParameterInfo::Kind::kKeywordOnly);
  EXPECT_EQ(s[2].annotation, "int");
  EXPECT_EQ(s[3].default_value.as_float(), 1e-5);
  EXPECT_EQ(s[4].kind, Interpreter::ParameterInfo::Kind::kKwargs);
  EXPECT_TRUE(i.function_signature(global(i, m, "p"))[1].default_value.defined());
  const Value block = i.invoke(global(i, m, "Block"), {Value(3)}, {{"norm", Value(1)}});
  const auto f = i.function_signature(i.get_attribute(block, i.intern("forward")));
  ASSERT_EQ(f.size(), 2u);
  EXPECT_EQ(f[0].name, "x");
  EXPECT_TRUE(f[1].default_value.is_none());
  EXPECT_EQ(i.invoke(i.get_attribute(block, i.intern("forward")), {Value(5)}).as_int(), 15);
  EXPECT_EQ(i.str(i.get_attribute(global(i, m, "Block"), i.intern("__doc__"))), "Doc.");
  EXPECT_THROW(i.invoke(global(i, m, "Block"), {}), UnitError);
  EXPECT_EQ(i.invoke(global(i, m, "Block"), {Value(1)}, {{"norm", Value()}}).is(Kind::kInstance), true);
}

TEST(Entries, CallbacksNestAndErrorsPassThroughNativeCode) {
  Interpreter i;
  i.add_module("host", [](Interpreter& in, ModuleObject& m) {
    m.attributes->set(in.intern("twice"), make<Native>("twice", [](Interpreter& inner, const Arguments& a) -> Value {
                        const Value first = inner.call(a.positional[0], a.positional.subspan(1));
                        return inner.call(a.positional[0], std::span(&first, 1));
                      }));
    m.attributes->set(in.intern("fail"), make<Native>("fail", [](Interpreter&, const Arguments&) -> Value {
                        throw std::runtime_error("native");
                      }));
  });
  std::string out;
  i.print_sink = [&](std::string_view s) { out += s; };
  i.run(
      "import host\n"
      "def gen():\n"
      "  try:\n"
      "    x = yield host.twice(lambda v: host.twice(lambda w: w + 1, v), 10)\n"
      "    yield x\n"
      "  finally: print('closed', host.twice(abs, -3))\n"
      "g = gen()\nprint(next(g), g.send('s'))\ng.close()\n"
      "def bad(v): raise KeyError(v)\n"
      "try: host.twice(bad, 1)\nexcept KeyError as e: print('key', e)\n"
      "try: host.fail()\nexcept RuntimeError as e: print(e)\n",
      "u.py");
  EXPECT_EQ(out, "14 s\nclosed 3\nkey 1\nnative\n");
}

TEST(Entries, SetAttributeHookComesFirst) {
  Interpreter i;
  const Ref<Class> module = i.native_class("Module", "host", Kind::kInstance);
  module->on_set_attribute = [](Interpreter& in, Instance& o, const Ref<Str>& name, const Value& v) {
    if (!v.is_int()) return false;
    o.attributes->set(name, in.binary(syntax::Op::kMul, v, Value(2)));
    return true;
  };
  i.method(module, "__call__", [](Interpreter& in, const Arguments& a) {
    return in.call(in.get_attribute(a.positional[0], in.intern("forward")), a.positional.subspan(1), a.keywords);
  });
  i.add_module("host", [module](Interpreter& in, ModuleObject& m) { m.attributes->set(in.intern("Module"), module); });
  const auto m = i.run(
      "from host import Module\n"
      "class A(Module):\n"
      "  def __init__(self, n):\n    super().__init__()\n    self.n = n\n    self.s = 'text'\n"
      "  def forward(self, x, *, k=1): return x + self.n + k\n"
      "y = A(5)(1, k=100)\ns = A(1).s\n",
      "u.py");
  EXPECT_EQ(global(i, m, "y").as_int(), 111);
  EXPECT_EQ(i.str(global(i, m, "s")), "text");
}

TEST(Memory, EverythingGoesWithTheInterpreter) {
  {
    Interpreter i;
    const Ref<Class> c = i.native_class("Probe", "host", Kind::kOther);
    c->construct = [](Interpreter&, const Arguments& a) -> Value { return make<Probe>(a.positional[0].ref<Class>()); };
    i.add_module("host", [c](Interpreter& in, ModuleObject& m) { m.attributes->set(in.intern("Probe"), c); });
    i.run(
        "from host import Probe\n"
        "a = [Probe()]\na.append(a)\n"
        "d = {}\nd['d'] = d; d['p'] = Probe()\n"
        "class A:\n  p = Probe()\n  def m(self): return A\n"
        "x = A(); x.me = x; x.p2 = Probe()\n"
        "def f():\n  p = Probe()\n  def g(): return g, p\n  return g\n"
        "fs = [f() for _ in range(3)]\n"
        "def gen():\n  p = Probe()\n  try: yield it\n  finally: p\n"
        "it = gen(); next(it)\n"
        "t = ([Probe()],); t[0].append(t)\n"
        "del fs, it, x, a, d\n",
        "u.py");
    EXPECT_GT(Probe::alive, 0);
  }
  EXPECT_EQ(Probe::alive, 0);
}

TEST(Memory, ValuesMayOutliveTheInterpreter) {
  Value v, f;
  {
    Interpreter i;
    const auto m = i.run("class A: pass\nx = [1, {'k': A()}]\ndef f(): return x\n", "u.py");
    v = global(i, m, "x"), f = global(i, m, "f");
  }
  EXPECT_TRUE(v.is(Kind::kList));
}

TEST(Memory, TwoInterpretersAtOnce) {
  Interpreter a;
  auto b = std::make_unique<Interpreter>();
  const auto m = a.run("x = [1]\ndef f(): x.append([]); return len(x)\n", "a.py");
  b->run("y = [[] for _ in range(10)]\n", "b.py");
  EXPECT_EQ(a.invoke(global(a, m, "f")).as_int(), 2);
  b.reset();
  EXPECT_EQ(a.invoke(global(a, m, "f")).as_int(), 3);
}

TEST(Signature, BindsByPythonsRules) {
  Interpreter i;
  const Signature s("f", "x, y=None, *, eps=1e-5, mode='a'");
  const std::vector<Value> positional{Value(1)};
  const std::vector<std::pair<Ref<Str>, Value>> keywords{{i.intern("eps"), Value(0.5)}};
  const auto v = s.bind(i, {positional, keywords});
  ASSERT_EQ(v.size(), 4u);
  EXPECT_EQ(v[0].as_int(), 1);
  EXPECT_TRUE(v[1].is_none());
  EXPECT_EQ(v[2].as_float(), 0.5);
  EXPECT_EQ(i.str(v[3]), "a");
  EXPECT_THROW(s.bind(i, {{}, {}}), Raised);
}

}  // namespace
}  // namespace gradus

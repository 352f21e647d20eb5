#include "unit/syntax/normal.h"

#include <gtest/gtest.h>

namespace gradus::syntax {
namespace {

std::string normal(const std::string& source) { return normal_form(source, "x.py"); }

const std::string kUnit = R"(
import torch
from torch import nn
import torch.nn.functional as F

class SwiGLU(nn.Module):
    def __init__(self, dim, expand=8/3):
        super().__init__()
        inner = int(dim * expand)
        self.up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        a, g = self.up(x).chunk(2, dim=-1)
        return self.down(a * F.silu(g))
)";

// The same, otherwise written: comments, docstrings, hints, brackets, quotes, line breaks, names of locals.
const std::string kRewritten = R"(# SPDX
"""A gated MLP."""
from __future__ import annotations
import torch
from torch import nn
from typing import Optional
import torch.nn.functional as F


class SwiGLU(nn.Module):
    '''y = W2 (a * silu(g)).'''

    def __init__(self, dim: int, expand: float = 8 / 3) -> None:
        super().__init__()
        hidden: int = int((dim * expand))  # width
        note: Optional[str]
        self.up: nn.Linear = nn.Linear(
            dim,
            2 * hidden,
            bias=False,
        )
        self.down = nn.Linear(hidden, dim, bias=False)
        pass

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        "Docstring."
        (value, gate) = self.up(x).chunk(0x2, dim=-1); ...
        return self.down(value * F.silu(gate))
)";

TEST(NormalForm, is_blind_to_how_a_unit_is_written) { EXPECT_EQ(normal(kUnit), normal(kRewritten)); }

/// Golden: a change here is a new kNormalScheme, and every recorded design_id is void.
TEST(NormalForm, has_golden_values) {
  ASSERT_EQ(kNormalScheme, 1);
  EXPECT_EQ(normal(kUnit),
            "(import (torch))\n"
            "(from 0 torch (nn))\n"
            "(import (torch.nn.functional F))\n"
            "(class SwiGLU (. nn Module) (body "
            "(def __init__ (parameters (self ()) (dim ()) (expand (/ 8 3))) (body "
            "(expression (call (. (call super) __init__))) "
            "(assign %0 (call int (* dim expand))) "
            "(assign (. self up) (call (. nn Linear) dim (* 2 %0) (= bias False))) "
            "(assign (. self down) (call (. nn Linear) %0 dim (= bias False))))) "
            "(def forward (parameters (self ()) (x ())) (body "
            "(assign (tuple %1 %2) (call (. (call (. self up) x) chunk) 2 (= dim (u- 1)))) "
            "(return (call (. self down) (* %1 (call (. F silu) %2))))))))\n");
  EXPECT_EQ(normal("def f(a, /, *b, c=1, **d):\n  g = lambda q: [a + i for i in q if i]\n  return g(b), c, d\n"),
            "(def f (parameters (%0 ()) / (*%1 ()) (c 1) (**%2 ())) (body "
            "(assign %3 (lambda (parameters (q ())) (listcomp (+ %0 %4) (for %4 q %4)))) "
            "(return (tuple (call %3 %1) c %2))))\n");
}

TEST(NormalForm, tells_changes_of_meaning) {
  const auto changed = [](const std::string& from, const std::string& to) {
    std::string s = kUnit;
    const size_t at = s.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return normal(s.replace(at, from.size(), to));
  };
  const std::string before = normal(kUnit);
  const std::pair<const char*, const char*> kChanges[] = {{"8/3", "8//3"},
                                                          {"2 * inner", "3 * inner"},
                                                          {"a * F.silu(g)", "g * F.silu(a)"},
                                                          {"a, g =", "g, a ="},
                                                          {"bias=False", "bias=True"},
                                                          {"dim, expand=", "width, expand="},
                                                          {"self.up = ", "self.upper = "},
                                                          {"F.silu", "F.gelu"},
                                                          {"dim=-1", "dim=1"},
                                                          {"return self.down", "self.down"},
                                                          {"SwiGLU", "GEGLU"},
                                                          {"8/3", "8.0/3"},
                                                          {"class SwiGLU", "@torch.no_grad()\nclass SwiGLU"},
                                                          {"super().__init__()", "super().__init__(), 1"}};
  for (const auto& [from, to] : kChanges) EXPECT_NE(before, changed(from, to)) << from << " -> " << to;
}

TEST(NormalForm, follows_a_name_to_the_scope_that_owns_it) {
  EXPECT_EQ(normal("def f():\n  a = 1\n  def g(): return a\n  return g\n"),
            normal("def f():\n  b = 1\n  def h():\n    return b\n  return h\n"));
  // An inner local is not the outer one, whatever they are called.
  EXPECT_NE(normal("def f():\n  a = 1\n  def g():\n    a = 2\n  return a\n"),
            normal("def f():\n  a = 1\n  def g():\n    nonlocal a\n    a = 2\n  return a\n"));
  EXPECT_NE(normal("def f():\n  a = 1\n  return a\n"), normal("def f():\n  global a\n  a = 1\n  return a\n"));
  EXPECT_NE(normal("def f():\n  return [a for a in b]\n"), normal("def f():\n  return [b for a in b]\n"));
  EXPECT_EQ(normal("def f(x):\n  return [i for i in x], {k: v for k, v in x}\n"),
            normal("def f(x):\n  return [x for x in x], {a: b for a, b in x}\n"));
  EXPECT_EQ(normal("def f():\n  import math\n  return math.pi\n"),
            normal("def f():\n  import math as m\n  return m.pi\n"));
  EXPECT_EQ(normal("def f():\n  try: g()\n  except E as e: h(e)\n"),
            normal("def f():\n  try: g()\n  except E as err: h(err)\n"));
  EXPECT_NE(normal("def f():\n  import a.b\n  return a\n"), normal("def f():\n  import a.b as c\n  return c\n"));
}

TEST(NormalForm, keeps_names_that_others_can_see) {
  EXPECT_NE(normal("def f(a): return a\n"), normal("def f(b): return b\n"));
  EXPECT_NE(normal("f = lambda a: a\n"), normal("f = lambda b: b\n"));
  EXPECT_NE(normal("a = 1\n"), normal("b = 1\n"));
  EXPECT_NE(normal("class A:\n  x = 1\n"), normal("class A:\n  y = 1\n"));
  EXPECT_NE(normal("def f():\n  a = 1\n  return locals()\n"), normal("def f():\n  b = 1\n  return locals()\n"));
}

TEST(NormalForm, keeps_the_fields_of_a_dataclass) {
  EXPECT_NE(normal("@dataclass\nclass A:\n  x: int = 1\n"), normal("@dataclass\nclass A:\n  x = 1\n"));
  EXPECT_EQ(normal("@dataclass\nclass A:\n  x: int = 1\n"), normal("@dataclass\nclass A:\n  x: 'float' = 1\n"));
  EXPECT_NE(normal("@dataclass\nclass A:\n  x: int = 1\n"), normal("@dataclass\nclass A:\n  x: ClassVar[int] = 1\n"));
  EXPECT_EQ(normal("class A(nn.Module):\n  x: int = 1\n  y: int\n"), normal("class A(nn.Module):\n  x = 1\n"));
}

TEST(NormalForm, drops_what_does_nothing) {
  EXPECT_EQ(normal("if a:\n  pass\n  b\n"), normal("if a: b\n"));
  EXPECT_EQ(normal("def f(): ...\n"), normal("def f():\n  'doc'\n  pass\n"));
  EXPECT_EQ(normal("x = f'a' 'b'\n"), normal("x = 'ab'\n"));
  EXPECT_EQ(normal("from typing import List, cast\nx = cast(int, 1)\n"),
            normal("from typing import cast\nx = cast(int, 1)\n"));
  EXPECT_NE(normal("x = 'a'\n"), normal("x = b'a'\n"));
  EXPECT_NE(normal("x = 1\n"), normal("x = 1.0\n"));
}

}  // namespace
}  // namespace gradus::syntax

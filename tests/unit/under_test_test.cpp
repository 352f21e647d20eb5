// What the gate relies on: float64 that says it is float32, dropout that drops nothing, what a call leaves behind.
#include "tensor_fixture.h"
#include "unit/tensor/heap.h"

namespace gradus {
namespace {

TEST_F(TensorTest, UnderTestAllFloatsAreFloat64AndSayTheyAreNot) {
  set_under_test(in, {.wide = true, .no_dropout = false});
  const WideDefault wide(true);
  for (const char* made : {"torch.zeros(2)", "torch.ones(2).float()", "torch.ones(2).half()",
                           "torch.ones(2).to(torch.bfloat16)", "torch.tensor([1.0, 2.0])", "(torch.arange(2) / 3)",
                           "torch.rand(2, dtype=torch.float32)", "torch.ones(2, dtype=torch.int64).type(torch.float32)",
                           "nn.Linear(2, 2).weight", "torch.zeros(2).new_tensor([1.5])", "torch.Tensor([1.0])",
                           "F.softmax(torch.zeros(2), -1, dtype=torch.float32)"}) {
    EXPECT_EQ(text(std::string("out = ") + made + ".dtype"), "torch.float32") << made;
    run(std::string("out = ") + made);
    EXPECT_EQ(to_tensor(name("out")).scalar_type(), at::kDouble) << made;
  }
  EXPECT_EQ(text("x = torch.full((1,), 1 / 3)\nout = (x.float() - x).item() == 0"), "True");
  EXPECT_EQ(text("out = torch.zeros(1).dtype == torch.float32 and torch.get_default_dtype() == torch.float32"), "True");
  EXPECT_EQ(text("out = torch.finfo(torch.zeros(1).dtype).eps == torch.finfo(torch.float32).eps"), "True");
  EXPECT_EQ(text("out = isinstance(torch.zeros(1), torch.FloatTensor), torch.zeros(1).type()"),
            "(True, 'torch.FloatTensor')");
  EXPECT_EQ(text("with torch.autocast('cpu', dtype=torch.bfloat16):\n    y = nn.Linear(2, 2)(torch.ones(1, 2))\nout = "
                 "y.dtype"),
            "torch.float32");
  EXPECT_EQ(text("out = torch.fft.rfft(torch.zeros(4)).dtype"), "torch.complex64");
  EXPECT_EQ(text("out = torch.arange(3).dtype, torch.zeros(2).long().dtype"), "(torch.int64, torch.int64)");
}

TEST_F(TensorTest, UnderTestDropoutDropsNothing) {
  set_under_test(in, {.wide = false, .no_dropout = true});
  for (const char* f : {"F.dropout(x, 0.5, True)", "F.alpha_dropout(x, 0.5, True)", "nn.Dropout(0.9)(x)",
                        "nn.Dropout1d(0.9)(x)", "F.feature_alpha_dropout(x, 0.5, True)"})
    EXPECT_EQ(text(std::string("x = torch.randn(4, 6)\nout = bool((") + f + " == x).all())"), "True") << f;
  EXPECT_EQ(text("q = torch.randn(1, 1, 4, 2)\na = F.scaled_dot_product_attention(q, q, q, dropout_p=0.9)\n"
                 "out = bool(torch.allclose(a, F.scaled_dot_product_attention(q, q, q)))"),
            "True");
  set_under_test(in, {});
  EXPECT_EQ(text("x = torch.ones(100)\nout = bool((F.dropout(x, 0.5, True) == 0).any())"), "True");
}

/// What a call of f leaves, after two that fill caches.
std::string left(Interpreter& in, const Value& f) {
  in.invoke(f), in.invoke(f);
  const HeapSnapshot before(in);
  in.invoke(f);
  const HeapSnapshot after(in);
  std::string names;
  for (const auto& change : before.changes(after)) names += change.where + ";";
  return names;
}

TEST_F(TensorTest, WhatACallLeavesBehindIsSeenWhereverItIs) {
  run(R"(
from functools import lru_cache
import itertools
class M(nn.Module):
    count = 0
    def __init__(self):
        super().__init__()
        self.register_buffer('mean', torch.zeros(3))
        self.n, self.list, self.cache = 0, [], {}
m, seen, ticks = M(), [], itertools.count()
def make():
    total = 0
    def f():
        nonlocal total
        total += 1
    return f
closure = make()
def attribute(): m.n += 1
def buffer(): m.mean.add_(1)
def append(): m.list.append(1)
def of_class(): M.count += 1
def of_module():
    seen.append(0)
def default(memory=[]): memory.append(1)
def generator_state(g=(i for i in range(1000))): next(g)
def honest():
    m.cache.setdefault(8, torch.ones(8))
    m.last = m.mean * 2
    return [i for i in range(5)]
)");
  EXPECT_EQ(left(in, name("honest")), "");
  EXPECT_NE(left(in, name("attribute")).find("M.n"), std::string::npos);
  EXPECT_NE(left(in, name("buffer")).find("mean"), std::string::npos);
  EXPECT_NE(left(in, name("append")), "");
  EXPECT_NE(left(in, name("of_class")).find("class M.count"), std::string::npos);
  EXPECT_NE(left(in, name("of_module")), "");
  const std::string of_closure = left(in, name("closure"));
  EXPECT_NE(of_closure.find("closure of "), std::string::npos) << of_closure;
  EXPECT_NE(left(in, name("default")), "");
  EXPECT_NE(left(in, name("generator_state")), "");
}

TEST_F(TensorTest, TensorsHeldOutsideTheParametersAreFound) {
  run(R"(
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3))
        self.view = self.weight.data
        self.register_buffer('table', torch.ones(4))
        self.plain = torch.ones(5)
        self.listed = [nn.Parameter(torch.ones(6))]
m = M()
)");
  std::string found;
  const std::vector<NamedTensor> parameters = named_parameters(in, name("m"));
  for (const HeldTensor& t : held_tensors(in, {parameters[0].tensor}))
    found += std::to_string(t.tensor.numel()) + (t.is_parameter ? "p" : "") + " ";
  for (const char* size : {"4 ", "5 ", "6p "}) EXPECT_NE(found.find(size), std::string::npos) << found;
  EXPECT_EQ(found.find("3"), std::string::npos) << found;
}

}  // namespace
}  // namespace gradus

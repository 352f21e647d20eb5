#include "tensor_fixture.h"
#include "unit/run/state.h"

namespace gradus {
namespace {

TEST_F(TensorTest, PrintsAsPyTorch) {
  EXPECT_EQ(text("out = torch.tensor([[1, 2], [3, 4.5]])"), "tensor([[1.0000, 2.0000],\n        [3.0000, 4.5000]])");
  EXPECT_EQ(text("out = torch.arange(3)"), "tensor([0, 1, 2])");
  EXPECT_EQ(text("out = torch.ones(2, dtype=torch.float64)"), "tensor([1., 1.], dtype=torch.float64)");
  EXPECT_EQ(text("out = f'{torch.tensor(2.5):.2f}'"), "2.50");
}

TEST_F(TensorTest, ShapesAreTuples) {
  EXPECT_EQ(text("x = torch.ones(2, 3)\nout = (x.shape, x.shape[1:] + (4,), x.size(-1), x.shape == (2, 3))"),
            "(torch.Size([2, 3]), torch.Size([3, 4]), 3, True)");
}

TEST_F(TensorTest, NumbersJoinInTypePromotionAsPythons) {
  EXPECT_EQ(text("h = torch.ones(1, dtype=torch.float16)\nout = [(h * 2.5).dtype, (torch.arange(2) / 2).dtype, "
                 "(torch.arange(2) + 1).dtype, "
                 "(torch.tensor([True]) + 1).dtype, (h + torch.ones(1)).dtype]"),
            "[torch.float16, torch.float32, torch.int64, torch.int64, torch.float32]");
}

TEST_F(TensorTest, ReflectedAndInPlaceOperators) {
  EXPECT_EQ(text("x = torch.tensor([1., 2.])\ny = x\ny += 1\nout = [(1 - x).tolist(), (6 / x).tolist(), (2 ** "
                 "x).tolist(), (7 % x).tolist(), y is x, (-x).tolist()]"),
            "[[-1.0, -2.0], [3.0, 2.0], [4.0, 8.0], [1.0, 1.0], True, [-2.0, -3.0]]");
}

TEST_F(TensorTest, IndexesInAllForms) {
  EXPECT_EQ(
      text("x = torch.arange(24).reshape(2, 3, 4)\nb = x > 20\n"
           "out = [x[0, 1].tolist(), x[..., -1].tolist(), x[:, None].shape, x[:, [0, 2], 1].tolist(), x[b].tolist(), "
           "x[1, :, ::2].tolist(), "
           "x[torch.tensor([0, 1]), :, torch.tensor([1, 2])].shape, x[[0, 1], [1, 2], 0].tolist(), x[0][b[0]].shape]"),
      "[[4, 5, 6, 7], [[3, 7, 11], [15, 19, 23]], torch.Size([2, 1, 3, 4]), [[1, 9], [13, 21]], [21, 22, 23], [[12, "
      "14], [16, 18], [20, 22]], "
      "torch.Size([2, 3]), [4, 20], torch.Size([0])]");
  EXPECT_EQ(text("x = torch.zeros(2, 3)\nx[0] = 1\nx[:, 1] += 2\nx[x > 2] = -1\nx[1, [0, 2]] = torch.tensor([5., "
                 "6.])\nout = x.tolist()"),
            "[[1.0, -1.0, 1.0], [5.0, 2.0, 6.0]]");
  EXPECT_EQ(error("torch.ones(2)[5]"), "IndexError: index 5 is out of bounds for dimension 0 with size 2");
}

TEST_F(TensorTest, GradientsFlowThroughAssignment) {
  EXPECT_EQ(text("x = torch.ones(3, requires_grad=True)\ny = torch.zeros(4)\ny[1:] = x * 2\n(y * "
                 "torch.arange(4.)).sum().backward()\nout = x.grad.tolist()"),
            "[2.0, 4.0, 6.0]");
}

TEST_F(TensorTest, ErrorsNameShapesAndTypes) {
  EXPECT_NE(error("torch.ones(2, 3) @ torch.ones(4, 5)").find("RuntimeError"), std::string::npos);
  try {
    run("torch.ones(2, 3) @ torch.ones(4, 5)");
    FAIL();
  } catch (const UnitError& e) {
    EXPECT_NE(std::string(e.what()).find("shapes: self (2, 3) float32, other (4, 5) float32"), std::string::npos)
        << e.what();
  }
}

TEST_F(TensorTest, HugeTensorsAreRefusedBeforeTheyAreTried) {
  for (const char* source :
       {"torch.zeros(1000000, 1000000)", "torch.empty(10 ** 13)", "torch.arange(10 ** 13)",
        "torch.ones(1, 1).repeat(10 ** 7, 10 ** 6)", "torch.ones(10 ** 6, 1) + torch.ones(1, 10 ** 6)",
        "torch.ones(10 ** 6, 1) @ torch.ones(1, 10 ** 6)", "F.pad(torch.ones(1), (0, 10 ** 12))", "torch.eye(10 ** 6)",
        "torch.outer(torch.ones(10 ** 6), torch.ones(10 ** 6))",
        "torch.repeat_interleave(torch.arange(1), torch.tensor([10 ** 12]))",
        "torch.repeat_interleave(torch.tensor([1, 10 ** 12]))",
        "torch.ones(2, 3).repeat_interleave(torch.tensor([10 ** 11, 0]), dim=0)"})
    EXPECT_EQ(error(source).substr(0, 11), "MemoryError") << source << ": " << error(source);
}

TEST_F(TensorTest, EmptyIsNaN) {
  EXPECT_EQ(text("out = torch.empty(2).isnan().all().item() and torch.empty_like(torch.ones(1)).isnan().item()"),
            "True");
}

TEST_F(TensorTest, MethodsCheckWhatTheyAreCalledOn) {
  for (const char* source : {"torch.Tensor.size(3)", "torch.Tensor.to()", "torch.Tensor.tolist('x')",
                             "torch.Tensor.backward(1)", "torch.Generator.manual_seed(1, 2)"})
    EXPECT_EQ(error(source).substr(0, 9), "TypeError") << source;
}

/// names_of(class or module): dir(), which the language does not have.
Value names_of(Interpreter&, const Arguments& a) {
  std::vector<Value> names;
  const auto add = [&](const Dict& attributes) {
    for (const auto& e : attributes.entries())
      if (e.key.is(Kind::kStr)) names.push_back(e.key);
  };
  if (a.positional[0].is(Kind::kModule)) {
    add(*a.positional[0].as<ModuleObject>().attributes);
  } else {
    for (const Class* c : a.positional[0].as<Class>().mro) add(*c->attributes);
  }
  return make<List>(std::move(names));
}

TEST_F(TensorTest, AnyMethodMayBeCalledOnAnything) {
  in.state().builtins->set(in.intern("names_of"), make<Native>("names_of", names_of));
  EXPECT_EQ(text(R"(
import math
values = [None, 5, -1, 1.5, 'a', b'x', [3, 1], (1, 2), {1: 2}, {1}, frozenset(), range(3), slice(1), int, len, iter([]),
          (i for i in ()), property(len), ValueError('v'), torch.ones(2), torch.Size([2]), torch.float32,
          torch.Generator(), nn.Linear(2, 2)]
some = values[:1] + values[4:6] + values[8:9] + values[19:20]
calls = refused = 0
def attempt(f, *words):
    global calls, refused
    calls += 1
    try:
        f(*words)
    except Exception:
        refused += 1
for owner in {type(v) for v in values} | {math, torch, F, nn.init, str, object, staticmethod, classmethod, BaseException}:
    for name in names_of(owner):
        if name in ('set_num_threads', 'manual_seed', 'seed'):
            continue
        f = getattr(owner, name)
        if callable(f):
            attempt(f)
            for a in values:
                attempt(f, a)
                for b in some:
                    attempt(f, a, b)
            attempt(f, None, None, None)
            attempt(f, 'a', 'a', 'a', 'a')
            attempt(f, torch.ones(2), 2, 'a')
out = calls > 20000 and refused > 10000
print(calls, refused)
)"),
            "True");
}

}  // namespace
}  // namespace gradus

#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include <chrono>
#include <cstdio>

#include "tensor_fixture.h"
#include "unit/tensor/operators.h"

namespace gradus {
namespace {

TEST_F(TensorTest, SizesMayBeSpelledOut) {
  EXPECT_EQ(text("x = torch.ones(2, 3, 4)\nout = [x.view(6, 4).shape, x.view((4, 6)).shape, x.permute(2, 0, 1).shape, "
                 "x.reshape([-1]).shape, "
                 "torch.zeros(2, 1).shape, torch.zeros((2,)).shape, x.expand(5, -1, -1, -1).shape, x.flip(0, 1).shape, "
                 "x.new_zeros(2, 2).shape]"),
            "[torch.Size([6, 4]), torch.Size([4, 6]), torch.Size([4, 2, 3]), torch.Size([24]), torch.Size([2, 1]), "
            "torch.Size([2]), "
            "torch.Size([5, 2, 3, 4]), torch.Size([2, 3, 4]), torch.Size([2, 2])]");
}

TEST_F(TensorTest, OverloadsAreChosenByPythonsRules) {
  EXPECT_EQ(text("x = torch.tensor([[1., 4.], [3., 2.]])\nout = [x.max().item(), x.max(1).values.tolist(), "
                 "x.max(dim=0, keepdim=True)[1].tolist(), "
                 "torch.max(x, x.T).tolist(), x.sum(-1).tolist(), x.sum((0, 1)).item(), x.sum(axis=0).tolist(), "
                 "x.var(-1, unbiased=False).tolist(), "
                 "torch.where(x > 2, x, 0.).tolist(), torch.arange(1, 3).tolist(), torch.arange(0, 1, 0.5).tolist(), "
                 "x.pow(2)[0].tolist()]"),
            "[4.0, [4.0, 3.0], [[1, 0]], [[1.0, 4.0], [4.0, 2.0]], [5.0, 5.0], 10.0, [4.0, 6.0], [2.25, 0.25], [[0.0, "
            "4.0], [3.0, 0.0]], [1, 2], "
            "[0.0, 0.5], [1.0, 16.0]]");
}

TEST_F(TensorTest, WrongCallsAreTypeErrors) {
  EXPECT_EQ(error("torch.ones(2).view('a')").substr(0, 9), "TypeError");
  EXPECT_EQ(error("torch.ones(2).sum(dimension=1)").substr(0, 9), "TypeError");
  EXPECT_NE(error("torch.add(torch.ones(2), 1, out=torch.ones(2))").find("out="), std::string::npos);
}

TEST_F(TensorTest, NothingReachesBehindTheTensors) {
  for (auto name : function_names()) {
    EXPECT_FALSE(name.starts_with("_")) << name;
    for (const char* part : {"as_strided", "set_", "resize", "storage", "from_file", "sparse", "quantize"})
      EXPECT_TRUE(name.find(part) == std::string_view::npos || name == "set_") << name;
  }
  for (const char* source :
       {"torch.from_file('/etc/passwd')", "torch.ones(3)[:2].as_strided((3,), (1,))", "torch.ones(1).data_ptr()",
        "torch.load('x')", "torch.save(1, 'x')", "torch.ones(1).set_(torch.ones(2))", "torch.ones(1).resize_(5)",
        "torch.ones(1).untyped_storage()"})
    EXPECT_NE(error(source), "no error") << source;
}

// The measure of the binder: not a bound that a loaded machine would break, but a number to read.
TEST_F(TensorTest, ShowsWhatABoundCallCosts) {
  const int n = 20000;
  auto time = [&](const std::string& body) {
    auto start = std::chrono::steady_clock::now();
    run("x = torch.ones(4, 4)\nfor i in range(" + std::to_string(n) + "):\n  " + body);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / n * 1e6;
  };
  c10::AutoGradMode off(false);
  double empty = time("pass"), add = time("x + x"), view = time("x.view(2, 8)"), softmax = time("x.softmax(-1)");
  at::Tensor x = at::empty({4, 4}, at::kFloat).fill_(1);
  auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < n; ++i) at::Tensor y = x.add(x);
  double direct = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / n * 1e6;
  std::printf("us a call: loop %.2f, x + x %.2f (direct %.2f), view %.2f, softmax %.2f\n", empty, add - empty, direct,
              view - empty, softmax - empty);
  EXPECT_LT(add - empty, direct + 20);
}

}  // namespace
}  // namespace gradus

#include "tensor_fixture.h"

namespace gradus {
namespace {

TEST_F(TensorTest, RearrangesByHand) {
  // x[b, t, (h d)] → y[b, h, t, d]
  EXPECT_EQ(text("x = torch.arange(24).reshape(1, 3, 8)\ny = einops.rearrange(x, 'b t (h d) -> b h t d', h=2)\n"
                 "out = all(y[0, h, t, d].item() == x[0, t, h * 4 + d].item() for h in range(2) for t in range(3) for "
                 "d in range(4))"),
            "True");
  EXPECT_EQ(text("x = torch.ones(2, 3, 4)\nout = [einops.rearrange(x, '... d -> (...) d').shape, einops.rearrange([x, "
                 "x], 'n b t c -> b t (n c)').shape, "
                 "einops.rearrange(x, 'b t c -> b 1 t () c').shape]"),
            "[torch.Size([6, 4]), torch.Size([2, 3, 8]), torch.Size([2, 1, 3, 1, 4])]");
}

TEST_F(TensorTest, ReducesRepeatsAndPacks) {
  EXPECT_EQ(text("x = torch.arange(8.).reshape(2, 4)\nout = [einops.reduce(x, 'b (t two) -> b t', 'sum', "
                 "two=2).tolist(), einops.reduce(x, 'b t -> ', 'mean').item(), "
                 "einops.repeat(x, 'b t -> b (t r)', r=2).shape, einops.repeat(x, 'b t -> 3 b t').shape, "
                 "einops.reduce(x, 'b t -> 1 t', 'max').tolist()]"),
            "[[[1.0, 5.0], [9.0, 13.0]], 3.5, torch.Size([2, 8]), torch.Size([3, 2, 4]), [[4.0, 5.0, 6.0, 7.0]]]");
  EXPECT_EQ(text("a, b = torch.ones(2, 5), torch.ones(2, 3, 4, 5)\np, ps = einops.pack([a, b], 'b * c')\nu, v = "
                 "einops.unpack(p, ps, 'b * c')\n"
                 "out = [p.shape, u.shape, v.shape]"),
            "[torch.Size([2, 13, 5]), torch.Size([2, 5]), torch.Size([2, 3, 4, 5])]");
  EXPECT_EQ(
      text(
          "out = einops.einsum(torch.ones(2, 3), torch.ones(3, 4), 'rows inner, inner cols -> rows cols').tolist()[0]"),
      "[3.0, 3.0, 3.0, 3.0]");
}

TEST_F(TensorTest, WrongPatternsSayWhy) {
  EXPECT_NE(error("einops.rearrange(torch.ones(2, 7), 'a (b c) -> a b c', b=2)")
                .find("can't divide axis of length 7 in chunks of 2"),
            std::string::npos)
      << error("einops.rearrange(torch.ones(2, 7), 'a (b c) -> a b c', b=2)");
  for (const char* pattern :
       {"'a b -> a c'", "'a b'", "'(a b -> a b'", "'a a -> a'", "'a ((b)) -> a b'", "'a b c -> a b c'"})
    EXPECT_NE(error(std::string("einops.rearrange(torch.ones(2, 3), ") + pattern + ")"), "no error") << pattern;
}

}  // namespace
}  // namespace gradus

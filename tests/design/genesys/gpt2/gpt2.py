# GAU_IMPLEMENTATION_FILE
# The reference's GPT2 seed in its dialect, written anew from its equations: x + MHA(RMS(x)), then x + MLP(RMS(x)).
import torch
import torch.nn as nn

from model_discovery.model.utils.modules import GAUBase, gau_test, UnitDecl


class GPT2(GAUBase):
    """Pre-norm transformer block."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        self.mha = MHA(
            embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all, **self.factory_kwargs,
            **self.kwarg_all)
        self.mlp = GatedMLP(
            embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all, **self.factory_kwargs,
            **self.kwarg_all)
        self.norm1 = RMSNorm(
            embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all, **self.factory_kwargs,
            **self.kwarg_all)
        self.norm2 = RMSNorm(
            embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all, **self.factory_kwargs,
            **self.kwarg_all)

    def _forward(self, X, **Z):
        X1, Z = self.norm1(X, **Z)
        X2, Z = self.mha(X1, **Z)
        X = X + X2
        X3, Z = self.norm2(X, **Z)
        X4, Z = self.mlp(X3, **Z)
        return X + X4, Z


@gau_test
def test_gpt2(device=None, dtype=None):
    block = GPT2(embed_dim=128, block_loc=(0, 6), kwarg_all={}, device=device, dtype=dtype)
    Y, Z = block(torch.randn(1, 10, 128, device=device, dtype=dtype))
    assert Y.shape == (1, 10, 128)


CHILDREN_DECLARATIONS = [
    UnitDecl(unitname="MHA", requirements="mix tokens", inputs=["X"], outputs=["Y"]),
    UnitDecl(unitname="GatedMLP", requirements="mix channels", inputs=["X"], outputs=["Y"]),
    UnitDecl(unitname="RMSNorm", requirements="normalise", inputs=["X"], outputs=["Y"]),
]

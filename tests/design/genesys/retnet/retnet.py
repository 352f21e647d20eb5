# The reference's RetNet seed in its dialect, written anew. Its norms are no units: they are inside the root.
import torch
import torch.nn as nn

from model_discovery.model.utils.modules import GAUBase, UnitDecl


class RMSNormInside(nn.Module):
    def __init__(self, dim, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = eps

    def forward(self, x):
        return (x.float() * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + self.eps)).type_as(x) * self.weight


class RetNet(GAUBase):
    """x + MSR(RMS(x)), then x + MLP(RMS(x))."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, norm_eps=1e-6, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        self.attn_norm = RMSNormInside(embed_dim, norm_eps)
        self.attn = MultiScaleRetention(
            embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all, **self.factory_kwargs,
            **self.kwarg_all)
        self.mlp_norm = RMSNormInside(embed_dim, norm_eps)
        self.mlp = RetNetMLP(
            embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all, **self.factory_kwargs,
            **self.kwarg_all)

    def _forward(self, X, **Z):
        H, Z = self.attn(self.attn_norm(X), **Z)
        X = X + H
        H, Z = self.mlp(self.mlp_norm(X), **Z)
        return X + H, Z


CHILDREN_DECLARATIONS = [
    UnitDecl(unitname="MultiScaleRetention", requirements="", inputs=["X"], outputs=["Y"]),
    UnitDecl(unitname="RetNetMLP", requirements="", inputs=["X"], outputs=["Y"]),
]

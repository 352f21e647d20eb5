# The reference's Mamba2 seed in its dialect, written anew: two SSM layers a block, no MLP.
import torch
import torch.nn as nn

from model_discovery.model.utils.modules import GAUBase, UnitDecl


class Mamba2(GAUBase):
    """x + L1(RMS(x)), then x + L2(RMS(x))."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        common = dict(embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all,
                      **self.factory_kwargs)
        self.mamba1 = Mamba2Layer(**common, **self.kwarg_all)
        self.mamba2 = Mamba2Layer(**common, **self.kwarg_all)
        self.norm1 = RMSNorm(**common, **self.kwarg_all)
        self.norm2 = RMSNorm(**common, **self.kwarg_all)

    def _forward(self, X, **Z):
        H, Z = self.norm1(X, **Z)
        H, Z = self.mamba1(H, **Z)
        X = X + H
        H, Z = self.norm2(X, **Z)
        H, Z = self.mamba2(H, **Z)
        return X + H, Z


CHILDREN_DECLARATIONS = [
    UnitDecl(unitname="Mamba2Layer", requirements="", inputs=["X"], outputs=["Y"]),
    UnitDecl(unitname="RMSNorm", requirements="", inputs=["X"], outputs=["Y"]),
]

# The reference's TTT-Linear seed in its dialect, written anew, with its fault: the rotary unit is built for d / 4
# channels, which is a head's width only up to d = 256, where there are four heads.
import torch
import torch.nn as nn

from model_discovery.model.utils.modules import GAUBase, UnitDecl


class TTT(GAUBase):
    """x + Conv(x), x + TTTLinear(RMS(x)), x + MLP(RMS(x))."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        common = dict(embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all,
                      **self.factory_kwargs)
        self.conv = Conv(**common, **self.kwarg_all)
        self.seq_norm = RMSNorm(**common, **self.kwarg_all)
        self.seq_modeling_block = TTTLinear(**common, **self.kwarg_all)
        self.ffn_norm = RMSNorm(**common, **self.kwarg_all)
        self.mlp = SwiGluMLP(**common, **self.kwarg_all)

    def _forward(self, X, **Z):
        H, Z = self.conv(X, **Z)
        X = X + H
        H, Z = self.seq_norm(X, **Z)
        H, Z = self.seq_modeling_block(H, **Z)
        X = X + H
        H, Z = self.ffn_norm(X, **Z)
        H, Z = self.mlp(H, **Z)
        return X + H, Z


CHILDREN_DECLARATIONS = [
    UnitDecl(unitname="Conv", requirements="", inputs=["X"], outputs=["Y"]),
    UnitDecl(unitname="RMSNorm", requirements="", inputs=["X"], outputs=["Y"]),
    UnitDecl(unitname="TTTLinear", requirements="", inputs=["X"], outputs=["Y"]),
    UnitDecl(unitname="SwiGluMLP", requirements="", inputs=["X"], outputs=["Y"]),
]

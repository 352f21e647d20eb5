import torch
import torch.nn as nn
import torch.nn.functional as F

from model_discovery.model.utils.modules import GAUBase


class SwiGluMLP(GAUBase):
    """W_d (silu(W_g x) * W_u x) at a width of int(2.5 d)."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, mlp_ratio=2.5, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        width = int(embed_dim * mlp_ratio)
        self.gate_proj = nn.Linear(embed_dim, width, bias=False, **self.factory_kwargs)
        self.up_proj = nn.Linear(embed_dim, width, bias=False, **self.factory_kwargs)
        self.down_proj = nn.Linear(width, embed_dim, bias=False, **self.factory_kwargs)

    def _forward(self, X, **Z):
        return self.down_proj(F.silu(self.gate_proj(X)) * self.up_proj(X))


CHILDREN_DECLARATIONS = []

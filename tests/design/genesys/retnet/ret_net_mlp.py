import torch
import torch.nn as nn
import torch.nn.functional as F

from model_discovery.model.utils.modules import GAUBase


class RetNetMLP(GAUBase):
    """W_d (silu(g) * y), [g, y] = W x; the width is 256 ceil(int(4 d / 3) / 256)."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, hidden_ratio=2, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        width = 256 * ((int(embed_dim * hidden_ratio * 2 / 3) + 255) // 256)
        self.gate_proj = nn.Linear(embed_dim, 2 * width, bias=False, **self.factory_kwargs)
        self.down_proj = nn.Linear(width, embed_dim, bias=False, **self.factory_kwargs)
        for m in (self.gate_proj, self.down_proj):
            nn.init.xavier_uniform_(m.weight, gain=2 ** -2.5)

    def _forward(self, X, **Z):
        g, y = self.gate_proj(X).chunk(2, dim=-1)
        return self.down_proj(F.silu(g) * y)


CHILDREN_DECLARATIONS = []

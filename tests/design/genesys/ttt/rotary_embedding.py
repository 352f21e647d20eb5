import torch
import torch.nn as nn

from model_discovery.model.utils.modules import GAUBase


class RotaryEmbedding(GAUBase):
    """Tables of cos and sin at Z's position_ids. dim never arrives in kwarg_all, so it falls back to embed_dim // 4."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, dim=None, base=10000, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        self.dim = dim if dim is not None else embed_dim // 4
        self.register_buffer(
            "inv_freq", 1.0 / base ** (torch.arange(0, self.dim, 2).float() / self.dim), persistent=False)

    def _forward(self, X, input, position_ids, **Z):
        angle = position_ids[:, None].to(self.inv_freq) * self.inv_freq
        angle = torch.cat([angle, angle], dim=-1)
        return X, {"cos": angle.cos().to(input.dtype), "sin": angle.sin().to(input.dtype)}


CHILDREN_DECLARATIONS = []

import torch
import torch.nn as nn

from model_discovery.model.utils.modules import GAUBase


class RotaryPositionalEmbeddings(GAUBase):
    """Interleaved pairs (2i, 2i + 1), base 10000, a cache of 4096 positions. input_emb: (B, T, H, dim)."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, rotary_emb_base=10000,
                 rotary_emb_dim=None, max_seq_len=4096, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        self.dim, self.base = rotary_emb_dim, rotary_emb_base
        theta = 1.0 / self.base ** (torch.arange(0, self.dim, 2).float() / self.dim)
        self.register_buffer("theta", theta, persistent=False)
        self.build_cache(max_seq_len)

    def build_cache(self, max_seq_len):
        angle = torch.outer(torch.arange(max_seq_len, device=self.theta.device).to(self.theta), self.theta)
        self.register_buffer("cache", torch.stack([torch.cos(angle), torch.sin(angle)], dim=-1), persistent=False)

    def _forward(self, X, input_emb, input_pos=None):
        T = input_emb.size(1)
        cache = self.cache[:T] if input_pos is None else self.cache[input_pos]
        pairs = input_emb.float().reshape(*input_emb.shape[:-1], -1, 2)
        cache = cache.view(-1, pairs.size(1), 1, pairs.size(3), 2)
        turned = torch.stack([
            pairs[..., 0] * cache[..., 0] - pairs[..., 1] * cache[..., 1],
            pairs[..., 1] * cache[..., 0] + pairs[..., 0] * cache[..., 1]], dim=-1)
        return X, {"output_emb": turned.flatten(3).type_as(input_emb)}


CHILDREN_DECLARATIONS = []

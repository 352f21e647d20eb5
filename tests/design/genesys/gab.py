# gab.py: a block as the reference composes it, of the units in gpt2/.
import torch
import torch.nn as nn

from model_discovery.model.utils.modules import GABBase


class GAB(GABBase):
    def __init__(self, embed_dim: int, block_loc: tuple, device=None, dtype=None, **kwargs):
        factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc)
        self.root = GPT2(embed_dim=embed_dim, block_loc=block_loc, kwarg_all=kwargs, **factory_kwargs, **kwargs)

    def _forward(self, X, **Z):
        X, Z = self.root(X, **Z)
        return X, Z


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


import torch
import torch.nn as nn
import torch.nn.functional as F
from einops import rearrange

from model_discovery.model.utils.modules import GAUBase, UnitDecl


class MHA(GAUBase):
    """Causal softmax attention with rotary positions; q and k travel to the rotary unit through Z."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, num_heads=8, causal=True,
                 out_proj_bias=True, qkv_proj_bias=True, softmax_scale=None, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        assert embed_dim % num_heads == 0, "embed_dim must be divisible by num_heads"
        self.num_heads, self.head_dim = num_heads, embed_dim // num_heads
        self.causal, self.softmax_scale = causal, softmax_scale
        kwarg_all["rotary_emb_dim"] = self.head_dim
        self.rotary_emb = RotaryPositionalEmbeddings(
            embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all, **self.factory_kwargs,
            **self.kwarg_all)
        self.in_proj = nn.Linear(embed_dim, 3 * embed_dim, bias=qkv_proj_bias, **self.factory_kwargs)
        self.out_proj = nn.Linear(embed_dim, embed_dim, bias=out_proj_bias, **self.factory_kwargs)

    def _forward(self, X, **Z):
        q, k, v = rearrange(self.in_proj(X), "b t (n h d) -> n b t h d", n=3, h=self.num_heads)
        Z["input_emb"] = q
        _, Z = self.rotary_emb(X, **Z)
        q = Z["output_emb"]
        Z["input_emb"] = k
        _, Z = self.rotary_emb(X, **Z)
        k = Z["output_emb"]
        y = F.scaled_dot_product_attention(
            q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), is_causal=self.causal, scale=self.softmax_scale)
        return self.out_proj(rearrange(y, "b h t d -> b t (h d)")), Z


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


import torch
import torch.nn as nn
import torch.nn.functional as F

from model_discovery.model.utils.modules import GAUBase


class GatedMLP(GAUBase):
    """W2 (a * silu(g)), [a, g] = W1 x; the width is a multiple of 128."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, hidden_features=None, bias=False,
                 multiple_of=128, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        hidden_features = hidden_features if hidden_features is not None else int(8 * embed_dim / 3)
        hidden_features = (hidden_features + multiple_of - 1) // multiple_of * multiple_of
        self.fc1 = nn.Linear(embed_dim, 2 * hidden_features, bias=bias, **self.factory_kwargs)
        self.fc2 = nn.Linear(hidden_features, embed_dim, bias=bias, **self.factory_kwargs)

    def _forward(self, X, **Z):
        y, gate = self.fc1(X).chunk(2, dim=-1)
        return self.fc2(y * F.silu(gate))


import torch
import torch.nn as nn

from model_discovery.model.utils.modules import GAUBase


class RMSNorm(GAUBase):
    """w * x / sqrt(mean(x^2) + eps), in float32."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, eps=1e-5, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        self.weight = nn.Parameter(torch.ones(embed_dim, **self.factory_kwargs))
        self.eps = eps

    def _forward(self, X, **Z):
        x = X.float()
        return (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)).type_as(X) * self.weight


gab_config = {"num_heads": 8, "causal": True, "out_proj_bias": True, "qkv_proj_bias": True, "softmax_scale": None, "rotary_emb_base": 10000, "rotary_emb_dim": None, "max_seq_len": 4096, "hidden_features": None, "bias": False, "multiple_of": 128, "eps": 1e-05}

import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def count_heads(dim, head_dim):
    """Heads about head_dim wide; their width is a multiple of four where it can be."""
    heads = max(1, dim // head_dim)
    while heads > 1 and (dim % heads or dim // heads % 4):
        heads -= 1
    return heads


def wide(t):
    """At least float32: differences of what is nearly equal need it."""
    return t if t.dtype == torch.float64 else t.float()


class DifferentialAttention(nn.Module):
    """y = (softmax(q₁ k₁ᵀ / sqrt(D)) - λ softmax(q₂ k₂ᵀ / sqrt(D))) v: what both maps attend to is noise and cancels.

    x, y: (B, T, C). Ye et al. 2024, arXiv:2410.05258. A head has two queries and keys of width D = head_dim and a value of
    width 2 D. λ = exp(a·b) - exp(c·d) + λ₀ with learned a, b, c, d; λ₀ = 0.8 - 0.6 exp(-0.3 layer), layer from 0. Each
    head's y is divided by its root mean square and multiplied by 1 - λ₀.
    """

    SLOTS = {"rotary": {"kind": "function", "in": ["q", "k"], "out": ["q", "k"], "need": "give q and k their positions"}}

    def __init__(self, dim, *, rotary, head_dim=16, layer=0):
        super().__init__()
        self.n_heads = count_heads(dim, 2 * head_dim)
        D = dim // self.n_heads // 2
        self.start = 0.8 - 0.6 * math.exp(-0.3 * layer)
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.rotary = rotary(D)
        self.abcd = nn.Parameter(0.1 * torch.randn(4 * D))
        self.norm = nn.Parameter(torch.ones(2 * D))
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        H, D = self.n_heads, C // self.n_heads // 2
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        q, k = self.rotary(*(t.view(B, T, 2 * H, D).transpose(1, 2) for t in (q, k)))
        v = v.view(B, T, H, 2 * D).transpose(1, 2).repeat_interleave(2, dim=1)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True).view(B, H, 2, T, 2 * D)
        a, b, c, d = wide(self.abcd).view(4, D).unbind(0)
        strength = torch.exp((a * b).sum()) - torch.exp((c * d).sum()) + self.start
        y = wide(y[:, :, 0]) - strength * wide(y[:, :, 1])
        y = F.rms_norm(y, (2 * D,), wide(self.norm), 1e-5) * (1 - self.start)
        return self.out(y.to(x.dtype).transpose(1, 2).reshape(B, T, C))

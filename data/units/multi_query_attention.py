import torch.nn as nn
import torch.nn.functional as F


def count_heads(dim, head_dim):
    """Heads about head_dim wide; their width is whole and, where it can be, even."""
    heads = max(1, dim // head_dim)
    while heads > 1 and (dim % heads or dim // heads % 2):
        heads -= 1
    return heads


class MultiQueryAttention(nn.Module):
    """Causal softmax attention in which all heads of queries read the same keys and values: a cache of two heads.

    x, y: (B, T, C). Shazeer 2019, arXiv:1911.02150.
    """

    SLOTS = {"rotary": {"kind": "function", "in": ["q", "k"], "out": ["q", "k"], "need": "give q and k their positions"}}

    def __init__(self, dim, *, rotary, head_dim=16):
        super().__init__()
        self.n_heads = count_heads(dim, head_dim)
        self.qkv = nn.Linear(dim, dim + 2 * dim // self.n_heads, bias=False)
        self.rotary = rotary(dim // self.n_heads)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        H, D = self.n_heads, C // self.n_heads
        q, k, v = self.qkv(x).split((C, D, D), dim=-1)
        q, k = self.rotary(q.view(B, T, H, D).transpose(1, 2), k.unsqueeze(1))
        k, v = k.expand(-1, H, -1, -1), v.unsqueeze(1).expand(-1, H, -1, -1)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(B, T, C))

import torch
import torch.nn as nn
import torch.nn.functional as F


def count_heads(dim, head_dim):
    """Heads about head_dim wide; their width is whole and, where it can be, even."""
    heads = max(1, dim // head_dim)
    while heads > 1 and (dim % heads or dim // heads % 2):
        heads -= 1
    return heads


class ValueAttention(nn.Module):
    """Causal softmax attention to the values a v + b value, a and b learned: `value` is what the first block made of them.

    x, y, value: (B, T, C); value may be None. Zhou et al. 2024 (ResFormer), arXiv:2410.17897; a = b = 1/2 at first. The
    second output is v, the block's own values. The first block (layer 0) has no a and b.
    """

    SLOTS = {"rotary": {"kind": "function", "in": ["q", "k"], "out": ["q", "k"], "need": "give q and k their positions"}}
    OUT = ["value"]

    def __init__(self, dim, *, rotary, head_dim=16, layer=1):
        super().__init__()
        self.n_heads = count_heads(dim, head_dim)
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.share = nn.Parameter(torch.full((2,), 0.5)) if layer > 0 else None
        self.rotary = rotary(dim // self.n_heads)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x, value):
        B, T, C = x.shape
        q, k, own = self.qkv(x).chunk(3, dim=-1)
        v = own
        if value is not None and self.share is not None:
            v = self.share[0] * own + self.share[1] * value
        q, k, v = (t.view(B, T, self.n_heads, C // self.n_heads).transpose(1, 2) for t in (q, k, v))
        q, k = self.rotary(q, k)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(B, T, C)), own

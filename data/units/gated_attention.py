import torch
import torch.nn as nn
import torch.nn.functional as F


def count_heads(dim, head_dim):
    """Heads about head_dim wide; their width is whole and, where it can be, even."""
    heads = max(1, dim // head_dim)
    while heads > 1 and (dim % heads or dim // heads % 2):
        heads -= 1
    return heads


class GatedAttention(nn.Module):
    """y = W_o (attention(x) * sigmoid(W_g x)): causal softmax attention, gated for each head's channels before W_o.

    x, y: (B, T, C). Qiu et al. 2025, arXiv:2505.06708: the gate makes the map of v to y non-linear and no token a sink.
    """

    SLOTS = {"rotary": {"kind": "function", "in": ["q", "k"], "out": ["q", "k"], "need": "give q and k their positions"}}

    def __init__(self, dim, *, rotary, head_dim=16):
        super().__init__()
        self.n_heads = count_heads(dim, head_dim)
        self.qkvg = nn.Linear(dim, 4 * dim, bias=False)
        self.rotary = rotary(dim // self.n_heads)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v, g = self.qkvg(x).view(B, T, 4, self.n_heads, C // self.n_heads).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = self.rotary(q, k)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True) * torch.sigmoid(g)
        return self.out(y.transpose(1, 2).reshape(B, T, C))

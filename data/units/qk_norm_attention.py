import torch
import torch.nn as nn
import torch.nn.functional as F


def count_heads(dim, head_dim):
    """Heads about head_dim wide; their width is whole and, where it can be, even."""
    heads = max(1, dim // head_dim)
    while heads > 1 and (dim % heads or dim // heads % 2):
        heads -= 1
    return heads


class QKNormAttention(nn.Module):
    """Causal softmax attention of queries and keys that are divided by their root mean square, so that no score runs away.

    x, y: (B, T, C). Henry et al. 2020, arXiv:2010.04245; Dehghani et al. 2023 (ViT-22B), arXiv:2302.05442. The gains of
    q and k, for each channel of a head, are learned.
    """

    SLOTS = {"rotary": {"kind": "function", "in": ["q", "k"], "out": ["q", "k"], "need": "give q and k their positions"}}

    def __init__(self, dim, *, rotary, head_dim=16):
        super().__init__()
        self.n_heads = count_heads(dim, head_dim)
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.gain_q, self.gain_k = (nn.Parameter(torch.ones(dim // self.n_heads)) for _ in range(2))
        self.rotary = rotary(dim // self.n_heads)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        D = C // self.n_heads
        q, k, v = self.qkv(x).view(B, T, 3, self.n_heads, D).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = self.rotary(F.rms_norm(q, (D,), self.gain_q, 1e-5), F.rms_norm(k, (D,), self.gain_k, 1e-5))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(B, T, C))

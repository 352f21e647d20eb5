import torch.nn as nn
import torch.nn.functional as F


def count_heads(dim, head_dim):
    """Heads about head_dim wide; their width is whole and, where it can be, even."""
    heads = max(1, dim // head_dim)
    while heads > 1 and (dim % heads or dim // heads % 2):
        heads -= 1
    return heads


class GroupedQueryAttention(nn.Module):
    """Causal softmax attention in which kv_share heads of queries read one head of keys and values.

    x, y: (B, T, C). Ainslie et al. 2023, arXiv:2305.13245. Where the heads cannot be shared so, the next smaller share that
    divides them is taken.
    """

    SLOTS = {"rotary": {"kind": "function", "in": ["q", "k"], "out": ["q", "k"], "need": "give q and k their positions"}}

    def __init__(self, dim, *, rotary, head_dim=16, kv_share=4):
        super().__init__()
        self.n_heads = count_heads(dim, head_dim)
        self.kv_share = max(1, min(kv_share, self.n_heads))
        while self.n_heads % self.kv_share:
            self.kv_share -= 1
        self.q = nn.Linear(dim, dim, bias=False)
        self.kv = nn.Linear(dim, 2 * dim // self.kv_share, bias=False)
        self.rotary = rotary(dim // self.n_heads)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        H, G = self.n_heads, self.n_heads // self.kv_share
        q = self.q(x).view(B, T, H, C // H).transpose(1, 2)
        k, v = self.kv(x).view(B, T, 2, G, C // H).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = self.rotary(q, k)
        k, v = (t.repeat_interleave(self.kv_share, dim=1) for t in (k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(B, T, C))

import torch.nn as nn
import torch.nn.functional as F


class MultiHeadAttention(nn.Module):
    """Causal softmax attention: softmax(q kᵀ / sqrt(d_head)) v in n_heads heads, projections with bias.

    x, y: (B, T, C). Vaswani et al. 2017, arXiv:1706.03762. The number of heads is fixed, as in the Genesys seeds, but
    where the width gives no whole and even heads: there it is the next smaller that does.
    """

    SLOTS = {"rotary": {"kind": "function", "in": ["q", "k"], "out": ["q", "k"], "need": "give q and k their positions"}}

    def __init__(self, dim, *, rotary, n_heads=8):
        super().__init__()
        while n_heads > 1 and (dim % n_heads or dim // n_heads % 2):
            n_heads -= 1
        self.n_heads = n_heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.rotary = rotary(dim // n_heads)
        self.out = nn.Linear(dim, dim)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.n_heads, C // self.n_heads).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = self.rotary(q, k)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(B, T, C))

import torch
import torch.nn as nn
import torch.nn.functional as F


def count_heads(dim, head_dim):
    """Heads about head_dim wide; their width is whole and, where it can be, even."""
    heads = max(1, dim // head_dim)
    while heads > 1 and (dim % heads or dim // heads % 2):
        heads -= 1
    return heads


def wide(t):
    """At least float32: running sums need it."""
    return t if t.dtype == torch.float64 else t.float()


class ForgettingAttention(nn.Module):
    """Causal softmax attention of the scores q_t·k_s / sqrt(D) + Σ_{s<l≤t} log f_l, f_l = sigmoid(w·x_l + b) for each head.

    x, y: (B, T, C). Lin et al. 2025 (FoX), arXiv:2503.02130. It takes no other positions. The sum is L_t - L_s <= 0, L
    the running sum of log f in float32 at least.
    """

    def __init__(self, dim, head_dim=16):
        super().__init__()
        self.n_heads = count_heads(dim, head_dim)
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.forget = nn.Linear(dim, self.n_heads)
        with torch.no_grad():  # the heads remember 8 to 256 tokens
            self.forget.bias.copy_(torch.log(2.0 ** torch.linspace(3.0, 8.0, self.n_heads) - 1))
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.n_heads, C // self.n_heads).permute(2, 0, 3, 1, 4).unbind(0)
        L = F.logsigmoid(wide(self.forget(x))).cumsum(dim=1).transpose(1, 2)  # (B, H, T)
        future = torch.ones(T, T, dtype=torch.bool, device=x.device).triu(1)
        bias = (L[..., :, None] - L[..., None, :]).masked_fill(future, float("-inf"))
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        return self.out(y.transpose(1, 2).reshape(B, T, C))

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
    """At least float32: the state is a running sum."""
    return t if t.dtype == torch.float64 else t.float()


class ReLULinearAttention(nn.Module):
    """y_t = Σ_{s≤t} (f(q_t)·f(k_s)) v_s / (Σ_{s≤t} f(q_t)·f(k_s) + 1e-3), f = relu, projections with bias.

    x, y: (B, T, C). Kasai et al. 2021, arXiv:2103.13076. What matches nothing yields 0. Computed in chunks: within one by
    a masked product, from those before through the sum of their states. The denominator is one more channel of v.
    """

    def __init__(self, dim, head_dim=16, chunk=64):
        super().__init__()
        self.n_heads, self.chunk = count_heads(dim, head_dim), chunk
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        c = min(self.chunk, T)
        n = -(-T // c)
        x = F.pad(x, (0, 0, 0, n * c - T))
        q, k, v = self.qkv(x).view(B, n, c, 3, self.n_heads, C // self.n_heads).permute(3, 0, 4, 1, 2, 5).unbind(0)
        q, k, v = F.relu(wide(q)), F.relu(wide(k)), F.pad(wide(v), (0, 1), value=1.0)
        state = F.pad((k.transpose(-1, -2) @ v).cumsum(dim=2), (0, 0, 0, 0, 1, -1))  # of the chunks before
        y = (q @ k.transpose(-1, -2)).tril() @ v + q @ state
        y = (y[..., :-1] / (y[..., -1:] + 1e-3)).to(x.dtype)
        return self.out(y.permute(0, 2, 3, 1, 4).reshape(B, n * c, C)[:, :T])

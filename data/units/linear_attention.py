import torch
import torch.nn as nn
import torch.nn.functional as F


def count_heads(dim, head_dim):
    """Heads about head_dim wide; their width is whole and, where it can be, even."""
    heads = max(1, dim // head_dim)
    while heads > 1 and (dim % heads or dim // heads % 2):
        heads -= 1
    return heads


class LinearAttention(nn.Module):
    """y_t = Σ_{s≤t} (f(q_t)·f(k_s)) v_s / Σ_{s≤t} f(q_t)·f(k_s), f = elu + 1: a state of fixed size, O(T).

    x, y: (B, T, C). Katharopoulos et al. 2020, arXiv:2006.16236. Computed in chunks: within one by a masked product,
    from those before through the sum of their states. The denominator is one more channel of v, all ones.
    """

    def __init__(self, dim, head_dim=16, chunk=64):
        super().__init__()
        self.n_heads, self.chunk = count_heads(dim, head_dim), chunk
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        c = min(self.chunk, T)
        n = -(-T // c)
        x = F.pad(x, (0, 0, 0, n * c - T))
        q, k, v = self.qkv(x).view(B, n, c, 3, self.n_heads, C // self.n_heads).permute(3, 0, 4, 1, 2, 5).unbind(0)
        q, k = F.elu(q) + 1, F.elu(k) + 1
        v = torch.cat((v, torch.ones_like(v[..., :1])), dim=-1)
        state = (k.transpose(-1, -2) @ v).cumsum(dim=2)         # (B, H, n, D, D + 1), chunk by chunk
        state = F.pad(state, (0, 0, 0, 0, 1, -1))               # of the chunks before
        y = (q @ k.transpose(-1, -2)).tril() @ v + q @ state
        y = y[..., :-1] / (y[..., -1:] + 1e-6)
        return self.out(y.permute(0, 2, 3, 1, 4).reshape(B, n * c, C)[:, :T])

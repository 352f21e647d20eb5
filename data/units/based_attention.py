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


class BasedAttention(nn.Module):
    """y_t = Σ_{s≤t} p(z_ts) v_s / Σ_{s≤t} p(z_ts), z_ts = q_t·k_s / sqrt(feature), p(z) = 1 + z + z² / 2.

    x, y: (B, T, C). Based, Arora et al. 2024, arXiv:2402.18668: softmax attention with exp to the second order, so that a
    state of 1 + feature + feature² rows holds the past; q, k have few channels a head, `feature`. p >= 1/2, so the
    denominator, one more channel of v, is no less than t / 2. In chunks: p itself within one, its features before it.
    """

    def __init__(self, dim, head_dim=16, feature=8, chunk=64):
        super().__init__()
        self.n_heads, self.feature, self.chunk = count_heads(dim, head_dim), feature, chunk
        self.qk = nn.Linear(dim, 2 * self.n_heads * feature, bias=False)
        self.value = nn.Linear(dim, dim, bias=False)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        c = min(self.chunk, T)
        n = -(-T // c)
        x = F.pad(x, (0, 0, 0, n * c - T))
        q, k = self.qk(x).view(B, n, c, 2, self.n_heads, self.feature).permute(3, 0, 4, 1, 2, 5).unbind(0)
        v = self.value(x).view(B, n, c, self.n_heads, -1).permute(0, 3, 1, 2, 4)
        q, k, v = wide(q) * self.feature ** -0.5, wide(k), F.pad(wide(v), (0, 1), value=1.0)
        z = q @ k.transpose(-1, -2)
        y = (1 + z + 0.5 * z.square()).tril() @ v
        if n > 1:
            state = self.features(k[:, :, :-1]).transpose(-1, -2) @ v[:, :, :-1]
            y = y + F.pad(self.features(q[:, :, 1:], 0.5) @ state.cumsum(dim=2), (0, 0, 0, 0, 1, 0))
        y = (y[..., :-1] / y[..., -1:]).to(x.dtype)
        return self.out(y.permute(0, 2, 3, 1, 4).reshape(B, n * c, C)[:, :T])

    def features(self, t, half=1.0):
        """1, t, and all products of two of t's channels."""
        return torch.cat((torch.ones_like(t[..., :1]), t, half * (t[..., :, None] * t[..., None, :]).flatten(-2)), dim=-1)

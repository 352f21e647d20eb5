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
    """At least float32: exponentials of running sums need it."""
    return t if t.dtype == torch.float64 else t.float()


def recur(q, k, v, a, chunk):
    """y_t = S_tᵀ q_t, S_t = diag(exp(a_t)) S_{t-1} + k_t v_tᵀ, a <= 0. q, k, a: (B, H, T, K); v, y: (B, H, T, V).

    Within chunks by halving: the later half of each run of 2 w tokens reads the earlier half by way of the boundary m
    between them, as exp(L_t - L_m) exp(L_m - L_s), L the sum of a: no exponent is above 0. From the chunks before through
    their states, joined in log2 steps by products of decays in [0, 1].
    """
    B, H, T, K = k.shape
    c = 1
    while c < min(T, chunk):
        c *= 2
    n = -(-T // c)
    q, k, v, a = (F.pad(t, (0, 0, 0, n * c - T)).view(B, H, n, c, -1) for t in (q, k, v, a))
    L = a.cumsum(dim=-2)
    y = (q * k).sum(dim=-1, keepdim=True) * v
    w = 1
    while w < c:
        q1, L1 = (t.unflatten(-2, (-1, 2, w))[..., 1, :, :] for t in (q, L))
        k0, v0, L0 = (t.unflatten(-2, (-1, 2, w))[..., 0, :, :] for t in (k, v, L))
        m = L0[..., -1:, :]
        read = (q1 * torch.exp(L1 - m)) @ (k0 * torch.exp(m - L0)).transpose(-1, -2) @ v0
        y = y + F.pad(read, (0, 0, w, 0)).flatten(-3, -2)
        w *= 2
    if n > 1:
        m = L[..., -1:, :]
        state = (k * torch.exp(m - L)).transpose(-1, -2) @ v  # (B, H, n, K, V)
        fade, s = torch.exp(m).transpose(-1, -2), 1
        while s < n:
            state = state + fade * F.pad(state, (0, 0, 0, 0, s, -s))
            fade = fade * F.pad(fade, (0, 0, 0, 0, s, -s))
            s *= 2
        y = y + (q * torch.exp(L)) @ F.pad(state, (0, 0, 0, 0, 1, -1))
    return y.flatten(2, 3)[:, :, :T]


class GLA(nn.Module):
    """S_t = diag(a_t) S_{t-1} + k_t v_tᵀ, y_t = S_tᵀ q_t; each channel of a key has its own decay.

    x, y: (B, T, C). Yang et al. 2023, arXiv:2312.06635: a_t = sigmoid(W2 W1 x_t + b)^(1 / 16) with W1 of low rank; q, k half
    as wide as v; the heads' outputs are normalised and gated by silu(W x). b is spread, so that the channels of each head
    remember 16 to 1,000 tokens at first.
    """

    def __init__(self, dim, head_dim=32, rank=16, chunk=64):
        super().__init__()
        self.n_heads, self.chunk = count_heads(dim, head_dim), chunk
        width = dim // self.n_heads
        self.key = max(1, width // 2)
        self.qk = nn.Linear(dim, 2 * self.n_heads * self.key, bias=False)
        self.vg = nn.Linear(dim, 2 * dim, bias=False)
        self.decay_down = nn.Linear(dim, rank, bias=False)
        self.decay_up = nn.Linear(rank, self.n_heads * self.key)
        with torch.no_grad():
            self.decay_up.bias.copy_(torch.linspace(-0.5, 4.2, self.key).repeat(self.n_heads))
        self.norm = nn.Parameter(torch.ones(width))
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        q, k = self.qk(x).view(B, T, 2, self.n_heads, self.key).permute(2, 0, 3, 1, 4).unbind(0)
        v, g = self.vg(x).view(B, T, 2, self.n_heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        a = F.logsigmoid(wide(self.decay_up(self.decay_down(x)))) / 16
        a = a.view(B, T, self.n_heads, self.key).transpose(1, 2)
        y = recur(wide(q) * self.key ** -0.5, wide(k), wide(v), a, self.chunk)
        y = F.rms_norm(y, (y.shape[-1],), wide(self.norm), 1e-5).to(x.dtype) * F.silu(g)
        return self.out(y.transpose(1, 2).reshape(B, T, C))

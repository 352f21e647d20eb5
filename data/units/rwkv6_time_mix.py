import torch
import torch.nn as nn
import torch.nn.functional as F


def wide(t):
    """At least float32: exponentials of running sums need it."""
    return t if t.dtype == torch.float64 else t.float()


def recur(r, k, v, a, u, chunk):
    """y_t = r_tᵀ (S_{t-1} + diag(u) k_t v_tᵀ), S_t = diag(exp(a_t)) S_{t-1} + k_t v_tᵀ, a <= 0. r, k, a: (B, H, T, K).

    Within chunks by halving: the later half of each run of 2 w tokens reads the earlier half by way of the boundary m
    between them, as exp(E_t - L_m) exp(L_m - L_s), L the sum of a to s, E that before t: no exponent is above 0. From
    the chunks before through their states, joined in log2 steps by products of decays in [0, 1].
    """
    B, H, T, K = k.shape
    c = 1
    while c < min(T, chunk):
        c *= 2
    n = -(-T // c)
    r, k, v, a = (F.pad(t, (0, 0, 0, n * c - T)).view(B, H, n, c, -1) for t in (r, k, v, a))
    L = a.cumsum(dim=-2)
    E = F.pad(L, (0, 0, 1, -1))
    y = (r * u * k).sum(dim=-1, keepdim=True) * v
    w = 1
    while w < c:
        r1, E1 = (t.unflatten(-2, (-1, 2, w))[..., 1, :, :] for t in (r, E))
        k0, v0, L0 = (t.unflatten(-2, (-1, 2, w))[..., 0, :, :] for t in (k, v, L))
        m = L0[..., -1:, :]
        read = (r1 * torch.exp(E1 - m)) @ (k0 * torch.exp(m - L0)).transpose(-1, -2) @ v0
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
        y = y + (r * torch.exp(E)) @ F.pad(state, (0, 0, 0, 0, 1, -1))
    return y.flatten(2, 3)[:, :, :T]


class LowRank(nn.Module):
    """W2 tanh(W1 x) + b."""

    def __init__(self, dim, dim_out, rank):
        super().__init__()
        self.down = nn.Linear(dim, rank, bias=False)
        self.up = nn.Linear(rank, dim_out)

    def forward(self, x):
        return self.up(torch.tanh(self.down(x)))


class RWKV6TimeMix(nn.Module):
    """o_t = r_tᵀ (S_{t-1} + diag(u) k_t v_tᵀ), S_t = diag(exp(-exp(w_t))) S_{t-1} + k_t v_tᵀ; y = W_o (LN(o) * silu(g)).

    x, y: (B, T, C). Finch, Peng et al. 2024, arXiv:2404.05892, with LN over all channels. r, w, k, v, g are linear (w and g
    of low rank) in x + delta * m_j, delta = x_{t-1} - x_t, where m_j = W_j tanh(W (x + delta * mu))_j + b_j: how much of
    the last token is mixed in depends on the data. r, k, w are half as wide as v; the number of heads is fixed, as in the
    Genesys seed. Decays below exp(-exp(4)) = 2e-24 are that.
    """

    def __init__(self, dim, n_heads=4, rank=32, gate_rank=64, chunk=64):
        super().__init__()
        key = dim // 2
        while n_heads > 1 and key % n_heads:
            n_heads -= 1
        self.n_heads, self.chunk = n_heads, chunk
        self.mu = nn.Parameter(torch.zeros(dim))
        self.mix_down = nn.Linear(dim, 5 * rank, bias=False)
        self.mix_up = nn.Linear(5 * rank, dim, bias=False)
        self.mix_bias = nn.Parameter(torch.zeros(5, dim))
        self.receptance, self.key = nn.Linear(dim, key, bias=False), nn.Linear(dim, key, bias=False)
        self.value = nn.Linear(dim, dim, bias=False)
        self.decay, self.gate = LowRank(dim, key, gate_rank), LowRank(dim, dim, gate_rank)
        with torch.no_grad():  # the channels of each head remember 3 to 400 tokens, as in the paper
            self.decay.up.bias.copy_(torch.linspace(-6.0, -1.0, key // n_heads).repeat(n_heads))
        self.bonus = nn.Parameter(torch.zeros(n_heads, 1, 1, key // n_heads))
        self.norm = nn.LayerNorm(dim)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        change = F.pad(x, (0, 0, 1, -1)) - x
        mixed = torch.tanh(self.mix_down(x + change * self.mu)).view(B, T, 5, -1).permute(2, 0, 1, 3)
        mixed = mixed @ self.mix_up.weight.view(C, 1, 5, -1).permute(2, 1, 3, 0) + self.mix_bias[:, None, None]
        r, w, k, v, g = (x + change * mixed).unbind(0)
        a = -torch.exp(wide(self.decay(w)).clamp(max=4.0))
        r, k, v, a = (wide(t).view(B, T, self.n_heads, -1).transpose(1, 2)
                      for t in (self.receptance(r), self.key(k), self.value(v), a))
        o = recur(r, k, v, a, wide(self.bonus), self.chunk).transpose(1, 2).reshape(B, T, C)
        return self.out(self.norm(o.to(x.dtype)) * F.silu(self.gate(g)))

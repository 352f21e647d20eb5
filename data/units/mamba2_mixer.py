import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def wide(t):
    """At least float32: exponentials of running sums need it."""
    return t if t.dtype == torch.float64 else t.float()


class Mamba2Mixer(nn.Module):
    """S_t = exp(d_t A) S_{t-1} + d_t u_t b_tᵀ, y_t = S_t c_t in each head (width P, state N); out = W_o norm(y * silu(z)).

    x, out: (B, T, C). Dao and Gu 2024, arXiv:2405.21060, as Genesys seeds it: [z, u, b, c, d] = W x; u, b, c through a
    causal depthwise convolution and silu; d = softplus(d + bias); A < 0 a head; one b and c for all heads; no skip.
    Inner width expand * C in the fewest heads of at most head_dim, rounded up to even heads. Decays enter only as
    exp(L_t - L_s) with s <= t, L the running sum of d A, so nothing overflows. Computed in chunks, joined by the same law.
    """

    SLOTS = {"norm": {"kind": "token", "need": "normalise the gated channels of each token"}}
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.0, head_dim=128, state=64, width=4, chunk=64, *, norm):
        super().__init__()
        H = self.n_heads = max(1, math.ceil(expand * dim / head_dim))
        self.inner = H * 2 * max(1, math.ceil(expand * dim / (2 * H)))
        self.state, self.width, self.chunk = state, width, chunk
        mixed = self.inner + 2 * state
        self.into = nn.Linear(dim, self.inner + mixed + H)
        self.convolution = nn.Conv1d(mixed, mixed, width, groups=mixed)
        step = torch.exp(torch.empty(H).uniform_(math.log(1e-3), math.log(1e-1)))
        self.step = nn.Parameter(torch.log(torch.expm1(step)))                  # softplus of it is the step
        self.log_rate = nn.Parameter(torch.log(torch.empty(H).uniform_(1.0, 16.0)))
        self.norm = norm(self.inner)
        self.out = nn.Linear(self.inner, dim)

    def forward(self, x):
        T = x.shape[1]
        z, u, d = self.into(x).split([self.inner, self.inner + 2 * self.state, self.n_heads], dim=-1)
        u = F.silu(self.convolution(F.pad(u.transpose(1, 2), (self.width - 1, 0)))).transpose(1, 2)
        u, b, c = wide(u).split([self.inner, self.state, self.state], dim=-1)
        d = F.softplus(wide(d) + wide(self.step))
        y = self.scan(u.unflatten(-1, (self.n_heads, -1)) * d[..., None], -d * torch.exp(wide(self.log_rate)), b, c)
        return self.out(self.norm(y[:, :T].to(x.dtype) * F.silu(z)))

    def scan(self, u, a, b, c):
        """S_t = exp(a_t) S_{t-1} + u_t b_tᵀ, S_t c_t. u: (B, T, H, P); a: (B, T, H); b, c: (B, T, N)."""
        B, T, H, P = u.shape
        w = min(self.chunk, T)
        n = -(-T // w)
        u = F.pad(u, (0, 0, 0, 0, 0, n * w - T)).view(B, n, w, H, P).permute(0, 3, 1, 2, 4)      # (B, H, n, w, P)
        L = F.pad(a, (0, 0, 0, n * w - T)).view(B, n, w, H).permute(0, 3, 1, 2).cumsum(dim=-1)   # (B, H, n, w)
        b, c = (F.pad(t, (0, 0, 0, n * w - T)).view(B, 1, n, w, -1) for t in (b, c))
        y = (c @ b.transpose(-1, -2) * self.decays(L)) @ u                                       # within chunks
        whole = L[..., -1]                                                                       # (B, H, n)
        state = b.transpose(-1, -2) @ (u * torch.exp(whole[..., None] - L)[..., None])           # (B, H, n, N, P)
        # State before chunk i: every earlier chunk j, faded by the chunks between them.
        fade = F.pad(self.decays(whole.cumsum(dim=-1)), (0, 0, 1, -1))                           # (B, H, n, n)
        state = (fade @ state.flatten(-2)).view(B, H, n, -1, P)
        y = y + (c @ state) * torch.exp(L)[..., None]
        return y.permute(0, 2, 3, 1, 4).reshape(B, n * w, H * P)

    def decays(self, L):
        """exp(L_t - L_s) for s <= t, else 0."""
        difference = L[..., :, None] - L[..., None, :]
        past = torch.ones(L.shape[-1], L.shape[-1], dtype=torch.bool, device=L.device).tril()
        return torch.exp(difference.masked_fill(~past, float("-inf")))

import torch
import torch.nn as nn
import torch.nn.functional as F


def wide(t):
    """At least float32: sums over a whole past need it."""
    return t if t.dtype == torch.float64 else t.float()


class Retention(nn.Module):
    """S_t = g_h S_{t-1} + k_t v_tᵀ, o_t = S_tᵀ q_t / sqrt(d_head), g_h = 1 - 2^(-5-h); y = W_o (norm(o) * silu(W_g x)).

    x, y: (B, T, C). Multi-scale retention, Sun et al. 2023, arXiv:2307.08621, as Genesys seeds it: q, k of width C, v and
    the gate of expand * C, an RMSNorm within each head, no biases, Xavier weights of gain 2^-2.5. The number of heads is
    fixed, but where the width gives no whole and even heads: there it is the next smaller that does. Decays are powers of
    g_h that are never negative, so nothing overflows. Computed in chunks, joined through their states by the same law.
    """

    SLOTS = {"rotary": {"kind": "function", "in": ["q", "k"], "out": ["q", "k"], "need": "give q and k their positions"}}
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.0, n_heads=8, chunk=64, eps=1e-6, *, rotary):
        super().__init__()
        while n_heads > 1 and (dim % n_heads or dim // n_heads % 2):
            n_heads -= 1
        self.n_heads, self.chunk, self.eps = n_heads, chunk, eps
        self.width = max(1, round(expand * dim / n_heads))                       # of a head's values
        self.qk = nn.Linear(dim, 2 * dim, bias=False)
        self.v = nn.Linear(dim, n_heads * self.width, bias=False)
        self.g = nn.Linear(dim, n_heads * self.width, bias=False)
        self.rotary = rotary(dim // n_heads)
        self.norm = nn.Parameter(torch.ones(self.width))
        self.out = nn.Linear(n_heads * self.width, dim, bias=False)
        for weight in (*self.qk.weight.chunk(2), self.v.weight, self.g.weight, self.out.weight):
            nn.init.xavier_uniform_(weight, gain=2 ** -2.5)

    def forward(self, x):
        B, T, C = x.shape
        H, D, V = self.n_heads, C // self.n_heads, self.width
        w = min(self.chunk, T)
        n = -(-T // w)
        q, k = self.rotary(*self.qk(x).view(B, T, 2, H, D).permute(2, 0, 3, 1, 4).unbind(0))
        v = self.v(x).view(B, T, H, V).transpose(1, 2)
        q, k, v = (F.pad(wide(t), (0, 0, 0, n * w - T)).view(B, H, n, w, -1) for t in (q * D ** -0.5, k, v))
        log_g = torch.log1p(-torch.exp2(-5 - torch.arange(H, dtype=torch.float64, device=x.device)))
        o = (q @ k.transpose(-1, -2) * self.powers(log_g, w)[:, None].to(q.dtype)) @ v           # within chunks
        t = torch.arange(w, device=x.device)[:, None]
        log_g = log_g[:, None, None]
        state = (k * torch.exp(log_g * (w - 1 - t))[:, None].to(q.dtype)).transpose(-1, -2) @ v  # (B, H, n, D, V)
        # State before chunk i: every earlier chunk j, faded by the chunks between them.
        fade = F.pad(self.powers(w * log_g.flatten(), n), (0, 0, 1, -1)).to(q.dtype)             # (H, n, n)
        state = (fade @ state.flatten(-2)).view(B, H, n, D, V)
        o = o + (q * torch.exp(log_g * (t + 1))[:, None].to(q.dtype)) @ state
        o = F.rms_norm(o.to(x.dtype), (V,), self.norm, self.eps)
        return self.out(o.permute(0, 2, 3, 1, 4).reshape(B, n * w, H * V)[:, :T] * F.silu(self.g(x)))

    def powers(self, log_g, n):
        """g^(t - s) for s <= t < n, else 0: (H, n, n)."""
        t = torch.arange(n, device=log_g.device)
        gap = t[:, None] - t
        return torch.exp(log_g[:, None, None] * gap.clamp(min=0)) * (gap >= 0)

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


class HGRN2(nn.Module):
    """S_t = diag(f_t) S_{t-1} + (1 - f_t) v_tᵀ, y_t = S_tᵀ q_t: the key is what the forget gate leaves free.

    x, y: (B, T, C). Qin et al. 2024, arXiv:2404.07904. f_t = l + (1 - l) sigmoid(W_f x_t) for each channel, q = silu(W_q x);
    the heads' outputs are normalised. The lower bound l rises with the layer, layer / n_layers, where the paper learns it:
    the first layer may forget all, the last remembers longest.
    """

    def __init__(self, dim, head_dim=32, chunk=64, layer=0, n_layers=1):
        super().__init__()
        self.n_heads, self.chunk, self.least = count_heads(dim, head_dim), chunk, layer / n_layers
        self.qfv = nn.Linear(dim, 3 * dim, bias=False)
        self.norm = nn.Parameter(torch.ones(dim // self.n_heads))
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        q, f, v = self.qfv(x).view(B, T, 3, self.n_heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        k = (1 - self.least) * torch.sigmoid(-wide(f))
        f = self.least + (1 - self.least) * torch.sigmoid(wide(f))
        a = torch.log(f.clamp(min=1e-6))  # a gate below that forgets all the same
        y = recur(wide(F.silu(q)), k, wide(v), a, self.chunk)
        y = F.rms_norm(y, (y.shape[-1],), wide(self.norm), 1e-5).to(x.dtype)
        return self.out(y.transpose(1, 2).reshape(B, T, C))

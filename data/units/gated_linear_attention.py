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


class GatedLinearAttention(nn.Module):
    """S_t = a_t S_{t-1} + k_t v_tᵀ, y_t = S_tᵀ q_t; each head has one decay a_t = sigmoid(w·x_t + b) a token.

    x, y: (B, T, C). Yang et al. 2023, arXiv:2312.06635, with the scalar decay of Dao and Gu 2024, arXiv:2405.21060. The
    heads' outputs are normalised and gated by silu(W x). Decays enter only as exp(L_t - L_s) with s <= t, L the running
    sum of log a, so nothing overflows. Computed in chunks; chunks are joined through their states by the same law.
    """

    def __init__(self, dim, head_dim=16, chunk=64):
        super().__init__()
        self.n_heads, self.chunk = count_heads(dim, head_dim), chunk
        self.qkvg = nn.Linear(dim, 4 * dim, bias=False)
        self.decay = nn.Linear(dim, self.n_heads)
        with torch.no_grad():  # the heads remember 8 to 256 tokens
            self.decay.bias.copy_(torch.log(2.0 ** torch.linspace(3.0, 8.0, self.n_heads) - 1))
        self.norm = nn.Parameter(torch.ones(dim // self.n_heads))
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        H, D = self.n_heads, C // self.n_heads
        c = min(self.chunk, T)
        n = -(-T // c)
        x = F.pad(x, (0, 0, 0, n * c - T))
        q, k, v, g = self.qkvg(x).view(B, n, c, 4, H, D).permute(3, 0, 4, 1, 2, 5).unbind(0)
        q, k, v = wide(q), wide(k), wide(v)
        L = F.logsigmoid(wide(self.decay(x))).view(B, n, c, H).permute(0, 3, 1, 2).cumsum(dim=-1)  # (B, H, n, c)
        q = q * D ** -0.5
        y = (q @ k.transpose(-1, -2) * self.decays(L)) @ v                                   # within chunks
        whole = L[..., -1]                                                                   # (B, H, n)
        state = (k * torch.exp(whole[..., None] - L)[..., None]).transpose(-1, -2) @ v       # (B, H, n, D, D)
        # State before chunk i: every earlier chunk j, faded by the chunks between them.
        fade = F.pad(self.decays(whole.cumsum(dim=-1)), (0, 0, 1, -1))                       # (B, H, n, n)
        state = (fade @ state.flatten(-2)).view(B, H, n, D, D)
        y = y + (q * torch.exp(L)[..., None]) @ state
        y = F.rms_norm(y.to(x.dtype), (D,), self.norm, 1e-5) * F.silu(g)
        return self.out(y.permute(0, 2, 3, 1, 4).reshape(B, n * c, C)[:, :T])

    def decays(self, L):
        """exp(L_t - L_s) for s <= t, else 0."""
        difference = L[..., :, None] - L[..., None, :]
        past = torch.ones(L.shape[-1], L.shape[-1], dtype=torch.bool, device=L.device).tril()
        return torch.exp(difference.masked_fill(~past, float("-inf")))

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


class StickBreakingAttention(nn.Module):
    """y_t = Σ_{s<t} A_ts v_s + (1 - Σ_{s<t} A_ts) v_t, A_ts = b_ts Π_{s<l<t} (1 - b_tl), b_ts = sigmoid(q_t·k_s / sqrt(D)).

    x, y: (B, T, C). Tan et al. 2024, arXiv:2410.17980: from the nearest token backwards each takes its share of what is
    left of a stick, and t itself the rest. It takes no positions. As log b = z + log(1 - b) for a score z, A is exp(z_ts +
    Σ_{s≤l<t} log(1 - b_tl)), at most 1; the sum runs backwards from t, what is ahead counting as exactly 0.
    """

    def __init__(self, dim, head_dim=16):
        super().__init__()
        self.n_heads = count_heads(dim, head_dim)
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        D = C // self.n_heads
        q, k, v = self.qkv(x).view(B, T, 3, self.n_heads, D).permute(2, 0, 3, 1, 4).unbind(0)
        k, back = k.flip(-2), v.flip(-2)                                              # the last token first
        score = wide(q @ k.transpose(-1, -2)) * D ** -0.5
        ahead = torch.ones(T, T, dtype=torch.bool, device=x.device).triu().flip(-1)   # and t itself
        left = F.logsigmoid(-score).masked_fill(ahead, 0.0).cumsum(dim=-1)
        share = torch.exp((score + left).masked_fill(ahead, float("-inf")))
        y = share.to(v.dtype) @ back + torch.exp(left[..., -1:]).to(v.dtype) * v
        return self.out(y.transpose(1, 2).reshape(B, T, C))

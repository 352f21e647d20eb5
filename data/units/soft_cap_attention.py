import torch
import torch.nn as nn


def count_heads(dim, head_dim):
    """Heads about head_dim wide; their width is whole and, where it can be, even."""
    heads = max(1, dim // head_dim)
    while heads > 1 and (dim % heads or dim // heads % 2):
        heads -= 1
    return heads


class SoftCapAttention(nn.Module):
    """Causal softmax attention of the scores cap tanh(s / cap), s = q·k / sqrt(D): none is larger than cap.

    x, y: (B, T, C). Gemma 2, arXiv:2408.00118, with its cap of 50.
    """

    SLOTS = {"rotary": {"kind": "function", "in": ["q", "k"], "out": ["q", "k"], "need": "give q and k their positions"}}

    def __init__(self, dim, *, rotary, head_dim=16, cap=50.0):
        super().__init__()
        self.n_heads, self.cap = count_heads(dim, head_dim), cap
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.rotary = rotary(dim // self.n_heads)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        D = C // self.n_heads
        q, k, v = self.qkv(x).view(B, T, 3, self.n_heads, D).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = self.rotary(q, k)
        score = self.cap * torch.tanh(q @ k.transpose(-1, -2) * (D ** -0.5 / self.cap))
        future = torch.ones(T, T, dtype=torch.bool, device=x.device).triu(1)
        y = score.masked_fill(future, float("-inf")).softmax(dim=-1) @ v
        return self.out(y.transpose(1, 2).reshape(B, T, C))

import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def wide(t):
    """At least float32: which keys are nearest should not hang on rounding."""
    return t if t.dtype == torch.float64 else t.float()


class ProductKeyMemory(nn.Module):
    """y = Σ softmax(s)_i value_i over the `top` keys nearest to a query, in each of 4 heads; the keys are pairs (a_j, b_l).

    x: (B, T, C). Lample et al. 2019, arXiv:1907.05242: s = q₁·a_j + q₂·b_l, so that the best of n m pairs are among the best
    a and the best b. The halves of q are divided by their root mean square together, for the paper's norm over the batch.
    About expand * dim values. What is read is a row of weights, zero but for the chosen, times the values.
    """

    KIND = "token"
    FIT = {"expand": (0.5, 32.0)}

    def __init__(self, dim, dim_out=None, expand=6.0, heads=4, top=8):
        super().__init__()
        while heads > 1 and dim % (2 * heads):
            heads -= 1
        n = max(2, math.isqrt(round(expand * dim)))
        m = max(2, round(expand * dim / n))
        self.heads, self.top, half = heads, max(2, top), dim // heads // 2  # one key alone has the weight 1
        self.query = nn.Linear(dim, 2 * half * heads, bias=False)
        self.first = nn.Parameter(torch.randn(heads, n, half) / half ** 0.5)
        self.second = nn.Parameter(torch.randn(heads, m, half) / half ** 0.5)
        out = dim if dim_out is None else dim_out
        self.values = nn.Parameter(torch.randn(n * m, out) / out ** 0.5)

    def forward(self, x):
        tokens = x.flatten(0, -2)
        q = F.linear(wide(tokens), wide(self.query.weight)).unflatten(-1, (self.heads, -1)).transpose(0, 1)
        q1, q2 = F.rms_norm(q, q.shape[-1:], eps=1e-5).chunk(2, dim=-1)                     # (H, B T, half)
        s1, i1 = self.nearest(q1 @ wide(self.first).transpose(-1, -2))
        s2, i2 = self.nearest(q2 @ wide(self.second).transpose(-1, -2))
        score, best = self.nearest((s1.unsqueeze(-1) + s2.unsqueeze(-2)).flatten(-2))
        index = (i1.unsqueeze(-1) * self.second.shape[1] + i2.unsqueeze(-2)).flatten(-2).gather(-1, best)
        weight, index = (t.transpose(0, 1).flatten(-2) for t in (torch.softmax(score, dim=-1), index))
        weights = weight.new_zeros(tokens.shape[0], self.values.shape[0]).scatter_add(-1, index, weight)
        return (weights.to(x.dtype) @ self.values).unflatten(0, x.shape[:-1])

    def nearest(self, scores):
        return scores.topk(min(self.top, scores.shape[-1]), dim=-1)

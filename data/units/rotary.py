import torch
import torch.nn as nn


class Rotary(nn.Module):
    """Rotary positions: pair i of the channels of token t is turned by the angle t / base^(2i / dim).

    Su et al. 2021, arXiv:2104.09864, with pairs (2i, 2i + 1). q, k: (B, H, T, dim). The angles are made in float64,
    so that late positions are exact in every dtype, and on every call, so that no length is too long.
    """

    OUT = ["q", "k"]
    KIND = "function"

    def __init__(self, dim, base=10000.0):
        super().__init__()
        self.dim, self.base = dim, base

    def forward(self, q, k):
        pair = torch.arange(0, self.dim, 2, dtype=torch.float64, device=q.device)
        position = torch.arange(q.shape[-2], dtype=torch.float64, device=q.device)
        angle = position[:, None] * self.base ** (-pair / self.dim)
        cos, sin = angle.cos().to(q.dtype), angle.sin().to(q.dtype)
        return self.turn(q, cos, sin), self.turn(k, cos, sin)

    def turn(self, x, cos, sin):
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)

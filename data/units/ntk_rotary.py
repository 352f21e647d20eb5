import torch
import torch.nn as nn


class NTKRotary(nn.Module):
    """Rotary positions with the base times factor^(dim / (dim - 2)): the slowest pair turns `factor` times more slowly.

    q, k: (B, H, T, dim). Peng et al. 2023 (YaRN), arXiv:2309.00071, section 3.1: near distances are told apart as before,
    far ones stay within the angles of a context `factor` times shorter. The angles are made in float64.
    """

    OUT = ["q", "k"]
    KIND = "function"

    def __init__(self, dim, base=10000.0, factor=4.0):
        super().__init__()
        self.dim, self.base = dim, base * factor ** (dim / max(1, dim - 2))

    def forward(self, q, k):
        pair = torch.arange(0, self.dim, 2, dtype=torch.float64, device=q.device)
        position = torch.arange(q.shape[-2], dtype=torch.float64, device=q.device)
        angle = position[:, None] * self.base ** (-pair / self.dim)
        cos, sin = angle.cos().to(q.dtype), angle.sin().to(q.dtype)
        return self.turn(q, cos, sin), self.turn(k, cos, sin)

    def turn(self, x, cos, sin):
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)

import torch
import torch.nn as nn


class PartialRotary(nn.Module):
    """Rotary positions for the first `share` of the channels; the others carry none and may match at any distance.

    q, k: (B, H, T, dim). As in GPT-NeoX-20B (Black et al. 2022, arXiv:2204.06745), whose share is a quarter; the law is
    Su et al. 2021's, arXiv:2104.09864. At least one pair is turned. The angles are made in float64.
    """

    OUT = ["q", "k"]
    KIND = "function"

    def __init__(self, dim, share=0.25, base=10000.0):
        super().__init__()
        self.turned, self.base = 2 * max(1, min(dim // 2, round(share * dim / 2))), base

    def forward(self, q, k):
        pair = torch.arange(0, self.turned, 2, dtype=torch.float64, device=q.device)
        position = torch.arange(q.shape[-2], dtype=torch.float64, device=q.device)
        angle = position[:, None] * self.base ** (-pair / self.turned)
        cos, sin = angle.cos().to(q.dtype), angle.sin().to(q.dtype)
        return self.turn(q, cos, sin), self.turn(k, cos, sin)

    def turn(self, x, cos, sin):
        even, odd, rest = x[..., 0:self.turned:2], x[..., 1:self.turned:2], x[..., self.turned:]
        turned = torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)
        return torch.cat((turned, rest), dim=-1)

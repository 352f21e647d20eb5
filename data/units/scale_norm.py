import torch
import torch.nn as nn
import torch.nn.functional as F


class ScaleNorm(nn.Module):
    """y = g sqrt(C) x / |x|, g one learned number: each token on a sphere. Nguyen and Salazar 2019, arXiv:1910.05895.

    x: (B, T, C). Computed as g x / sqrt(mean(x²) + eps), so that x = 0 is no exception; g = 1 at first.
    """

    KIND = "token"

    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.g = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.g * F.rms_norm(x, (x.shape[-1],), eps=self.eps)

import torch
import torch.nn as nn


class DynamicTanhNorm(nn.Module):
    """y = weight * tanh(a x) + bias, a one learned number: what a norm does to large values, without statistics.

    x: (B, T, C). Zhu et al. 2025 (DyT), arXiv:2503.10622; a = 1/2 at first.
    """

    KIND = "token"

    def __init__(self, dim, start=0.5):
        super().__init__()
        self.a = nn.Parameter(torch.full((1,), start))
        self.weight, self.bias = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        return self.weight * torch.tanh(self.a * x) + self.bias

"""An exponential moving average as a product with a matrix of powers, damped per channel."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class MovingAverage(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.decay = nn.Parameter(torch.linspace(-3.0, 1.0, dim))
        self.gate_value, self.out = nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)

    def forward(self, x):
        i = torch.arange(x.shape[1], device=x.device, dtype=x.dtype)
        lag = (i[:, None] - i[None, :]).clamp(min=0)
        weight = torch.exp(-torch.exp(self.decay).view(-1, 1, 1) * lag).tril()
        gate, value = self.gate_value(x).chunk(2, dim=-1)
        return self.out(torch.sigmoid(gate) * torch.einsum("cts,bsc->btc", weight, value))


class ReluSquared(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        return self.down(F.relu(self.up(x)).square())


class MovingAverageBlock(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = nn.RMSNorm(dim), nn.RMSNorm(dim)
        self.mixer, self.mlp = MovingAverage(dim), ReluSquared(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))

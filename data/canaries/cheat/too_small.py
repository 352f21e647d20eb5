"""A block a tenth of the seed's that cannot grow.
Refused by: fit
Set: fast
"""
import torch
import torch.nn as nn
import torch.nn.functional as F


class TooSmall(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.decay = nn.Parameter(torch.linspace(0.0, 3.0, dim))
        self.low, self.high = nn.Linear(dim, 8, bias=False), nn.Linear(8, dim, bias=False)

    def forward(self, x):
        h = self.norm(x)
        T = x.shape[1]
        lag = torch.arange(T, device=x.device)
        lag = (lag[:, None] - lag[None, :]).clamp(min=0).to(x.dtype)
        weight = torch.exp(-F.softplus(self.decay) * lag.unsqueeze(-1)).permute(2, 0, 1).tril()
        return x + self.high(F.gelu(self.low(torch.einsum("cts,bsc->btc", weight, h))))

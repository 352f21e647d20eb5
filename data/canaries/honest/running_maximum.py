"""Max pooling over the past by cummax."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class RunningMaximum(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.into, self.out = nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)

    def forward(self, x):
        a, b = self.into(x).chunk(2, dim=-1)
        return self.out(a.cummax(dim=1).values * torch.sigmoid(b))


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class RunningMaximumBlock(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = nn.RMSNorm(dim), nn.RMSNorm(dim)
        self.mixer, self.mlp = RunningMaximum(dim), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))

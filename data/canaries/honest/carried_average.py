"""A running average of all blocks' outputs goes through the carry."""
import torch.nn as nn
import torch.nn.functional as F


class GatedConvolution(nn.Module):
    def __init__(self, dim, width=4):
        super().__init__()
        self.width = width
        self.value_gate = nn.Linear(dim, 2 * dim, bias=False)
        self.convolution = nn.Conv1d(dim, dim, width, groups=dim)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        value, gate = self.value_gate(x).chunk(2, dim=-1)
        value = self.convolution(F.pad(value.transpose(1, 2), (self.width - 1, 0))).transpose(1, 2)
        return self.out(value * F.silu(gate))


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class CarriedAverage(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = nn.RMSNorm(dim), nn.RMSNorm(dim)
        self.mixer, self.mlp = GatedConvolution(dim), SwiGLU(dim, expand)
        self.read = nn.Linear(dim, dim, bias=False)

    def forward(self, x, carry=None):
        before = x if carry is None else carry["average"]
        x = x + self.mixer(self.norm_1(x)) + self.read(before)
        x = x + self.mlp(self.norm_2(x))
        return x, {"average": 0.5 * before + 0.5 * x}

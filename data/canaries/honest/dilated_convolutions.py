"""A stack of three causal dilated convolutions, as WaveNet."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class DilatedConvolutions(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv1d(dim, dim, 2, dilation=2**i, groups=4) for i in range(3)])
        self.out = nn.Linear(dim, dim)

    def forward(self, x):
        y = x.transpose(1, 2)
        for i, layer in enumerate(self.layers):
            y = y + torch.tanh(layer(F.pad(y, (2**i, 0))))
        return self.out(y.transpose(1, 2))


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class DilatedConvolutionsBlock(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer, self.mlp = DilatedConvolutions(dim), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))

"""nn.GRU."""
import torch.nn as nn
import torch.nn.functional as F


class LibraryGRU(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.gru = nn.GRU(dim, dim // 2, batch_first=True)
        self.out = nn.Linear(dim // 2, dim)

    def forward(self, x):
        return self.out(self.gru(x)[0])


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class LibraryGru(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer, self.mlp = LibraryGRU(dim), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))

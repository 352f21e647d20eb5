"""U-net path done right: groups of four are summed up and read one group later."""
import torch.nn as nn
import torch.nn.functional as F


class DownUpSampling(nn.Module):
    def __init__(self, dim, factor=4):
        super().__init__()
        self.factor = factor
        self.down, self.up = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.near = nn.Conv1d(dim, dim, factor, groups=dim)

    def forward(self, x):
        B, T, C = x.shape
        f = self.factor
        coarse = F.pad(self.down(x), (0, 0, 0, -T % f)).view(B, -1, f, C).mean(dim=2)
        before = F.pad(coarse, (0, 0, 1, -1)).repeat_interleave(f, dim=1)[:, :T]
        near = self.near(F.pad(x.transpose(1, 2), (f - 1, 0))).transpose(1, 2)
        return self.up(F.gelu(before + near))


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class DownAndUpSampling(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer, self.mlp = DownUpSampling(dim), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))

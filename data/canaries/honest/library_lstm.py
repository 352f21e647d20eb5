"""nn.LSTM with learned initial states."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class LibraryLSTM(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.lstm = nn.LSTM(dim, dim // 2, batch_first=True)
        self.hidden, self.cell = (nn.Parameter(torch.zeros(1, 1, dim // 2)) for _ in range(2))
        self.out = nn.Linear(dim // 2, dim)

    def forward(self, x):
        start = tuple(s.expand(-1, x.shape[0], -1).contiguous() for s in (self.hidden, self.cell))
        return self.out(self.lstm(x, start)[0])


class MLP(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner)
        self.down = nn.Linear(inner, dim)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class LibraryLstm(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer, self.mlp = LibraryLSTM(dim), MLP(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))

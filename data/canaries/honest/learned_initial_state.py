"""A decayed mean whose state before the text is learned."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.eps) * self.weight


class LearnedStart(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.start = nn.Parameter(torch.randn(dim))
        self.decay = nn.Parameter(torch.linspace(0.0, 4.0, dim))
        self.into, self.out = nn.Linear(dim, dim), nn.Linear(dim, dim)

    def forward(self, x):
        u, keep = self.into(x), torch.sigmoid(self.decay)
        state, states = self.start.expand(x.shape[0], -1), []
        for t in range(x.shape[1]):
            state = keep * state + (1 - keep) * u[:, t]
            states.append(state)
        return self.out(F.silu(torch.stack(states, dim=1)) * u)


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class LearnedInitialState(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = RMSNorm(dim), RMSNorm(dim)
        self.mixer, self.mlp = LearnedStart(dim), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))

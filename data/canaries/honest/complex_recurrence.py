"""A rotation and decay in each channel: a complex recurrence by cumulative loop."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class ComplexRecurrence(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.into, self.out = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.decay = nn.Parameter(torch.linspace(-3.0, 1.0, dim // 2))
        self.angle = nn.Parameter(torch.linspace(0.0, 3.0, dim // 2))

    def forward(self, x):
        u = torch.view_as_complex(self.into(x).unflatten(-1, (-1, 2)).contiguous())
        size = torch.exp(-torch.exp(self.decay))
        pole = torch.polar(size, self.angle)
        state, states = torch.zeros_like(u[:, 0]), []
        for t in range(x.shape[1]):
            state = pole * state + torch.sqrt(1.0 - size * size) * u[:, t]
            states.append(state)
        return self.out(torch.view_as_real(torch.stack(states, dim=1)).flatten(-2))


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class ComplexRecurrenceBlock(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = nn.RMSNorm(dim), nn.RMSNorm(dim)
        self.mixer, self.mlp = ComplexRecurrence(dim), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))

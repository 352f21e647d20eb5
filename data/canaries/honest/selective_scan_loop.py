"""Mamba's selective scan, step by step."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.eps) * self.weight


class SelectiveScan(nn.Module):
    def __init__(self, dim, state=4):
        super().__init__()
        self.state = state
        self.into, self.select = nn.Linear(dim, 2 * dim, bias=False), nn.Linear(dim, 2 * state + 1, bias=False)
        self.convolution = nn.Conv1d(dim, dim, 4, groups=dim, padding=3)
        self.step_bias, self.skip = nn.Parameter(torch.linspace(-4.0, 0.0, dim)), nn.Parameter(torch.ones(dim))
        self.log_rate = nn.Parameter(torch.arange(1.0, state + 1.0).log().repeat(dim, 1))
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        T = x.shape[1]
        u, z = self.into(x).chunk(2, dim=-1)
        u = F.silu(self.convolution(u.transpose(1, 2))[..., :T].transpose(1, 2))
        step, b, c = self.select(u).split([1, self.state, self.state], dim=-1)
        step = F.softplus(step + self.step_bias)
        rate = -torch.exp(self.log_rate)
        state, ys = u.new_zeros(*u[:, 0].shape, self.state), []
        for t in range(T):
            decay = torch.exp(step[:, t].unsqueeze(-1) * rate)
            state = decay * state + (step[:, t] * u[:, t]).unsqueeze(-1) * b[:, t].unsqueeze(1)
            ys.append((state * c[:, t].unsqueeze(1)).sum(dim=-1))
        y = torch.stack(ys, dim=1) + self.skip * u
        return self.out(y * F.silu(z))


class ReluSquared(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        return self.down(F.relu(self.up(x)).square())


class SelectiveScanLoop(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = RMSNorm(dim), RMSNorm(dim)
        self.mixer, self.mlp = SelectiveScan(dim), ReluSquared(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))

"""Experts with a capacity that grows with the position: a token counts only those before it."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class CausalCapacityExperts(nn.Module):
    def __init__(self, dim, n_experts=4):
        super().__init__()
        self.router = nn.Linear(dim, n_experts)
        self.experts = nn.ModuleList([nn.Linear(dim, dim) for _ in range(n_experts)])
        self.shift = nn.Parameter(torch.full((dim,), 0.3))

    def forward(self, x):
        x = x + self.shift * F.pad(x, (0, 0, 1, -1))
        probability = self.router(x).softmax(dim=-1)
        value, chosen = probability.max(dim=-1)
        taken = F.one_hot(chosen, probability.shape[-1])
        place = (taken.cumsum(dim=1) * taken).sum(dim=-1)
        capacity = torch.arange(1, x.shape[1] + 1, device=x.device) // 3 + 1
        weight = (taken * (place <= capacity).unsqueeze(-1)).to(x.dtype) * value.unsqueeze(-1)
        return sum(weight[..., i : i + 1] * expert(x) for i, expert in enumerate(self.experts))


class MLP(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner)
        self.down = nn.Linear(inner, dim)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class CausalCapacityExpertsBlock(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = nn.RMSNorm(dim), nn.RMSNorm(dim)
        self.mixer, self.mlp = CausalCapacityExperts(dim), MLP(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))

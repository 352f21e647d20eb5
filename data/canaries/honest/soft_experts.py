"""Four experts a token, all weighted by a softmax."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.eps) * self.weight


class SoftExperts(nn.Module):
    def __init__(self, dim, n_experts=4):
        super().__init__()
        self.router, self.before = nn.Linear(dim, n_experts), nn.Linear(dim, dim, bias=False)
        self.experts = nn.Parameter(torch.randn(n_experts, dim, dim) * dim ** -0.5)

    def forward(self, x):
        x = x + self.before(F.pad(x, (0, 0, 1, -1)))
        return torch.einsum("bte,edc,btd->btc", self.router(x).softmax(dim=-1), self.experts, F.gelu(x))


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class SoftExpertsBlock(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = RMSNorm(dim), RMSNorm(dim)
        self.mixer, self.mlp = SoftExperts(dim), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))

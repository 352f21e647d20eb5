"""The delta rule: what the key recalls is replaced by the value."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.eps) * self.weight


class DeltaRule(nn.Module):
    def __init__(self, dim, n_heads=4):
        super().__init__()
        self.n_heads = n_heads
        self.q, self.k = nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.v, self.out = nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.beta = nn.Linear(dim, n_heads)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (f(x).view(B, T, self.n_heads, -1) for f in (self.q, self.k, self.v))
        k, beta = F.normalize(k, dim=-1), torch.sigmoid(self.beta(x)).unsqueeze(-1)
        state = q.new_zeros(B, self.n_heads, q.shape[-1], v.shape[-1])
        ys = []
        for t in range(T):
            recalled = torch.einsum("bhd,bhde->bhe", k[:, t], state)
            state = state + k[:, t].unsqueeze(-1) * (beta[:, t] * (v[:, t] - recalled)).unsqueeze(-2)
            ys.append(torch.einsum("bhd,bhde->bhe", q[:, t], state))
        return self.out(torch.stack(ys, dim=1).reshape(B, T, C))


class ReluSquared(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        return self.down(F.relu(self.up(x)).square())


class DeltaRuleLoop(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = RMSNorm(dim), RMSNorm(dim)
        self.mixer, self.mlp = DeltaRule(dim), ReluSquared(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))

"""The delta rule with a decay for each head."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class GatedDeltaRule(nn.Module):
    def __init__(self, dim, n_heads=4):
        super().__init__()
        self.n_heads = n_heads
        self.q, self.k = nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.v, self.out = nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.gates = nn.Linear(dim, 2 * n_heads)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (f(x).view(B, T, self.n_heads, -1) for f in (self.q, self.k, self.v))
        k = F.normalize(k, dim=-1)
        beta, keep = torch.sigmoid(self.gates(x)).unsqueeze(-1).chunk(2, dim=2)
        keep = keep ** 0.25
        state = q.new_zeros(B, self.n_heads, q.shape[-1], v.shape[-1])
        ys = []
        for t in range(T):
            state = keep[:, t].unsqueeze(-1) * state
            recalled = torch.einsum("bhd,bhde->bhe", k[:, t], state)
            state = state + k[:, t].unsqueeze(-1) * (beta[:, t] * (v[:, t] - recalled)).unsqueeze(-2)
            ys.append(torch.einsum("bhd,bhde->bhe", q[:, t], state))
        return self.out(torch.stack(ys, dim=1).reshape(B, T, C))


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class GatedDeltaRuleLoop(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = nn.RMSNorm(dim), nn.RMSNorm(dim)
        self.mixer, self.mlp = GatedDeltaRule(dim), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))

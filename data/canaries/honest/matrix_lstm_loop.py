"""mLSTM: exponential gates, stabilised by a running maximum of the past."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.eps) * self.weight


class MatrixLSTM(nn.Module):
    def __init__(self, dim, n_heads=4):
        super().__init__()
        self.n_heads = n_heads
        self.q, self.k = nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.v, self.out = nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.gates = nn.Linear(dim, 2 * n_heads)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (f(x).view(B, T, self.n_heads, -1) for f in (self.q, self.k, self.v))
        k = k * k.shape[-1] ** -0.5
        enter, forget = self.gates(x).chunk(2, dim=-1)
        forget = F.logsigmoid(forget + 3.0)
        level, count = enter.new_full((B, self.n_heads), -30.0), torch.zeros_like(q[:, 0])
        state = q.new_zeros(B, self.n_heads, q.shape[-1], v.shape[-1])
        ys = []
        for t in range(T):
            top = torch.maximum(forget[:, t] + level, enter[:, t])
            old, new = torch.exp(forget[:, t] + level - top), torch.exp(enter[:, t] - top)
            level = top
            state = old[..., None, None] * state + new[..., None, None] * k[:, t].unsqueeze(-1) * v[:, t].unsqueeze(-2)
            count = old.unsqueeze(-1) * count + new.unsqueeze(-1) * k[:, t]
            norm = torch.maximum((count * q[:, t]).sum(dim=-1).abs(), torch.exp(-level)).unsqueeze(-1)
            ys.append(torch.einsum("bhd,bhde->bhe", q[:, t], state) / norm)
        return self.out(torch.stack(ys, dim=1).reshape(B, T, C))


class MLP(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner)
        self.down = nn.Linear(inner, dim)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class MatrixLstmLoop(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = RMSNorm(dim), RMSNorm(dim)
        self.mixer, self.mlp = MatrixLSTM(dim), MLP(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))

"""S5-like: complex diagonal states, computed as a zero-padded FFT convolution."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.eps) * self.weight


class DiagonalStateSpace(nn.Module):
    def __init__(self, dim, state=8):
        super().__init__()
        self.log_decay = nn.Parameter(torch.linspace(-3.0, 0.0, state).repeat(dim, 1))
        self.angle = nn.Parameter(torch.linspace(0.0, 3.0, state).repeat(dim, 1))
        self.real, self.imaginary = (nn.Parameter(torch.randn(dim, state) * state ** -0.5) for _ in range(2))
        self.skip, self.out = nn.Parameter(torch.ones(dim)), nn.Linear(dim, 2 * dim)

    def forward(self, x):
        T = x.shape[1]
        pole = torch.complex(-torch.exp(self.log_decay), self.angle)
        t = torch.arange(T, device=x.device, dtype=x.dtype)
        weight = torch.complex(self.real, self.imaginary).unsqueeze(-1)
        kernel = (torch.exp(pole.unsqueeze(-1) * t) * weight).real.sum(dim=1)
        n = 2 * T
        y = torch.fft.irfft(torch.fft.rfft(x.transpose(1, 2), n=n) * torch.fft.rfft(kernel, n=n), n=n)[..., :T]
        return F.glu(self.out(F.gelu(y.transpose(1, 2) + self.skip * x)), dim=-1)


class MLP(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner)
        self.down = nn.Linear(inner, dim)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class DiagonalStateSpaceBlock(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = RMSNorm(dim), RMSNorm(dim)
        self.mixer, self.mlp = DiagonalStateSpace(dim), MLP(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))

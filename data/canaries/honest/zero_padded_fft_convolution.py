"""Hyena's long convolution: implicit filters, FFT of twice the length.
Set: fast
"""
import torch
import torch.nn as nn
import torch.nn.functional as F


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.eps) * self.weight


class LongConvolution(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.into, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.filter = nn.Sequential(nn.Linear(5, 16), nn.GELU(), nn.Linear(16, dim))
        self.rate = nn.Parameter(torch.linspace(0.02, 0.5, dim))

    def forward(self, x):
        T = x.shape[1]
        t = torch.arange(T, device=x.device, dtype=x.dtype).unsqueeze(-1)
        waves = [torch.sin(t * 0.1), torch.cos(t * 0.1), torch.sin(t), torch.cos(t), torch.exp(-t / 64.0)]
        features = torch.cat(waves, dim=-1)
        kernel = self.filter(features) * torch.exp(-self.rate.abs() * t)
        q, k, v = self.into(x).chunk(3, dim=-1)
        spectrum = torch.fft.rfft(k * v, n=2 * T, dim=1) * torch.fft.rfft(kernel, n=2 * T, dim=0)
        y = torch.fft.irfft(spectrum, n=2 * T, dim=1)
        return self.out(q * y[:, :T])


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class ZeroPaddedFftConvolution(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = RMSNorm(dim), RMSNorm(dim)
        self.mixer, self.mlp = LongConvolution(dim), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))

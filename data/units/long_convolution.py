import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def wide(t):
    """At least float32: transforms need it."""
    return t if t.dtype == torch.float64 else t.float()


class LongConvolution(nn.Module):
    """y_t = W_o (q_t * (Σ_{s≤t} K_{t-s} k_s v_s + D k_t v_t)), channel by channel, K as long as the sequence.

    x, y: (B, T, C). The order-2 operator of Hyena, Poli et al. 2023, arXiv:2302.10866: [q, k, v] = W x, each through a
    causal depthwise convolution of width 3. K_t = f(t) sqrt(r) exp(-r t): f an MLP with sine activations, at most as wide
    as x, over log(1 + t) and waves of t, 8 to 8192 tokens long; r a rate a channel, so that the channels see 4 to 1024
    tokens. K depends on the distance alone, never on T. By FFT of twice the length, so that nothing wraps around.
    """

    def __init__(self, dim, width=64, waves=8, short=3):
        super().__init__()
        self.waves, self.short, width = waves, short, min(width, dim)
        self.into = nn.Linear(dim, 3 * dim)
        self.convolution = nn.Conv1d(3 * dim, 3 * dim, short, groups=3 * dim)
        self.filter_1, self.filter_2 = nn.Linear(2 * waves + 1, width), nn.Linear(width, width)
        self.filter_3 = nn.Linear(width, dim, bias=False)
        self.frequency = nn.Parameter(torch.full((width,), 4.0))
        self.log_rate = nn.Parameter(-math.log(2) * torch.linspace(2.0, 10.0, dim))
        self.skip = nn.Parameter(torch.randn(dim))
        self.out = nn.Linear(dim, dim)

    def forward(self, x):
        T = x.shape[1]
        u = self.convolution(F.pad(self.into(x).transpose(1, 2), (self.short - 1, 0)))
        q, k, v = u.chunk(3, dim=1)
        u = k * v
        y = torch.fft.rfft(wide(u), n=2 * T) * torch.fft.rfft(wide(self.kernel(T)), n=2 * T)
        y = torch.fft.irfft(y, n=2 * T)[..., :T].to(x.dtype) + self.skip[:, None] * u
        return self.out((q * y).transpose(1, 2))

    def kernel(self, T):
        """(C, T). Positions in float64, so that late ones are exact in every dtype."""
        t = torch.arange(T, dtype=torch.float64, device=self.skip.device)[:, None]
        angle = t * (2 * math.pi / 8) * 2.0 ** -torch.linspace(0, 10, self.waves, dtype=t.dtype, device=t.device)
        features = torch.cat((torch.log1p(t) / 8, angle.cos(), angle.sin()), dim=1).to(self.skip.dtype)
        f = torch.sin(self.frequency * self.filter_1(features))
        f = self.filter_3(torch.sin(self.frequency * self.filter_2(f)))
        rate = torch.exp(wide(self.log_rate))
        return (wide(f) * torch.exp(-rate * t.to(rate.dtype)) * torch.sqrt(rate)).T

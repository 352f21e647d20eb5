import torch
import torch.nn as nn
import torch.nn.functional as F


def wide(t):
    """At least float32: powers of decays and transforms need it."""
    return t if t.dtype == torch.float64 else t.float()


class MegaEMA(nn.Module):
    """h_t = a b x_t + (1 - a δ) h_{t-1}, y_t = η·h_t in each channel, h of `state` numbers; a, δ in (0, 1).

    x, y: (B, T, C). The multi-dimensional damped moving average of Mega, Ma et al. 2022, arXiv:2209.10655. The law is
    linear and constant in time: a convolution with K_t = Σ_n η_n a_n b_n (1 - a_n δ_n)^t, by FFT of twice the length, so
    that nothing wraps around. The powers are products of those of multiples of 64 and of the rest, summed over n by a
    matrix product. log(1 - a δ) = log((1 - a) + a (1 - δ)) is taken from the logits: finite however near a and δ are to 1.
    """

    def __init__(self, dim, state=16):
        super().__init__()
        self.a = nn.Parameter(torch.randn(dim, state) * 0.2)
        self.delta = nn.Parameter(torch.randn(dim, state) * 0.2)
        self.b = nn.Parameter((-1.0) ** torch.arange(state) + torch.randn(dim, state) * 0.02)
        self.eta = nn.Parameter(torch.randn(dim, state) * state ** -0.5)

    def forward(self, x):
        T = x.shape[1]
        u = wide(x).transpose(1, 2)
        y = torch.fft.irfft(torch.fft.rfft(u, n=2 * T) * torch.fft.rfft(self.kernel(T), n=2 * T), n=2 * T)[..., :T]
        return y.transpose(1, 2).to(x.dtype)

    def kernel(self, T, w=64):
        a, delta = wide(self.a), wide(self.delta)
        log_decay = torch.logaddexp(F.logsigmoid(-a), F.logsigmoid(a) + F.logsigmoid(-delta))[:, None]
        weight = (wide(self.eta) * wide(self.b) * torch.sigmoid(a))[:, None]
        t = torch.arange(w, dtype=a.dtype, device=a.device)[:, None]
        chunk = w * torch.arange(-(-T // w), dtype=a.dtype, device=a.device)[:, None]
        K = (weight * torch.exp(log_decay * chunk)) @ torch.exp(log_decay * t).transpose(1, 2)       # (C, T / w, w)
        return K.flatten(1)[:, :T]

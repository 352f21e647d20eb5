"""Convolutions as long as the sequence, by FFT."""

import math
import torch
import torch.nn as nn
import torch.nn.functional as F


def fft_conv(u, k, dropout_mask, gelu=True, k_rev=None):
    """u (B, D, T) convolved with k, plus u."""
    tokens = u.shape[-1]
    size = 2 * tokens
    spectrum = torch.fft.rfft(k, n=size) / size
    if k_rev is not None:
        spectrum = spectrum + (torch.fft.rfft(k_rev, n=size) / size).conj()
    if u.dim() > 3:
        spectrum = spectrum.unsqueeze(1)
    y = torch.fft.irfft(torch.fft.rfft(u.to(k.dtype), n=size) * spectrum, n=size, norm="forward")[..., :tokens] + u
    if gelu:
        y = F.gelu(y)
    if dropout_mask is not None:
        y = y * dropout_mask.unsqueeze(-1)
    return y.to(u.dtype)


class LongConvolution(nn.Module):
    def __init__(self, hidden_size, max_len, **kwargs):
        super().__init__()
        self.hidden_size = hidden_size
        self.filter = nn.Parameter(torch.randn(hidden_size, max_len), requires_grad=True)

    def forward(self, x, *args, **kwargs):
        y = fft_conv(x.transpose(1, 2), self.filter, None, gelu=False)
        return y.transpose(1, 2).to(x.dtype)


class PositionalEmbedding(nn.Module):
    """Time, then cosines and sines of it. Poli et al. 2023, arXiv:2302.10866."""

    def __init__(self, emb_dim, seq_len, **kwargs):
        super().__init__()
        self.seq_len = seq_len
        bands = (emb_dim - 1) // 2
        angle = 2 * math.pi * torch.linspace(0, seq_len - 1, seq_len)[None, :, None] / seq_len
        wave = torch.exp(-1j * torch.linspace(1e-4, bands - 1, bands)[None, None] * angle)
        self.z = nn.Parameter(
            torch.cat([torch.linspace(0, 1, seq_len)[None, :, None], wave.real, wave.imag], -1), requires_grad=False)

    def forward(self, L):
        return self.z[:, :L]


class ImplicitLongConvolution(nn.Module):
    def __init__(self, hidden_size, max_len, d_emb=3, d_hidden=16, **kwargs):
        super().__init__()
        self.hidden_size, self.d_emb = hidden_size, d_emb
        assert d_emb % 2 != 0 and d_emb >= 3, "d_emb must be odd and greater or equal to 3 (time, sine and cosine)"
        self.pos_emb = PositionalEmbedding(emb_dim=d_emb, seq_len=max_len)
        self.mlp = nn.Sequential(nn.Linear(d_emb, d_hidden), nn.ReLU(), nn.Linear(d_hidden, hidden_size))

    def filter(self, seq_len, *args, **kwargs):
        return self.mlp(self.pos_emb(seq_len)).transpose(1, 2)

    def forward(self, x, *args, **kwargs):
        y = fft_conv(x.transpose(1, 2), self.filter(x.shape[1]), None, gelu=False)
        return y.transpose(1, 2).to(x.dtype)

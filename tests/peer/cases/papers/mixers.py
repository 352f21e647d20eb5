# Mixing without attention, and functions instead of matrices: FNet, gMLP with tiny attention, MLP-Mixer over tokens,
# Kolmogorov-Arnold layers by splines and by Chebyshev polynomials, Fourier features, a Conformer block, dynamic convolution.
import math
from abc import ABCMeta, abstractmethod
from numbers import Number
from typing import *
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import Function

INIT: Final = {"xavier": nn.init.xavier_uniform_, "kaiming": nn.init.kaiming_normal_, "orthogonal": nn.init.orthogonal_, None: lambda t: t}


class RoundSTE(Function):
    @staticmethod
    def forward(ctx, x, bits):
        scale = 2 ** (bits - 1) - 1
        ctx.mark_non_differentiable()
        ctx.scale = scale
        return torch.round(x.clamp(-1, 1) * scale) / scale

    @staticmethod
    def backward(ctx, g):
        return g.clone(), None


class SwishImplementation(Function):
    @staticmethod
    def forward(ctx, i):
        result = i * torch.sigmoid(i)
        ctx.save_for_backward(i)
        return result

    @staticmethod
    def backward(ctx, grad_output):
        i, = ctx.saved_tensors
        sigmoid_i = torch.sigmoid(i)
        return grad_output * (sigmoid_i * (1 + i * (1 - sigmoid_i)))


class Mixer(nn.Module, metaclass=ABCMeta):
    @abstractmethod
    def mix(self, x: torch.Tensor) -> torch.Tensor: ...

    def forward(self, x, mask=None):
        if mask is not None:
            x = x * mask.unsqueeze(-1).type(x.dtype)
        return x + self.mix(x)


class FNet(Mixer):
    def __init__(self, dim=16, real=True, norm="ortho"):
        super().__init__()
        self.ln, self.proj, self.real, self.norm = nn.LayerNorm(dim), nn.Linear(dim, dim), real, norm

    def mix(self, x):
        h = self.ln(x).float()
        z = torch.fft.fft(torch.fft.fft(h, dim=-1, norm=self.norm), dim=-2, norm=self.norm)
        return self.proj((z.real if self.real else z.abs()).to(x.dtype))


class GMLP(Mixer):
    def __init__(self, dim=16, seq_len=12, ff=24, causal=False, tiny_attn=0, act=None, heads=1):
        super().__init__()
        self.norm, self.inp, self.out = nn.LayerNorm(dim), nn.Linear(dim, ff), nn.Linear(ff // 2, dim)
        self.gate_norm, self.act = nn.LayerNorm(ff // 2), act if callable(act) else {"tanh": torch.tanh, None: nn.Identity()}[act]
        self.weight, self.bias = nn.Parameter(torch.zeros(heads, seq_len, seq_len).uniform_(-1e-3, 1e-3)), nn.Parameter(torch.ones(heads, seq_len))
        self.causal, self.heads = causal, heads
        self.attn = nn.ModuleDict(dict(qkv=nn.Linear(dim, 3 * tiny_attn, bias=False), out=nn.Linear(tiny_attn, ff // 2))) if tiny_attn else None

    def mix(self, x):
        n, h = x.shape[1], self.norm(x)
        res, gate = F.gelu(self.inp(h)).chunk(2, dim=-1)
        weight, bias = self.weight[:, :n, :n], self.bias[:, :n]
        if self.causal:
            weight = weight.masked_fill(torch.ones(weight.shape[-2:]).triu_(1).bool()[None, ...], 0.0)
        gate = self.gate_norm(gate).unflatten(-1, (self.heads, -1))
        gate = torch.einsum("bnhd,hmn->bmhd", gate, weight) + bias.T[None, :, :, None]
        gate = gate.flatten(-2)
        if self.attn is not None:
            q, k, v = self.attn["qkv"](h).chunk(3, -1)
            sim = torch.einsum("bid,bjd->bij", q, k) * q.size(-1) ** -0.5
            if self.causal:
                sim.masked_fill_(torch.ones(n, n, dtype=torch.bool).triu(1), -torch.finfo(sim.dtype).max)
            gate = gate + self.attn.out(sim.softmax(-1).to(v) @ v)
        return self.out(self.act(gate) * res)


class SplineKAN(nn.Module):
    def __init__(self, in_features, out_features, grid_size=5, spline_order=3, scale_noise=0.1, base=nn.SiLU, grid_eps=0.02, grid_range=[-1, 1], standalone=True):
        super().__init__()
        self.in_features, self.out_features, self.grid_size, self.spline_order = in_features, out_features, grid_size, spline_order
        h = (grid_range[1] - grid_range[0]) / grid_size
        grid = (torch.arange(-spline_order, grid_size + spline_order + 1) * h + grid_range[0]).expand(in_features, -1).contiguous()
        self.register_buffer("grid", grid)
        self.base_weight = nn.Parameter(torch.Tensor(out_features, in_features))
        self.spline_weight = nn.Parameter(torch.Tensor(out_features, in_features, grid_size + spline_order))
        if standalone:
            self.spline_scaler = nn.Parameter(torch.Tensor(out_features, in_features))
        self.standalone, self.base_activation = standalone, base()
        for p in self.parameters():
            nn.init.kaiming_uniform_(p.view(p.shape[0], -1), a=math.sqrt(5))

    def b_splines(self, x: torch.Tensor):
        assert x.dim() == 2 and x.size(1) == self.in_features
        grid: torch.Tensor = self.grid
        x = x.unsqueeze(-1)
        bases = ((x >= grid[:, :-1]) & (x < grid[:, 1:])).to(x.dtype)
        for k in range(1, self.spline_order + 1):
            bases = ((x - grid[:, : -(k + 1)]) / (grid[:, k:-1] - grid[:, : -(k + 1)]) * bases[:, :, :-1]) + (
                (grid[:, k + 1:] - x) / (grid[:, k + 1:] - grid[:, 1:(-k)]) * bases[:, :, 1:])
        return bases.contiguous()

    @property
    def scaled_spline_weight(self):
        return self.spline_weight * (self.spline_scaler.unsqueeze(-1) if self.standalone else 1.0)

    def forward(self, x):
        *lead, _ = x.shape
        x = x.reshape(-1, self.in_features)
        base_output = F.linear(self.base_activation(x), self.base_weight)
        spline_output = F.linear(self.b_splines(x).view(x.size(0), -1), self.scaled_spline_weight.view(self.out_features, -1))
        return (base_output + spline_output).view(*lead, self.out_features)


class ChebyKAN(nn.Module):
    def __init__(self, in_features, out_features, degree=4):
        super().__init__()
        self.inputdim, self.outdim, self.degree = in_features, out_features, degree
        self.cheby_coeffs = nn.Parameter(torch.empty(in_features, out_features, degree + 1))
        nn.init.normal_(self.cheby_coeffs, mean=0.0, std=1 / (in_features * (degree + 1)))
        self.register_buffer("arange", torch.arange(0, degree + 1, 1))

    def forward(self, x):
        shape = x.shape
        x = torch.tanh(torch.reshape(x, (-1, self.inputdim)))
        x = x.view((-1, self.inputdim, 1)).expand(-1, -1, self.degree + 1)
        x = x.float().clamp(-1 + 1e-6, 1 - 1e-6).acos() * self.arange
        y = torch.einsum("bid,iod->bo", x.cos().to(self.cheby_coeffs.dtype), self.cheby_coeffs)
        return y.view(*shape[:-1], self.outdim)


class KANMixer(Mixer):
    def __init__(self, dim=8, hidden=6, kind="spline", **kw):
        super().__init__()
        layer = {"spline": SplineKAN, "cheby": ChebyKAN}[kind]
        self.layers = nn.Sequential(layer(dim, hidden, **kw), layer(hidden, dim, **kw))
        self.norm = nn.LayerNorm(dim, elementwise_affine=False)

    def mix(self, x):
        return self.layers(self.norm(x).to(next(self.parameters()).dtype) * 0.5).to(x.dtype)


class FourierFeatures(Mixer):
    def __init__(self, dim=8, n_freq=3, learn=False, bits: Optional[int] = None, init="xavier"):
        super().__init__()
        freq = torch.from_numpy(np.outer(2.0 ** np.arange(n_freq), np.ones(dim))).float() * np.pi
        if learn:
            self.freq = nn.Parameter(freq)
        else:
            self.register_buffer("freq", freq)
        self.bits, self.out = bits, nn.Linear(2 * n_freq * dim + dim, dim)
        INIT[init](self.out.weight)

    def mix(self, x):
        x = RoundSTE.apply(x, self.bits) if isinstance(self.bits, Number) else x
        p = (x.unsqueeze(-2) * self.freq).flatten(-2)
        return self.out(torch.cat([x, p.sin(), p.cos()], dim=-1))


class Conformer(Mixer):
    def __init__(self, dim=16, heads=2, kernel=5, expansion=2, conv_norm="batch", half_step=True, causal=False):
        super().__init__()
        ff = lambda: nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, dim * expansion), nn.SiLU(), nn.Dropout(0.0), nn.Linear(dim * expansion, dim))
        self.ff1, self.ff2 = ff(), ff()
        self.attn_norm, self.attn = nn.LayerNorm(dim), nn.MultiheadAttention(dim, heads, batch_first=True)
        pad = (kernel - 1, 0) if causal else ((kernel - 1) // 2, kernel // 2)
        norm = {"batch": nn.BatchNorm1d, "instance": nn.InstanceNorm1d, "group": lambda d: nn.GroupNorm(1, d)}[conv_norm](dim)
        self.conv = nn.Sequential(nn.Conv1d(dim, 2 * dim, 1), nn.GLU(dim=1), nn.ConstantPad1d(pad, 0.0), nn.Conv1d(dim, dim, kernel, groups=dim), norm)
        self.pw, self.norm, self.final = nn.Conv1d(dim, dim, 1), nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.scale, self.causal = 0.5 if half_step else 1.0, causal

    def mix(self, x):
        n = x.size(1)
        h = x + self.scale * self.ff1(x)
        a = self.attn_norm(h)
        m = nn.Transformer.generate_square_subsequent_mask(n).to(a.dtype) if self.causal else None
        h = h + self.attn(a, a, a, attn_mask=m, need_weights=not self.causal, is_causal=self.causal)[0]
        c = SwishImplementation.apply(self.conv(self.norm(h).transpose(1, 2)))
        h = h + self.pw(c).transpose(1, 2)
        return self.final(h + self.scale * self.ff2(h))


class DynamicConv(Mixer):
    def __init__(self, dim=16, heads=4, kernel=3, softmax=True, unfold=True):
        super().__init__()
        self.heads, self.kernel, self.softmax, self.unfold = heads, kernel, softmax, unfold
        self.inp, self.w, self.out = nn.Linear(dim, 2 * dim), nn.Linear(dim, heads * kernel), nn.Linear(dim, dim)

    def mix(self, x):
        B, T, C = x.shape
        h = F.glu(self.inp(x))
        w = self.w(h).view(B, T, self.heads, self.kernel)
        w = F.softmax(w, -1) if self.softmax else w.sigmoid()
        p = F.pad(h, (0, 0, self.kernel - 1, 0))
        if self.unfold:
            windows = p.unfold(1, self.kernel, 1).reshape(B, T, self.heads, -1, self.kernel)
        else:
            windows = p.as_strided((B, T, C, self.kernel), (p.stride(0), p.stride(1), p.stride(2), p.stride(1))).reshape(B, T, self.heads, -1, self.kernel)
        return self.out(torch.einsum("bthck,bthk->bthc", windows, w.to(windows)).reshape(B, T, C))

"""S4D and S5: diagonal state spaces with complex parameters, by FFT convolution, Vandermonde product or scan."""
import math
from typing import Callable, NamedTuple

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from einops import repeat


class DropoutNd(nn.Module):
    def __init__(self, p: float = 0.0, tie=True, transposed=True):
        super().__init__()
        if p < 0 or p >= 1:
            raise ValueError("dropout probability has to be in [0, 1), " "but got {}".format(p))
        self.p, self.tie, self.transposed = p, tie, transposed
        self.binomial = None

    def forward(self, X):
        if self.training and self.p > 0:
            mask_shape = X.shape[:2] + (1,) * (X.ndim - 2) if self.tie else X.shape
            mask = torch.rand(*mask_shape, device=X.device) < 1. - self.p
            X = X * mask * (1.0 / (1 - self.p))
        return X


class S4DKernel(nn.Module):
    """Generate convolution kernel from diagonal SSM parameters."""

    def __init__(self, d_model, N=8, dt_min=0.001, dt_max=0.1, lr=None, init="lin", disc="zoh"):
        super().__init__()
        H = d_model
        log_dt = torch.rand(H) * (math.log(dt_max) - math.log(dt_min)) + math.log(dt_min)
        C = torch.randn(H, N // 2, dtype=torch.cfloat)
        self.C = nn.Parameter(torch.view_as_real(C))
        self.register("log_dt", log_dt, lr)
        log_A_real = torch.log(0.5 * torch.ones(H, N // 2))
        if init == "lin":
            A_imag = math.pi * repeat(torch.arange(N // 2), "n -> h n", h=H)
        elif init == "inv":
            n = torch.arange(N // 2).float()
            A_imag = (N / np.pi * (N / (2 * n + 1) - 1)).expand(H, -1).contiguous()
        else:
            raise ValueError(f"unknown init {init!r}")
        self.disc = disc
        self.register("log_A_real", log_A_real, lr)
        self.register("A_imag", A_imag, lr)

    def forward(self, L):
        dt = torch.exp(self.log_dt)
        C = torch.view_as_complex(self.C)
        A = -torch.exp(self.log_A_real) + 1j * self.A_imag
        dtA = A * dt.unsqueeze(-1)
        if self.disc == "zoh":
            K = dtA.unsqueeze(-1) * torch.arange(L, device=A.device)
            C = C * (torch.exp(dtA) - 1.) / A
            return 2 * torch.einsum("hn, hnl -> hl", C, torch.exp(K)).real
        C = C / (1 - dtA / 2) * dt.unsqueeze(-1)
        dA = (1 + dtA / 2) / (1 - dtA / 2)
        powers = dA[..., None] ** torch.arange(L, device=A.device)
        return 2 * torch.einsum("hn,hnl->hl", C, powers).real

    def register(self, name, tensor, lr=None):
        if lr == 0.0:
            self.register_buffer(name, tensor)
        else:
            self.register_parameter(name, nn.Parameter(tensor))
            optim = {"weight_decay": 0.0}
            if lr is not None:
                optim["lr"] = lr
            setattr(getattr(self, name), "_optim", optim)


class S4D(nn.Module):
    def __init__(self, d_model=16, d_state=8, dropout=0.0, transposed=False, bidirectional=False, **kernel_args):
        super().__init__()
        self.h, self.n, self.d_output, self.transposed = d_model, d_state, d_model, transposed
        self.bidirectional = bidirectional
        self.D = nn.Parameter(torch.randn(self.h))
        self.kernel = S4DKernel(self.h * (2 if bidirectional else 1), N=self.n, **kernel_args)
        self.activation = nn.GELU()
        dropout_fn = DropoutNd
        self.dropout = dropout_fn(dropout) if dropout > 0.0 else nn.Identity()
        self.output_linear = nn.Sequential(nn.Conv1d(self.h, 2 * self.h, kernel_size=1), nn.GLU(dim=-2))

    def forward(self, u, mask=None, **kwargs):
        dtype = u.dtype
        if mask is not None:
            u = u * mask.unsqueeze(-1)
        if not self.transposed:
            u = u.transpose(-1, -2)
        L = u.size(-1)
        k = self.kernel(L=L)
        with torch.autocast("cpu", enabled=False):
            u32 = u.float()
            if self.bidirectional:
                k0, k1 = k.chunk(2, 0)
                k = F.pad(k0, (0, L)) + F.pad(k1.flip(-1), (L, 0))
            k_f = torch.fft.rfft(k, n=2 * L)
            u_f = torch.fft.rfft(u32, n=2 * L)
            y = torch.fft.irfft(u_f * k_f, n=2 * L)[..., :L]
            y = y + u32 * self.D.float().unsqueeze(-1)
        y = self.dropout(self.activation(y.to(dtype)))
        y = self.output_linear(y)
        return y if self.transposed else y.transpose(-1, -2)


class Discretized(NamedTuple):
    Lambda_bar: torch.Tensor
    B_bar: torch.Tensor


def discretize_zoh(Lambda, B_tilde, Delta) -> Discretized:
    Lambda_bar = torch.exp(Lambda * Delta)
    return Discretized(Lambda_bar, (1 / Lambda * (Lambda_bar - 1))[..., None] * B_tilde)


def discretize_bilinear(Lambda, B_tilde, Delta):
    BL = 1 / (1 - (Delta / 2.0) * Lambda)
    return Discretized(Lambda_bar=BL * (1 + (Delta / 2.0) * Lambda), B_bar=(BL * Delta)[..., None] * B_tilde)


def binary_operator(q_i, q_j):
    A_i, b_i = q_i
    A_j, b_j = q_j
    return A_j * A_i, torch.addcmul(b_j, A_j, b_i)


def associative_scan(operator: Callable, elems, axis=0):
    """Odd-even recursion, as in jax.lax.associative_scan."""
    n = elems[0].shape[axis]
    if n < 2:
        return elems
    even = tuple(e[:, 0:-1:2] for e in elems)
    odd = tuple(e[:, 1::2] for e in elems)
    reduced = operator(even, odd)
    odd_scan = associative_scan(operator, reduced, axis)
    if n % 2 == 0:
        even_scan = operator(tuple(e[:, :-1] for e in odd_scan), tuple(e[:, 2::2] for e in elems))
    else:
        even_scan = operator(odd_scan, tuple(e[:, 2::2] for e in elems))
    even_scan = tuple(torch.cat([e[:, :1], s], dim=1) for e, s in zip(elems, even_scan))
    out = []
    for e, o in zip(even_scan, odd_scan):
        both = torch.zeros(e.shape[0], n, *e.shape[2:], dtype=e.dtype)
        both[:, ::2] = e
        both[:, 1::2] = o
        out.append(both)
    return tuple(out)


class S5(nn.Module):
    discretizations = {"zoh": discretize_zoh, "bilinear": discretize_bilinear}

    def __init__(self, width=16, state_width=8, discretization="zoh", conj_sym=True, clip=False):
        super().__init__()
        self.disc, self.conj_sym = self.discretizations[discretization], conj_sym
        P = state_width // 2 if conj_sym else state_width
        self.Lambda_re = nn.Parameter(-0.5 * torch.ones(P))
        self.Lambda_im = nn.Parameter(math.pi * torch.arange(P).float())
        self.B = nn.Parameter(torch.randn(P, width, 2) / math.sqrt(width))
        self.C = nn.Parameter(torch.randn(width, P, 2) / math.sqrt(P))
        self.D = nn.Parameter(torch.rand(width))
        self.log_step = nn.Parameter(torch.linspace(math.log(0.01), math.log(0.1), P))
        self.clip = clip

    @property
    def Lambda(self):
        re = self.Lambda_re.clamp(max=-1e-4) if self.clip else self.Lambda_re
        return torch.complex(re.float(), self.Lambda_im.float())

    def forward(self, signal, mask=None):
        x = signal.float() if mask is None else signal.float() * mask[..., None]
        B_t, C_t = (torch.view_as_complex(p.float()) for p in (self.B, self.C))
        lam, B_bar = self.disc(self.Lambda, B_t, self.log_step.float().exp())
        Bu = torch.einsum("blh,ph->blp", x.to(torch.complex64), B_bar)
        _, xs = associative_scan(binary_operator, (lam.expand_as(Bu), Bu), axis=1)
        y = torch.einsum("blp,hp->blh", xs, C_t).real
        y = (2 if self.conj_sym else 1) * y + self.D.float() * x
        return F.gelu(y).to(signal.dtype)

import math
from functools import partial

import torch
import torch.nn.functional as F
from einops import rearrange, einsum
from torch import Tensor, nn


def elu_feature_map(x):
    return F.elu(x, 1.0, False) + 1.0


class LinearAttention(nn.Module):
    FEATURES = {"elu": elu_feature_map, "relu": F.relu, "square": lambda x: x.square()}

    def __init__(self, dim: int = 32, num_heads: int = 2, feature: str = "elu", chunk: int = 8, normalize: bool = True):
        super().__init__()
        self.dim, self.num_heads, self.chunk, self.normalize = dim, num_heads, chunk, normalize
        self.feature = self.FEATURES[feature]
        self.to_q = nn.Linear(dim, dim, bias=False)
        self.to_k = nn.Linear(dim, dim, bias=False)
        self.to_v = nn.Linear(dim, dim, bias=False)
        self.to_out = nn.Linear(dim, dim, bias=False)
        self.apply(self._init)

    def _init(self, module):
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight, gain=2 ** -2.5)
            if module.bias is not None:
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        b, n, _ = x.shape
        pad = (-n) % self.chunk
        x = F.pad(x, (0, 0, 0, pad))
        q, k, v = map(lambda t: rearrange(t, "b (c l) (h d) -> b h c l d", l=self.chunk, h=self.num_heads),
                      (self.to_q(x), self.to_k(x), self.to_v(x)))
        q, k = self.feature(q), self.feature(k)
        kv = einsum(k, v, "b h c l d, b h c l e -> b h c d e").cumsum(2)
        kv = F.pad(kv, (0, 0, 0, 0, 1, -1))
        inter = q @ kv
        scores = torch.tril(q @ k.mT)
        out = inter + scores @ v
        if self.normalize:
            z = rearrange(k, "b h c l d -> b h (c l) d").cumsum(-2)
            z = rearrange(z, "b h (c l) d -> b h c l d", l=self.chunk)
            out = out / (q * z).sum(-1, keepdim=True).clamp(min=1e-6)
        out = rearrange(out, "b h c l d -> b (c l) (h d)")
        return self.to_out(out[:, :n])


class GatedLinearRecurrence(nn.Module):
    """h_t = a_t h_{t-1} + sqrt(1 - a_t^2) (i_t x_t) in log space, by a scan of doubling steps."""

    def __init__(self, dim=32, c=8.0):
        super().__init__()
        self.input_gate, self.a_gate = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.a_param = nn.Parameter(torch.empty(dim).uniform_(0.9, 0.999))
        self.c = c
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        log_a = -self.c * torch.sigmoid(self.a_gate(x)) * F.softplus(self.a_param)
        a = log_a.exp()
        h = torch.sqrt(1 - torch.exp(2 * log_a) + 1e-6) * (torch.sigmoid(self.input_gate(x)) * x)
        step, T = 1, x.size(1)
        while step < T:
            shifted_h = F.pad(h, (0, 0, step, 0))[:, :T]
            shifted_a = F.pad(a, (0, 0, step, 0), value=1.0)[:, :T]
            h, a = h + a * shifted_h, a * shifted_a
            step *= 2
        return self.proj(h)


class DeltaRule(nn.Module):
    """The delta rule, token by token."""

    def __init__(self, dim=16, heads=2, use_beta=True, qk_activation="silu", *, conv_size=3):
        super().__init__()
        self.h, self.d = heads, dim // heads
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(dim, dim, bias=False) for _ in "qkv")
        self.b_proj = nn.Linear(dim, heads) if use_beta else None
        self.conv = nn.Conv1d(dim, dim, conv_size, groups=dim, padding=conv_size - 1, bias=False)
        self.o_proj = nn.Linear(dim, dim, bias=False)
        self.act = {"silu": F.silu, "relu": F.relu}.get(qk_activation)
        if self.act is None:
            raise ValueError(f"unknown activation {qk_activation!r}")

    def forward(self, x):
        B, T, D = x.shape
        y = self.conv(x.transpose(1, 2))[..., :T].transpose(1, 2)
        q, k, v = self.act(self.q_proj(y)), self.act(self.k_proj(y)), self.v_proj(y)
        q, k, v = (t.view(B, T, self.h, self.d).transpose(1, 2) for t in (q, k, v))
        q, k = F.normalize(q, p=2, dim=-1), F.normalize(k, p=2, dim=-1)
        beta = self.b_proj(x).sigmoid().transpose(1, 2) if self.b_proj is not None else torch.ones_like(q[..., 0])
        state = x.new_zeros(B, self.h, self.d, self.d)
        outs = []
        for t in range(T):
            kt, vt, qt = k[:, :, t], v[:, :, t], q[:, :, t]
            old = (state * kt.unsqueeze(-1)).sum(-2)
            delta = (vt - old) * beta[:, :, t, None]
            state = state + kt[..., :, None] * delta[..., None, :]
            outs.append(torch.einsum("bhd,bhde->bhe", qt, state))
        out = torch.stack(outs, dim=2)
        return self.o_proj(out.transpose(1, 2).flatten(-2))


class Retention(nn.Module):
    def __init__(self, dim=32, heads=4):
        super().__init__()
        self.heads, self.dk = heads, dim // heads
        self.w_q, self.w_k, self.w_v, self.w_g = [nn.Linear(dim, dim, bias=False) for _ in range(4)]
        self.gn = nn.GroupNorm(heads, dim, eps=1e-5)
        self.register_buffer("decay", torch.log(1 - 2 ** (-5 - torch.arange(heads, dtype=torch.float))))

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (w(x).reshape(b, t, self.heads, self.dk).permute(0, 2, 1, 3) for w in (self.w_q, self.w_k, self.w_v))
        index = torch.arange(t).to(self.decay)
        diff = index[:, None] - index[None, :]
        D = torch.where(diff >= 0, torch.exp(diff * self.decay[:, None, None]), 0.0)
        D = torch.nan_to_num(D)
        y = (q @ k.transpose(2, 3) * self.dk ** -0.5 * D) @ v
        y = y.permute(0, 2, 1, 3).reshape(b * t, c)
        y = self.gn(y).reshape(b, t, c)
        return F.silu(self.w_g(x)) * y


class StateSpace(nn.Module):
    """A diagonal state space by its kernel and an FFT convolution of twice the length."""

    def __init__(self, d_model=16, d_state=8, dt_min=0.001, dt_max=0.1):
        super().__init__()
        log_dt = torch.linspace(math.log(dt_min), math.log(dt_max), d_model)
        self.log_dt = nn.Parameter(log_dt)
        self.log_a = nn.Parameter(torch.log(0.5 * torch.ones(d_model, d_state)))
        self.a_imag = nn.Parameter(math.pi * torch.arange(d_state).repeat(d_model, 1).float())
        self.c = nn.Parameter(torch.randn(d_model, d_state, 2))
        self.D = nn.Parameter(torch.ones(d_model))
        self.D._no_weight_decay = True
        self.out = nn.Sequential(nn.GELU(), nn.Linear(d_model, 2 * d_model), nn.GLU(dim=-1))

    def kernel(self, L):
        dt = torch.exp(self.log_dt)
        c = torch.view_as_complex(self.c)
        a = -torch.exp(self.log_a) + 1j * self.a_imag
        dta = a * dt.unsqueeze(-1)
        k = dta.unsqueeze(-1) * torch.arange(L)
        c = c * (torch.exp(dta) - 1.0) / a
        return 2 * torch.einsum("hn,hnl->hl", c, torch.exp(k)).real

    def forward(self, x):
        u = x.transpose(-1, -2)
        L = u.size(-1)
        kf = torch.fft.rfft(self.kernel(L), n=2 * L)
        uf = torch.fft.rfft(u, n=2 * L)
        y = torch.fft.irfft(uf * kf, n=2 * L)[..., :L]
        y = y + u * self.D.unsqueeze(-1)
        return self.out(y.transpose(-1, -2))


class SelectiveScan(nn.Module):
    def __init__(self, d_model=16, d_state=4, expand=2, d_conv=4, dt_rank="auto"):
        super().__init__()
        self.d_inner, self.d_state = int(expand * d_model), d_state
        self.dt_rank = math.ceil(d_model / 16) if dt_rank == "auto" else dt_rank
        self.in_proj = nn.Linear(d_model, self.d_inner * 2, bias=False)
        self.conv1d = nn.Conv1d(self.d_inner, self.d_inner, d_conv, groups=self.d_inner, padding=d_conv - 1)
        self.x_proj = nn.Linear(self.d_inner, self.dt_rank + 2 * d_state, bias=False)
        self.dt_proj = nn.Linear(self.dt_rank, self.d_inner, bias=True)
        with torch.no_grad():
            dt = torch.exp(torch.rand(self.d_inner) * (math.log(0.1) - math.log(0.001)) + math.log(0.001)).clamp(min=1e-4)
            self.dt_proj.bias.copy_(dt + torch.log(-torch.expm1(-dt)))
        A = torch.arange(1, d_state + 1, dtype=torch.float32).repeat(self.d_inner, 1)
        self.A_log = nn.Parameter(torch.log(A))
        self.D = nn.Parameter(torch.ones(self.d_inner))
        self.out_proj = nn.Linear(self.d_inner, d_model, bias=False)

    def forward(self, x):
        B, L, _ = x.shape
        xz = self.in_proj(x)
        x, z = xz.chunk(2, dim=-1)
        x = F.silu(self.conv1d(x.transpose(1, 2))[:, :, :L].transpose(1, 2))
        dt, b, c = torch.split(self.x_proj(x), [self.dt_rank, self.d_state, self.d_state], dim=-1)
        delta = F.softplus(self.dt_proj(dt))
        A = -torch.exp(self.A_log.float())
        dA = torch.exp(delta.unsqueeze(-1) * A)
        dBx = delta.unsqueeze(-1) * b.unsqueeze(2) * x.unsqueeze(-1)
        h = torch.zeros(B, self.d_inner, self.d_state, device=x.device)
        ys = []
        for i in range(L):
            h = dA[:, i] * h + dBx[:, i]
            ys.append((h * c[:, i, None, :]).sum(dim=-1))
        y = torch.stack(ys, 1) + x * self.D
        return self.out_proj(y * F.silu(z))


class ChunkedGla(nn.Module):
    def __init__(self, dim=16, heads=2, chunk=4, gate_low_rank=4, tau=16.0):
        super().__init__()
        self.heads, self.chunk, self.tau = heads, chunk, tau
        make = partial(nn.Linear, bias=False)
        self.q, self.k, self.v = make(dim, dim), make(dim, dim), make(dim, dim)
        self.gk = nn.Sequential(nn.Linear(dim, gate_low_rank, bias=False), nn.Linear(gate_low_rank, dim))
        self.g, self.o = make(dim, dim), make(dim, dim)
        self.norm = nn.LayerNorm(dim // heads, elementwise_affine=False)

    def forward(self, x):
        B, T, D = x.shape
        C, H, N = self.chunk, self.heads, T // self.chunk
        q, k, v, g = [rearrange(p(x), "b (n c) (h d) -> b h n c d", c=C, h=H) for p in (self.q, self.k, self.v, self.gk)]
        g = F.logsigmoid(g) / self.tau
        G = g.cumsum(-2)
        last = G[..., -1:, :]
        q_in, k_in, k_out = q * G.exp(), k * (-G).exp(), k * (last - G).exp()
        S = torch.zeros(B, H, D // H, D // H, dtype=x.dtype)
        causal = torch.ones(C, C, dtype=torch.bool).tril()
        outs = []
        for n in range(N):
            intra = (q_in[:, :, n] @ k_in[:, :, n].transpose(-1, -2)).masked_fill(~causal, 0) @ v[:, :, n]
            outs.append(intra + q_in[:, :, n] @ S)
            S = S * last[:, :, n].exp().transpose(-1, -2) + k_out[:, :, n].transpose(-1, -2) @ v[:, :, n]
        o = self.norm(torch.stack(outs, 2))
        o = rearrange(o, "b h n c d -> b (n c) (h d)")
        return self.o(o * torch.sigmoid(self.g(x)))

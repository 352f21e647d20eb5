# minGRU / minLSTM in log space, HGRN2 and QRNN-like pooling: parallel scans next to their loops.
from __future__ import annotations
import torch, torch.nn as nn, torch.nn.functional as F
from torch import Tensor, einsum
from torch.nn import Linear, Identity, Module
from typing import Optional as Opt, Protocol, TypeVar, runtime_checkable

T_co = TypeVar("T_co", covariant=True)


@runtime_checkable
class HasReset(Protocol):
    def reset(self) -> None: ...


def heinsen_associative_scan_log(log_coeffs, log_values):
    a_star = log_coeffs.cumsum(dim = 1)
    log_h0_plus_b_star = (log_values - a_star).logcumsumexp(dim = 1)
    log_h = a_star + log_h0_plus_b_star
    return log_h.exp()


def g(x): return torch.where(x >= 0, x + 0.5, x.sigmoid())


def log_g(x):
    return torch.where(x >= 0, (F.relu(x) + 0.5).log(), -F.softplus(-x))


class minGRU(Module):
    def __init__(self, dim = 16, expansion_factor = 1., proj_out = None, lstm = False):
        super().__init__()
        dim_inner = int(dim * expansion_factor)
        proj_out = (expansion_factor != 1.) if proj_out is None else proj_out
        self.lstm = lstm
        self.to_hidden_and_gate = Linear(dim, dim_inner * (3 if lstm else 2), bias = False)
        self.to_out = Linear(dim_inner, dim, bias = False) if proj_out else Identity()

    def forward(self, x, mask = None, prev_hidden = None, return_next_prev_hidden = False):
        seq_len = x.shape[1]
        hidden, *gates = self.to_hidden_and_gate(x).chunk(3 if self.lstm else 2, dim = -1)
        if seq_len == 1:
            hidden, gate = g(hidden), gates[0].sigmoid()
            out = torch.lerp(prev_hidden, hidden, gate) if prev_hidden is not None else (hidden * gate)
        else:
            if self.lstm:
                diff = F.softplus(-gates[0]) - F.softplus(-gates[1])
                log_coeffs, log_z = -F.softplus(diff), -F.softplus(-diff)
            else:
                log_coeffs, log_z = -F.softplus(gates[0]), -F.softplus(-gates[0])
            if mask is not None:
                pad = ~mask.bool()[..., None]
                log_coeffs, log_z = log_coeffs.masked_fill(pad, 0.), log_z.masked_fill(pad, -1e4)
            log_values = log_z + log_g(hidden)
            if prev_hidden is not None:
                log_values = torch.cat((prev_hidden.log(), log_values), dim = 1)
                log_coeffs = F.pad(log_coeffs, (0, 0, 1, 0))
            out = heinsen_associative_scan_log(log_coeffs, log_values)
            out = out[:, -seq_len:]
        next_prev_hidden = out[:, -1:]
        out = self.to_out(out.to(x.dtype))
        if not return_next_prev_hidden: return out
        return out, next_prev_hidden

    def reset(self) -> None: pass


class TwoStep(Module):
    """minGRU fed in two halves, the second from the state of the first: must equal the whole."""
    def __init__(self, **kw):
        super().__init__()
        self.inner: minGRU = minGRU(**kw)
        assert isinstance(self.inner, HasReset) and not isinstance(self, HasReset)

    def forward(self, x: Tensor, mask: Opt[Tensor] = None) -> Tensor:
        a, h = self.inner(x[:, :5], None if mask is None else mask[:, :5], return_next_prev_hidden = True)
        b, h = self.inner(x[:, 5:-1], None if mask is None else mask[:, 5:-1], h, True)
        c, _ = self.inner(x[:, -1:], prev_hidden = h, return_next_prev_hidden = True)
        return torch.cat([a, b, c], 1)


@torch.compile(fullgraph = False, dynamic = True)
def hgrn2_naive(q: Tensor, i: Tensor, f: Tensor) -> Tensor:
    b, h, n, e = q.shape
    S, o = q.new_zeros(b, h, e, i.shape[-1]), []
    for q_t, i_t, f_t in zip(*[a.unbind(2) for a in (q, i, f)]):
        S = S * f_t[..., None] + einsum("bhk,bhv->bhkv", 1 - f_t, i_t)
        o.append(einsum("b h k, b h k v -> b h v", q_t, S))
    return torch.stack(o, dim = 2)


def hgrn2_parallel(q, i, f):
    lf = f.clamp_min(1e-6).log().cumsum(2)
    w = (q * lf.exp()) @ ((1 - f) * (-lf).exp()).mT
    return w.tril() @ i


class HGRN2(Module):
    def __init__(self, dim = 16, expand_ratio = 4, layer_idx = 1, n_layers = 4, use_lower_bound = True, parallel = False, norm = 'rms'):
        super().__init__()
        self.n_heads, self.expand, self.parallel = dim // expand_ratio, expand_ratio, parallel
        self.q, self.f, self.i, self.o = (Linear(dim, dim, bias = b) for b in (False, False, True, True))
        self.lower_bounds = nn.Parameter(torch.ones(n_layers, dim)) if use_lower_bound else None
        self.layer_idx = layer_idx
        self.norm = {'rms': nn.RMSNorm, 'layer': nn.LayerNorm}[norm](dim)

    def forward(self, x: Tensor, mask: Opt[Tensor] = None) -> Tensor:
        lower_bound = 0.
        if self.lower_bounds is not None:
            lb = self.lower_bounds.softmax(0, dtype = torch.float)
            lower_bound = (lb.cumsum(dim = 0) - lb[0])[self.layer_idx]
        q, i = F.silu(self.q(x)), self.i(x)
        f = lower_bound + (1 - lower_bound) * self.f(x).float().sigmoid()
        if mask is not None:
            m = mask.view(*mask.shape, 1)
            f, i = torch.where(m.bool(), f, 1.), i * m
        q, i, f = (a.float().unflatten(-1, (self.n_heads, -1)).movedim(2, 1) for a in (q, i, f))
        o = (hgrn2_parallel if self.parallel else hgrn2_naive)(q, i, f)
        return self.o(self.norm(o.transpose(1, 2).flatten(2).to(x.dtype)))


class QRNN(Module):
    """fo-pooling over masked convolutions, with zoneout kept at its mean."""
    def __init__(self, dim: int = 16, kernel: int = 2, pooling: str = 'fo', zoneout: float = 0.1, bidirectional: bool = False):
        super().__init__()
        assert set(pooling) <= set('fio') and 'f' in pooling
        self.pooling, self.zoneout, self.kernel = pooling, zoneout, kernel
        self.bidirectional = bidirectional
        self.conv = nn.ModuleList(nn.Conv1d(dim, dim * (1 + len(pooling)), kernel) for _ in range(1 + bidirectional))

    def run(self, x: Tensor, conv: nn.Conv1d) -> Tensor:
        y = conv(F.pad(x.transpose(1, 2), (self.kernel - 1, 0))).transpose(1, 2)
        z, *gates = y.chunk(1 + len(self.pooling), dim = -1)
        gate = {name: gt.sigmoid() for name, gt in zip(self.pooling, gates)}
        f = gate['f'] * (1 - self.zoneout) + self.zoneout
        z, c, hs = z.tanh(), None, []
        for t in range(z.size(1)):
            i = gate['i'][:, t] if 'i' in gate else 1 - f[:, t]
            c = i * z[:, t] + (f[:, t] * c if c is not None else 0)
            hs.append(c * gate['o'][:, t] if 'o' in gate else c)
        return torch.stack(hs, 1)

    def forward(self, x: Tensor, mask: Opt[Tensor] = None) -> Tensor:
        if mask is not None: x = x * mask[..., None].to(x)
        h = self.run(x, self.conv[0])
        if self.bidirectional: h = (h + self.run(x.flip(1), self.conv[1]).flip([1])) / 2 ** .5
        return h

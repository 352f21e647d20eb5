# xLSTM: mLSTM in parallel, recurrent and chunkwise stabilised forms, and sLSTM with block-diagonal recurrence.
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, asdict, InitVar
from typing import Callable, Dict, List, Optional, Tuple, Union

import torch
import torch.nn.functional as F
from torch import nn


def bias_linspace_init_(param: torch.Tensor, start: float = 3.4, end: float = 6.0) -> torch.Tensor:
    """Linearly spaced bias init across dimensions."""
    assert param.dim() == 1, f"param must be 1-dimensional (typically a bias), got {param.dim()}"
    n_dims = param.shape[0]
    init_vals = torch.linspace(start, end, n_dims)
    with torch.no_grad():
        param.copy_(init_vals)
    return param


def small_init_init_(param: torch.Tensor, dim: int) -> torch.Tensor:
    std = math.sqrt(2 / (5 * dim))
    torch.nn.init.normal_(param, mean=0.0, std=std)
    return param


class LayerNorm(nn.Module):
    """LayerNorm but with an optional bias. PyTorch doesn't support simply bias=False."""

    def __init__(self, ndim: int = -1, weight: bool = True, bias: bool = False, eps: float = 1e-5, residual_weight: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(ndim)) if weight else None
        self.bias = nn.Parameter(torch.zeros(ndim)) if bias else None
        self.eps, self.residual_weight, self.ndim = eps, residual_weight, ndim
        self.reset_parameters()

    @property
    def weight_proxy(self) -> Optional[torch.Tensor]:
        if self.weight is None:
            return None
        if self.residual_weight:
            return 1.0 + self.weight
        else:
            return self.weight

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return F.layer_norm(input, normalized_shape=(self.ndim,), weight=self.weight_proxy, bias=self.bias, eps=self.eps)

    def reset_parameters(self):
        if self.weight_proxy is not None:
            if self.residual_weight:
                nn.init.zeros_(self.weight)
            else:
                nn.init.ones_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)


class MultiHeadLayerNorm(LayerNorm):
    def forward(self, input: torch.Tensor) -> torch.Tensor:
        assert input.dim() == 4, "Input must be 4D tensor (B, NH, S, DH)"
        B, NH, S, DH = input.shape
        gn_in_1 = input.transpose(1, 2)
        gn_in_2 = gn_in_1.reshape(B * S, NH * DH)
        out = F.group_norm(gn_in_2, num_groups=NH, weight=self.weight_proxy, bias=self.bias, eps=self.eps)
        return out.view(B, S, NH, DH).transpose(1, 2)


def parallel_stabilized_simple(queries, keys, values, igate_preact, fgate_preact, lower_triangular_matrix=None, stabilize_rowwise: bool = True, eps: float = 1e-6):
    B, NH, S, DH = queries.shape
    _dtype, _device = queries.dtype, queries.device
    log_fgates = torch.nn.functional.logsigmoid(fgate_preact)
    if lower_triangular_matrix is None or S < lower_triangular_matrix.size(-1):
        ltr = torch.tril(torch.ones((S, S), dtype=torch.bool, device=_device))
    else:
        ltr = lower_triangular_matrix
    assert ltr.dtype == torch.bool, f"lower_triangular_matrix must be of dtype bool, got {ltr.dtype}"
    log_fgates_cumsum = torch.cat([torch.zeros((B, NH, 1, 1), dtype=_dtype, device=_device), torch.cumsum(log_fgates, dim=-2)], dim=-2)
    rep_log_fgates_cumsum = log_fgates_cumsum.repeat(1, 1, 1, S + 1)
    _log_fg_matrix = rep_log_fgates_cumsum - rep_log_fgates_cumsum.transpose(-2, -1)
    log_fg_matrix = torch.where(ltr, _log_fg_matrix[:, :, 1:, 1:], -float("inf"))
    log_D_matrix = log_fg_matrix + igate_preact.transpose(-2, -1)
    if stabilize_rowwise:
        max_log_D, _ = torch.max(log_D_matrix, dim=-1, keepdim=True)
    else:
        max_log_D = torch.max(log_D_matrix.view(B, NH, -1), dim=-1, keepdim=True)[0].unsqueeze(-1)
    D_matrix = torch.exp(log_D_matrix - max_log_D)
    keys_scaled = keys / math.sqrt(DH)
    C_matrix = queries @ keys_scaled.transpose(-2, -1) * D_matrix
    normalizer = torch.maximum(C_matrix.sum(dim=-1, keepdim=True).abs(), torch.exp(-max_log_D))
    return (C_matrix / (normalizer + eps)) @ values


def recurrent_step_stabilized_simple(c_state, n_state, m_state, q, k, v, igate_preact, fgate_preact, eps: float = 1e-6):
    B, NH, S, DH = q.shape
    q, k, v = q.squeeze_(2).unsqueeze(-1), k.squeeze_(2).unsqueeze(-1), v.squeeze_(2).unsqueeze(-1)
    log_fg_act = torch.nn.functional.logsigmoid(fgate_preact)
    m_state_new = torch.max(log_fg_act + m_state, igate_preact)
    fg_act, ig_act = torch.exp(log_fg_act + m_state - m_state_new), torch.exp(igate_preact - m_state_new)
    k_scaled = k / math.sqrt(DH)
    c_state_new = fg_act * c_state + ig_act * (k_scaled @ v.transpose(-1, -2))
    n_state_new = fg_act * n_state + ig_act * k_scaled
    h_num = q.transpose(-1, -2) @ c_state_new
    qn_dotproduct = q.transpose(-1, -2) @ n_state_new
    h_denom = torch.maximum(qn_dotproduct.abs(), torch.exp(-m_state_new)) + eps
    return h_num / h_denom, (c_state_new, n_state_new, m_state_new)


class Cell(nn.Module, ABC):
    @abstractmethod
    def forward(self, x):
        raise NotImplementedError


@dataclass
class mLSTMConfig:
    dim: int = 16
    num_heads: int = 2
    conv_kernel: int = 4
    mode: str = "parallel"
    bias: bool = False
    proj_factor: float = 2.0
    inner: int = field(init=False)
    round_to: InitVar[int] = 8

    def __post_init__(self, round_to):
        self.inner = math.ceil(self.dim * self.proj_factor / round_to) * round_to


class mLSTMBlock(Cell):
    config_class = mLSTMConfig

    def __init__(self, **kwargs):
        super().__init__()
        self.config = c = self.config_class(**kwargs)
        self.up, self.down = nn.Linear(c.dim, 2 * c.inner, bias=c.bias), nn.Linear(c.inner, c.dim, bias=c.bias)
        self.conv = nn.Conv1d(c.inner, c.inner, c.conv_kernel, groups=c.inner, padding=c.conv_kernel - 1)
        self.q, self.k, self.v = (nn.Linear(c.inner, c.inner, bias=c.bias) for _ in range(3))
        self.igate, self.fgate = nn.Linear(3 * c.inner, c.num_heads), nn.Linear(3 * c.inner, c.num_heads)
        self.outnorm = MultiHeadLayerNorm(ndim=c.inner, weight=True, bias=False)
        self.learnable_skip = nn.Parameter(torch.ones(c.inner, requires_grad=True))
        bias_linspace_init_(self.fgate.bias)
        small_init_init_(self.up.weight, dim=c.dim)
        self.register_buffer("causal_mask", torch.tril(torch.ones(64, 64, dtype=torch.bool)), persistent=False)

    def forward(self, x, mask=None):
        c = self.config
        B, S, _ = x.shape
        inner, z = self.up(x).tensor_split(2, dim=-1)
        act = F.silu(self.conv(inner.transpose(1, 2))[:, :, : -(c.conv_kernel - 1)].transpose(2, 1))
        q, k, v = self.q(act), self.k(act), self.v(inner)
        gates = torch.cat([q, k, v], dim=-1)
        heads = lambda t: t.view(B, S, c.num_heads, -1).transpose(1, 2)
        i, f = (g(gates).transpose(-1, -2).unsqueeze(-1) for g in (self.igate, self.fgate))
        if mask is not None:
            keep = mask[:, None, :, None].bool()
            i, f = torch.where(keep, i, torch.full_like(i, -1e4)), f.masked_fill(keep.logical_not(), 1e4)
        q, k, v, i, f = (t.float() for t in (*map(heads, (q, k, v)), i, f))
        with torch.amp.autocast(device_type=x.device.type, enabled=False):
            h = getattr(self, "_" + c.mode)(q, k, v, i, f)
        h = self.outnorm(h.to(x.dtype)).transpose(1, 2).reshape(B, S, -1)
        return x + self.down((h + self.learnable_skip * act) * F.silu(z))

    def _parallel(self, *args):
        return parallel_stabilized_simple(*args, lower_triangular_matrix=self.causal_mask)

    def _global(self, *args):
        return parallel_stabilized_simple(*args, stabilize_rowwise=False, eps=1e-5)

    def _recurrent(self, q, k, v, i, f):
        B, NH, S, DH = q.shape
        state = (q.new_zeros((B, NH, DH, DH)), q.new_zeros((B, NH, DH, 1)), q.new_zeros((B, NH, 1, 1)))
        hs: List[torch.Tensor] = []
        for t in range(S):
            step = [a[:, :, t:t + 1].clone() for a in (q, k, v)]
            h, state = recurrent_step_stabilized_simple(*state, *step, i[:, :, t:t + 1], f[:, :, t:t + 1])
            hs += [h]
        return torch.cat(hs, dim=-2)


class sLSTMBlock(Cell):
    """Scalar memory with exponential gates, per-head recurrent matrices."""
    _gates = ("i", "f", "z", "o")

    def __init__(self, dim=16, num_heads=4, recurrent=True, forget="exp"):
        super().__init__()
        self.num_heads, self.dh, self.forget = num_heads, dim // num_heads, forget
        self.w = nn.ModuleDict({g: nn.Linear(dim, dim, bias=False) for g in self._gates})
        self.b = nn.ParameterDict({g: nn.Parameter(torch.zeros(dim)) for g in self._gates})
        self.r = nn.Parameter(torch.randn(4, num_heads, self.dh, self.dh) * 0.1, requires_grad=recurrent)
        self.norm = nn.GroupNorm(num_heads, dim)
        self.ffn = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))
        for g, b in self.b.items():
            if g == "f":
                bias_linspace_init_(b.data)

    def step(self, gates: Dict[str, torch.Tensor], state: Tuple[torch.Tensor, ...]):
        h, c, n, m = state
        rec = torch.einsum("bhd,ghde->gbhe", h.view(-1, self.num_heads, self.dh), self.r.to(h.dtype)).flatten(2)
        i, f, z, o = (gates[g] + r + self.b[g] for g, r in zip(self._gates, rec))
        logf = F.logsigmoid(f) if self.forget == "sigmoid" else f
        m_new = torch.maximum(logf + m, i)
        i_, f_ = torch.exp(i - m_new), torch.exp(logf + m - m_new)
        c = f_ * c + i_ * torch.tanh(z)
        n = f_ * n + i_
        return (torch.sigmoid(o) * (c / n.clamp_min(1e-6)), c, n, m_new)

    def forward(self, x, mask=None):
        B, T, D = x.shape
        pre = {g: self.w[g](x).float() for g in self._gates}
        state = tuple(torch.zeros(4, B, D))
        out = []
        for t in range(T):
            new = self.step({g: p[:, t] for g, p in pre.items()}, state)
            if mask is not None:
                keep = mask[:, t, None] == 1
                new = tuple(torch.where(keep, a, b) for a, b in zip(new, state))
            out.append((state := new)[0])
        y = self.norm(torch.stack(out, 1).flatten(0, 1).to(x.dtype)).unflatten(0, (B, T))
        return x + self.ffn(y + x)

"""One attention, many positions: rotary with NTK, YaRN, linear and dynamic scaling, partial and xPos; ALiBi; T5 buckets;
contextual positions; learnt and sinusoidal tables. With differential, talking-head and latent variants of the attention."""
from __future__ import annotations

import functools
import math
from enum import Enum
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Literal, Optional, Union

import torch
import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from transformers import PretrainedConfig  # noqa: F401

try:
    import flash_attn_interface
    HAS_FLASH = True
except ImportError:
    HAS_FLASH = False

ROPE_INIT_FUNCTIONS: dict[str, Callable[..., tuple[Tensor, float]]] = {}


class Kind(str, Enum):
    ROPE = "rope"
    ALIBI = "alibi"
    T5 = "t5"
    COPE = "cope"
    SIN = "sin"
    XPOS = "xpos"

    def __str__(self) -> str:
        return self.value


def rope_init(fn=None, /, *, name: Optional[str] = None):
    def decorator(f):
        ROPE_INIT_FUNCTIONS[name or f.__name__.removeprefix("_compute_").removesuffix("_parameters")] = f
        return f
    return decorator(fn) if fn is not None else decorator


@rope_init
def _compute_default_parameters(dim, base=10000.0, **_):
    return 1.0 / (base ** (torch.arange(0, dim, 2, dtype=torch.int64).to(dtype=torch.float) / dim)), 1.0


@rope_init
def _compute_linear_parameters(dim, base=10000.0, factor=2.0, **_):
    inv_freq, scale = _compute_default_parameters(dim, base)
    inv_freq /= factor
    return inv_freq, scale


@rope_init(name="dynamic")
def _ntk(dim, base=10000.0, factor=2.0, seq_len=None, max_len=8, **_):
    seq_len = seq_len if seq_len is not None and seq_len > max_len else max_len
    base = base * ((factor * seq_len / max_len) - (factor - 1)) ** (dim / (dim - 2))
    return _compute_default_parameters(dim, base)


@rope_init
def _compute_yarn_parameters(dim, base=10000.0, factor=4.0, max_len=8, beta_fast=32, beta_slow=1, **_):
    def find_correction_dim(num_rotations):
        return (dim * math.log(max_len / (num_rotations * 2 * math.pi))) / (2 * math.log(base))

    low, high = math.floor(find_correction_dim(beta_fast)), math.ceil(find_correction_dim(beta_slow))
    low, high = max(low, 0), min(high, dim - 1)
    if low == high:
        high += 0.001
    linear_func = (torch.arange(dim // 2, dtype=torch.float32) - low) / (high - low)
    ramp = torch.clamp(linear_func, 0, 1)
    pos_freqs = base ** (torch.arange(0, dim, 2).float() / dim)
    extrapolation, interpolation = 1.0 / pos_freqs, 1.0 / (factor * pos_freqs)
    extrapolation_factor = 1 - ramp
    inv_freq = interpolation * (1 - extrapolation_factor) + extrapolation * extrapolation_factor
    return inv_freq, 0.1 * math.log(factor) + 1.0


class Rotary(nn.Module):
    _seq_len_cached: int = 0

    def __init__(self, dim: int, scaling: str = "default", interleaved: bool = False, fraction: float = 1.0, xpos: bool = False):
        super().__init__()
        self.rot = int(dim * fraction) // 2 * 2
        self.scaling, self.interleaved = scaling, interleaved
        inv_freq, self.attention_scaling = ROPE_INIT_FUNCTIONS[scaling](self.rot)
        self.register_buffer("inv_freq", inv_freq, persistent=False)
        scale = (torch.arange(0, self.rot, 2) + 0.4 * self.rot) / (1.4 * self.rot) if xpos else None
        self.register_buffer("scale", scale, persistent=False)
        self._cos_cached: Optional[Tensor] = None
        self._sin_cached: Optional[Tensor] = None

    def _update_cos_sin_cache(self, seqlen, dtype=None):
        if self.scaling == "dynamic" and seqlen > self._seq_len_cached:
            self.inv_freq, self.attention_scaling = ROPE_INIT_FUNCTIONS["dynamic"](self.rot, seq_len=seqlen)
        if seqlen > self._seq_len_cached or self._cos_cached is None or self._cos_cached.dtype != dtype:
            self._seq_len_cached = seqlen
            t = torch.arange(seqlen, dtype=torch.float32)
            freqs = torch.outer(t, self.inv_freq.float())
            if self.scale is None:
                self._cos_cached, self._sin_cached = ((f(freqs) * self.attention_scaling).to(dtype) for f in (torch.cos, torch.sin))
                self._inv = 1.0
            else:
                power = (t - seqlen // 2) / 8
                scale = self.scale.float() ** power[:, None]
                self._cos_cached, self._sin_cached = (freqs.cos() * scale).to(dtype), (freqs.sin() * scale).to(dtype)
                self._inv = (scale ** -2).to(dtype)

    def apply(self, x: Tensor | Any, inverse: bool = False):
        if callable(x):
            return super().apply(x)
        self._update_cos_sin_cache(x.shape[-2], x.dtype)
        cos, sin = (c if not inverse else c * self._inv for c in (self._cos_cached, self._sin_cached))
        x, rest = x[..., :self.rot], x[..., self.rot:]
        if self.interleaved:
            x1, x2 = x[..., ::2], x[..., 1::2]
            out = torch.stack([x1 * cos - x2 * sin, x1 * sin + x2 * cos], dim=-1).flatten(-2)
        else:
            x1, x2 = x.chunk(2, dim=-1)
            out = torch.cat([x1 * cos - x2 * sin, x1 * sin + x2 * cos], dim=-1)
        return torch.cat([out, rest], -1) if rest.numel() else out


def get_alibi_slopes(n_heads: int) -> list[float]:
    def get_slopes_power_of_2(n):
        start = 2 ** (-(2 ** -(math.log2(n) - 3)))
        return [start * start ** i for i in range(n)]

    if math.log2(n_heads).is_integer():
        return get_slopes_power_of_2(n_heads)
    closest = 2 ** math.floor(math.log2(n_heads))
    return get_slopes_power_of_2(closest) + get_alibi_slopes(2 * closest)[0::2][: n_heads - closest]


class T5Bias(nn.Module):
    def __init__(self, heads, num_buckets=8, max_distance=16, bidirectional=False):
        super().__init__()
        self.num_buckets, self.max_distance, self.bidirectional = num_buckets, max_distance, bidirectional
        self.relative_attention_bias = nn.Embedding(num_buckets, heads)

    @staticmethod
    def _relative_position_bucket(relative_position, bidirectional=True, num_buckets=32, max_distance=128):
        relative_buckets = 0
        if bidirectional:
            num_buckets //= 2
            relative_buckets += (relative_position > 0).to(torch.long) * num_buckets
            relative_position = torch.abs(relative_position)
        else:
            relative_position = -torch.min(relative_position, torch.zeros_like(relative_position))
        max_exact = num_buckets // 2
        is_small = relative_position < max_exact
        large = max_exact + (torch.log(relative_position.float() / max_exact) / math.log(max_distance / max_exact) * (num_buckets - max_exact)).to(torch.long)
        large = torch.min(large, torch.full_like(large, num_buckets - 1))
        relative_buckets += torch.where(is_small, relative_position, large)
        return relative_buckets

    @functools.lru_cache(maxsize=4)
    def buckets(self, n):
        p = torch.arange(n)
        return self._relative_position_bucket(p[None, :] - p[:, None], self.bidirectional, self.num_buckets, self.max_distance)

    def forward(self, n):
        return self.relative_attention_bias(self.buckets(n)).permute([2, 0, 1]).unsqueeze(0)


class CoPE(nn.Module):
    """Contextual position encoding: positions counted by gates."""

    def __init__(self, npos_max, head_dim):
        super().__init__()
        self.npos_max = npos_max
        self.pos_emb = nn.parameter.Parameter(torch.zeros(1, head_dim, npos_max))

    def forward(self, query, attn_logits):
        gates = torch.sigmoid(attn_logits)
        pos = gates.flip(-1).cumsum(dim=-1).flip(-1)
        pos = pos.clamp(max=self.npos_max - 1)
        pos_ceil, pos_floor = pos.ceil().long(), pos.floor().long()
        logits_int = torch.matmul(query, self.pos_emb)
        logits_ceil, logits_floor = logits_int.gather(-1, pos_ceil), logits_int.gather(-1, pos_floor)
        w = pos - pos_floor
        return logits_ceil * w + logits_floor * (1 - w)


def lambda_init_fn(depth: int) -> float:
    return 0.8 - 0.6 * math.exp(-0.3 * depth)


class Attention(nn.Module):
    kinds: ClassVar[type[Kind]] = Kind

    def __init__(self, dim: int = 16, heads: int = 2, position: str | Kind = "rope", mode: Literal["plain", "differential", "latent", "talking"] = "plain",
                 scaling: str = "default", depth: int = 1, latent: int = 6, **rope):
        super().__init__()
        self.position, self.mode, self.heads = Kind(position), mode, heads
        self.dh = dim // heads
        n_qk = 2 if mode == "differential" else 1
        if mode == "latent":
            self.kv_down, self.kv_norm = nn.Linear(dim, latent + self.dh, bias=False), nn.RMSNorm(latent)
            self.kv_up = nn.Linear(latent, heads * 2 * self.dh, bias=False)
            self.q = nn.Linear(dim, heads * 2 * self.dh, bias=False)
        else:
            self.qkv = nn.Linear(dim, dim * (2 * n_qk + 1), bias=False)
        if mode == "differential":
            self.lambda_init = lambda_init_fn(depth)
            for name in ("q1", "k1", "q2", "k2"):
                self.register_parameter(f"lambda_{name}", nn.Parameter(torch.zeros(self.dh).normal_(mean=0, std=0.1)))
            self.subln = nn.RMSNorm(self.dh, eps=1e-5, elementwise_affine=False)
        if mode == "talking":
            self.pre, self.post = (nn.Conv2d(heads, heads, 1, bias=False) for _ in range(2))
        match self.position:
            case Kind.ROPE | Kind.XPOS:
                self.rotary = Rotary(self.dh, scaling, xpos=self.position is Kind.XPOS, **rope)
            case Kind.ALIBI:
                self.register_buffer("slopes", torch.tensor(get_alibi_slopes(heads)).view(-1, 1, 1))
            case Kind.T5:
                self.bias = T5Bias(heads)
            case Kind.COPE:
                self.cope = CoPE(6, self.dh)
            case Kind.SIN:
                self.freq = nn.Parameter(torch.exp(torch.arange(0, dim, 2) * -(math.log(10000.0) / dim)), requires_grad=False)
        self.out = nn.Linear(dim, dim, bias=False)

    def split(self, t):
        return t.unflatten(-1, (-1, self.dh)).transpose(1, 2)

    def rotate(self, q, k):
        if not hasattr(self, "rotary"):
            return q, k
        return self.rotary.apply(q), self.rotary.apply(k, inverse=self.position is Kind.XPOS)

    def scores(self, q, k, mask):
        T = q.size(-2)
        s = q @ k.transpose(-1, -2) / math.sqrt(q.size(-1))
        causal = torch.ones(T, T, dtype=torch.bool).tril()
        if self.position == "alibi":
            rel = torch.arange(T).view(1, -1) - torch.arange(T).view(-1, 1)
            s = s + self.slopes.to(s.dtype) * rel.clamp(max=0)
        elif self.position is Kind.T5:
            s = s + self.bias(T)
        elif self.position.value == "cope":
            s = s.masked_fill(~causal, 0) + self.cope(q, s.masked_fill(~causal, float("-inf")))
        keep = causal if mask is None else causal & mask[:, None, None, :].bool()
        return s.masked_fill(~keep, torch.finfo(s.dtype).min)

    def forward(self, x: Tensor, attention_mask: Union[Tensor, None] = None, **kwargs: Any) -> Tensor:
        B, T, C = x.shape
        if self.position is Kind.SIN:
            angles = torch.arange(T).unsqueeze(1) * self.freq
            x = x + torch.stack((angles.sin(), angles.cos()), -1).view(T, C).to(x)
        if self.mode == "latent":
            c, k_rope = self.kv_down(x).split([self.kv_down.out_features - self.dh, self.dh], dim=-1)
            k_nope, v = self.split(self.kv_up(self.kv_norm(c))).chunk(2, dim=1)
            q_nope, q_rope = self.split(self.q(x)).chunk(2, 1)
            q_rope, k_rope = self.rotate(q_rope, k_rope.unsqueeze(1))
            q, k = torch.cat([q_nope, q_rope], -1), torch.cat([k_nope, k_rope.expand_as(k_nope)], dim=-1)
            a = self.scores(q, k, attention_mask).softmax(-1, dtype=torch.float32).type_as(v)
        elif self.mode == "differential":
            q, k, v = self.split(self.qkv(x)).split([2 * self.heads, 2 * self.heads, self.heads], dim=1)
            q, k = self.rotate(q, k)
            if attention_mask is None and hasattr(self, "rotary"):
                a = self.scores(q, k, None).softmax(-1)
            else:
                parts = [self.scores(*qk, attention_mask).softmax(-1) for qk in zip(q.chunk(2, 1), k.chunk(2, 1))]
                a = torch.stack(parts, 2).flatten(1, 2)
                q = q.view(B, 2, self.heads, T, -1).transpose(1, 2).flatten(1, 2)
            l1, l2 = (torch.exp(torch.sum(getattr(self, f"lambda_q{i}") * getattr(self, f"lambda_k{i}"), dim=-1).float()).type_as(q) for i in (1, 2))
            lam = l1 - l2 + self.lambda_init
            a = a.view(B, self.heads, 2, T, T)
            a = (a[:, :, 0] - lam * a[:, :, 1]).type_as(v)
        else:
            q, k, v = (self.split(t) for t in self.qkv(x).chunk(3, dim=-1))
            s = self.scores(*self.rotate(q, k), attention_mask)
            s = self.pre(s.clamp_min(-1e4)) + (s <= -1e4) * -1e4 if self.mode == "talking" else s
            a = F.softmax(s, dim=-1, dtype=torch.float).to(v.dtype)
            a = self.post(a) if self.mode == "talking" else a
        o = a @ v
        if self.mode == "differential":
            o = self.subln(o) * (1 - self.lambda_init)
        return self.out(o.transpose(1, 2).reshape(B, T, C))

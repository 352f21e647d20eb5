"""A neural long-term memory in the manner of Titans: a small MLP whose weights are the state, written by gradient
descent with momentum and forgetting while reading, plus persistent tokens and sliding-window attention."""
import functools
from dataclasses import dataclass, field, fields, replace
from typing import List, Literal, NamedTuple, Optional, Sequence

import torch
import torch.nn as nn
import torch.nn.functional as F
from einops import einsum, rearrange, repeat
from torch import Tensor

Variant = Literal["mac", "mag", "mal"]


@dataclass(frozen=True)
class MemoryArgs:
    dim: int = 16
    heads: int = 2
    depth: int = 2
    n_persist: int = 3
    window: int = 4
    variant: Variant = "mag"
    momentum: bool = True
    decay_bias: float = -2.0
    surprise_clip: Optional[float] = None
    chunk: int = 4
    labels: Sequence[str] = field(default=("key", "value", "query"), repr=False)

    @classmethod
    def from_kwargs(cls, **kw):
        names = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in kw.items() if k in names})


class MemState(NamedTuple):
    weights: List[Tensor]
    momenta: List[Tensor]
    seen: int = 0


def exists(v) -> bool:
    return v is not None


def default(*args):
    for arg in args:
        if exists(arg):
            return arg() if callable(arg) else arg
    return None


def once(method):
    """Caches a method's result on its instance."""
    key = "_once_" + method.__name__

    @functools.wraps(method)
    def inner(self, *args):
        cache = self.__dict__.setdefault(key, {})
        if args not in cache:
            cache[args] = method(self, *args)
        return cache[args]
    return inner


class NeuralMemory(nn.Module):
    def __init__(self, args: MemoryArgs):
        super().__init__()
        self.args = args
        d = args.dim
        self.projections = nn.ModuleDict({name: nn.Linear(d, d, bias=False) for name in args.labels})
        self.to_rates = nn.Linear(d, 3)
        nn.init.constant_(self.to_rates.bias, args.decay_bias)
        self.initial = nn.ParameterList([nn.Parameter(torch.randn(d, d) / d ** 0.5) for _ in range(args.depth)])
        self.norm = nn.LayerNorm(d, bias=False)

    def init_state(self, batch: int) -> MemState:
        weights = [repeat(w, "i o -> b i o", b=batch) for w in self.initial]
        return MemState(weights, [torch.zeros_like(w) for w in weights])

    @staticmethod
    def model(weights, x):
        activations = [x]
        for i, w in enumerate(weights):
            if i:
                x = F.silu(x)
            x = x @ w
            activations.append(x)
        return x, activations

    def surprise(self, weights, k, v):
        """The gradient of |M(k) - v|² by hand, weight by weight, last first."""
        out, acts = self.model(weights, k)
        g = 2 * (out - v) / v.shape[-1]
        grads = []
        for i in reversed(range(len(weights))):
            x = acts[i] if i == 0 else F.silu(acts[i])
            grads.insert(0, einsum(x, g, "b n i, b n o -> b i o"))
            if i > 0:
                g = g @ weights[i].mT
                s = acts[i].sigmoid()
                g = g * (s * (1 + acts[i] * (1 - s)))
        return grads

    def forward(self, x, state: Optional[MemState] = None, mask=None):
        a = self.args
        state = default(state, lambda: self.init_state(x.shape[0]))
        k, v, q = (self.projections[n](x) for n in a.labels)
        k, q = F.normalize(F.silu(k), dim=-1), F.normalize(F.silu(q), dim=-1)
        alpha, theta, eta = rearrange(self.to_rates(x).sigmoid(), "b n r -> r b n 1")
        if exists(mask):
            theta = theta * rearrange(mask, "b n -> b n 1")
        outs = []
        for start in range(0, x.shape[1], a.chunk):
            s = slice(start, start + a.chunk)
            read, _ = self.model(state.weights, q[:, s])
            outs.append(read)
            grads = self.surprise(state.weights, k[:, s] * theta[:, s], v[:, s] * theta[:, s])
            if exists(a.surprise_clip):
                grads = [g / g.flatten(1).norm(dim=1).clamp(min=a.surprise_clip).view(-1, 1, 1) * a.surprise_clip for g in grads]
            keep = (1 - alpha[:, s]).mean(1, keepdim=True)
            rate = eta[:, s].mean(dim=1, keepdim=True)
            momenta = [rate * m - g for m, g in zip(state.momenta, grads)] if a.momentum else [-g for g in grads]
            weights = [keep * w + m for w, m in zip(state.weights, momenta)]
            state = state._replace(weights=weights, momenta=momenta, seen=state.seen + q[:, s].shape[1])
        assert state.seen % x.shape[1] == 0
        return self.norm(torch.cat(outs, 1).type_as(x)), state


class WindowAttention(nn.Module):
    def __init__(self, dim, heads, window, n_prefix=0):
        super().__init__()
        self.heads, self.window, self.n_prefix = heads, window, n_prefix
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.out = nn.Linear(dim, dim)

    @once
    def bias(self, n):
        i = torch.arange(n)
        near = (i[:, None] >= i[None]) & (i[:, None] - i[None] < self.window)
        return near | (i[None] < self.n_prefix)

    def forward(self, x, key_mask=None):
        q, k, v = rearrange(self.qkv(x), "b n (three h d) -> three b h n d", three=3, h=self.heads)
        sim = einsum(q, k, "b h i d, b h j d -> b h i j") * q.shape[-1] ** -0.5
        sim = sim.masked_fill(~self.bias(x.shape[1]), -torch.finfo(sim.dtype).max)
        if exists(key_mask):
            sim.masked_fill_(~key_mask[:, None, None, :], torch.finfo(sim.dtype).min)
        return self.out(rearrange(sim.softmax(dim=-1).type_as(v) @ v, "b h n d -> b n (h d)"))


class TitansBlock(nn.Module):
    def __init__(self, args: Optional[MemoryArgs] = None, **overrides):
        super().__init__()
        args = replace(default(args, MemoryArgs), **overrides) if overrides else default(args, MemoryArgs)
        self.args = args
        self.persist = nn.Parameter(torch.randn(args.n_persist, args.dim) * 0.02)
        self.memory = NeuralMemory(args)
        self.attn = WindowAttention(args.dim, args.heads, args.window, args.n_persist)
        self.norm1, self.norm2 = nn.RMSNorm(args.dim), nn.RMSNorm(args.dim)
        if args.variant == "mag":
            self.gate = nn.Linear(args.dim * 2, args.dim)

    def forward(self, x: Tensor, mask: Optional[Tensor] = None):
        b, n, _ = x.shape
        m = mask.bool() if exists(mask) else None
        memory_mask = m.float().type_as(x) if exists(m) else None
        prefix = repeat(self.persist, "p d -> b p d", b=b)
        key_mask = F.pad(m, (self.args.n_persist, 0), value=True) if exists(m) else None

        def attend(h):
            h = torch.cat((prefix.to(h.dtype), h), dim=1)
            return self.attn(h, key_mask)[:, -n:]

        match self.args.variant:
            case "mag":
                h = self.norm1(x)
                a, (r, *_) = attend(h), self.memory(h, mask=memory_mask)
                g = torch.sigmoid(self.gate(torch.cat([a, r], -1)))
                return x + g * a + (1 - g) * r
            case "mal":
                r, _ = self.memory(self.norm1(x), mask=memory_mask)
                x = x + r
                return x + attend(self.norm2(x))
            case "mac":
                h = self.norm1(x)
                r, state = self.memory(h, mask=memory_mask)
                y = attend(h + r)
                return x + y * self.memory(self.norm2(y), state, memory_mask)[0]
            case other:
                raise ValueError(f"unknown variant {other!r}")

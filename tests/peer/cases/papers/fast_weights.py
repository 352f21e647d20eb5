# A family of fast-weight rules under one roof: linear, delta, DeltaProduct, Longhorn, Oja, Comba, mesa (regularised least
# squares); hyper-connections around; everything built by factories from a table of specifications.
from __future__ import annotations

import abc
import dataclasses as dc
import itertools as it
import typing as t
import weakref
from functools import partial, reduce, total_ordering

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.parameter import Parameter
from torch.utils import checkpoint as ckpt

State = t.Tuple["torch.Tensor", "t.Optional[torch.Tensor]"]
P = t.TypeVar("P", bound="Rule")


@total_ordering
@dc.dataclass(eq=False, frozen=True)
class Spec:
    name: str
    cls: "type[Rule]"
    cost: float = 1.0
    tags: frozenset = frozenset()

    def __eq__(self, other): return isinstance(other, Spec) and self.cost == other.cost
    def __lt__(self, other): return self.cost < other.cost
    def __hash__(self): return hash(self.name)


class Registry(dict):
    def __missing__(self, key):
        near = [k for k in self if k[0] == key[:1]]
        raise KeyError(f"no rule {key!r}; near: {near}")

    def __call__(self, name: str, *tags: str, cost: float = 1.0):
        def add(cls: t.Type[P]) -> t.Type[P]:
            self[name] = Spec(name, cls, cost, frozenset(tags))
            cls.spec = property(lambda self: RULES[name])
            return cls
        return add


RULES = Registry()


class Rule(nn.Module, metaclass=abc.ABCMeta):
    gates: t.ClassVar[int] = 1
    slots = ("S",)

    def __init__(self, heads: int, dk: int, dv: int, /, *, device=None, dtype=None):
        super().__init__()
        self.kw = kw = dict(device=device, dtype=dtype)
        self.heads, self.dk, self.dv = heads, dk, dv
        self.extra(**kw)

    def extra(self, **kw): pass

    def start(self, q):
        S = q.new_zeros(q.shape[0], self.heads, self.dk, self.dv)
        return (S, None)

    @abc.abstractmethod
    def step(self, state: State, q, k, v, *gates) -> t.Tuple[torch.Tensor, State]:
        """One token."""

    def forward(self, q, k, v, gates: t.Sequence[torch.Tensor], keep=None):
        def steps():
            state = self.start(q)
            for n in it.count():
                if n == q.shape[1]:
                    return state
                o, new = self.step(state, q[:, n], k[:, n], v[:, n], *(g[:, n] for g in gates))
                if keep is not None:
                    m = keep[:, n].view(-1, *[1] * (new[0].dim() - 1)).bool()
                    new = tuple(None if a is None else torch.where(m, a, b) for a, b in zip(new, state))
                state = new
                yield o

        def collect(gen):
            outs = []
            final = yield from collecting(gen, outs)
            return outs, final

        def collecting(gen, outs):
            while True:
                try:
                    outs.append(next(gen))
                except StopIteration as stop:
                    return stop.value
                yield

        runner = collect(steps())
        while True:
            try:
                next(runner)
            except StopIteration as stop:
                outs, self.final = stop.value[0], tuple(None if a is None else a.detach() for a in stop.value[1])
                return torch.stack(outs, dim=1)


outer = partial(torch.einsum, "bhk,bhv->bhkv")
read = partial(torch.einsum, "bhkv,bhk->bhv")


@RULES("linear", "additive", cost=0.5)
class Linear(Rule):
    def step(self, state, q, k, v, beta):
        S = state[0] + outer(k, v * beta)
        return read(S, q), (S, None)


@RULES("delta", "corrective")
class Delta(Rule):
    def step(self, state, q, k, v, beta):
        S, _ = state
        S = S + outer(k, (v - read(S, k)) * beta)
        return read(S, q), (S, None)


@RULES("gated_delta", "corrective", "forgetting", cost=1.2)
class GatedDelta(Rule):
    gates = 2

    def extra(self, **kw):
        self.A = Parameter(torch.linspace(0.5, 1.5, self.heads, **kw))

    def step(self, state, q, k, v, beta, alpha):
        S = state[0] * (-self.A.float()[None, :, None, None] * F.softplus(alpha)[..., None]).exp()
        S = S + outer(k, (v - read(S, k)) * beta)
        return read(S, q), (S, None)


@RULES("longhorn", "implicit", cost=1.1)
class Longhorn(Rule):
    def step(self, state, q, k, v, beta):
        eps = beta / (1 + beta * k.square().sum(-1, keepdim=True))
        S = state[0] - outer(k.square().mul(eps).clamp(max=1), torch.ones_like(v)) * state[0] + outer(k * eps, v)
        return read(S, q), (S, None)


@RULES("oja", "normalising")
class Oja(Rule):
    def step(self, state, q, k, v, beta):
        S, _ = state
        S = S + outer((k - torch.einsum("bhkv,bhv->bhk", S, v)) * beta, v)
        return read(S, q), (S, None)


@RULES("product", "corrective", cost=2.0)
class DeltaProduct(Delta):
    def __init__(self, *shape, householders=2, **kw):
        self.householders = householders
        super().__init__(*shape, **kw)

    def extra(self, **kw):
        self.mix = nn.ParameterList([torch.eye(self.dk, **kw) for _ in range(self.householders)])

    def step(self, state, q, k, v, beta):
        o = None
        for W in self.mix:
            o, state = super().step(state, q, F.normalize(k @ W.to(k.dtype), dim=-1), v, beta)
        return o, state


@RULES("mesa", "optimal", cost=4.0)
class Mesa(Rule):
    gates = 2

    def start(self, q):
        S, _ = super().start(q)
        return S, torch.zeros(*S.shape[:3], self.dk, dtype=S.dtype)

    def step(self, state, q, k, v, beta, gamma):
        g = torch.sigmoid(gamma + 2).unsqueeze(-1)
        S, R = (a * g for a in state)
        S, R = S + outer(k, v * beta), R + outer(k, k * beta)
        ridge = R + torch.eye(self.dk).to(R) * 0.5
        return read(S, torch.linalg.solve(ridge, q.unsqueeze(-1)).squeeze(-1)), (S, R)


class HyperConnections(nn.Module):
    """n residual streams, mixed before and after a branch."""

    def __init__(self, n: int, dim: int, layer: int, dynamic: bool = True, branch: "nn.Module | None" = None):
        super().__init__()
        self.n, self.dynamic = n, dynamic
        self.static_beta = Parameter(torch.ones(n))
        init = torch.zeros(n, 1)
        init[layer % n, 0] = 1.0
        self.static_alpha = Parameter(torch.cat([init, torch.eye(n)], dim=1))
        if dynamic:
            self.norm = nn.LayerNorm(dim, bias=False)
            self.dynamic_alpha, self.dynamic_beta = Parameter(torch.zeros(dim, n + 1)), Parameter(torch.zeros(dim))
            self.scale = Parameter(torch.ones(2) * 1e-1)
        self._branch = weakref.ref(branch) if branch is not None else None

    def width(self, h):
        alpha, beta = self.static_alpha, self.static_beta
        if self.dynamic:
            z = self.norm(h)
            alpha = alpha + torch.tanh(z @ self.dynamic_alpha) * self.scale[0]
            beta = beta + torch.tanh(z @ self.dynamic_beta) * self.scale[1]
        mixed = torch.einsum("btns,btnd->btsd" if alpha.dim() > 2 else "ns,btnd->btsd", alpha.to(h.dtype), h)
        return mixed[..., 0, :], mixed[..., 1:, :], beta

    def depth(self, rest, out, beta):
        return rest + torch.einsum("...n,btd->btnd" if beta.dim() == 1 else "btn,btd->btnd", beta.to(out.dtype), out)


class FastWeights(nn.Module):
    def __init__(self, rule: str = "delta", dim: int = 16, heads: int = 2, streams: int = 0, layers: int = 1, key_norm: str = "l2", remat=False, dynamic=True,
                 conv: "int | None" = 3, **rule_kwargs: t.Any):
        super().__init__()
        self.heads, self.streams, self.key_norm, self.remat = heads, streams, key_norm, remat
        spec = RULES[rule]
        assert spec <= max(RULES.values()) and spec >= min(RULES.values())
        d = dim // heads
        self.rules, self.projections, self.hyper = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        sizes = {"q": dim, "k": dim, "v": dim, **{f"g{i}": heads for i in range(spec.cls.gates)}, "o": dim}
        for layer in range(layers):
            self.rules.append(spec.cls(heads, d, d, **rule_kwargs))
            self.projections += [nn.ModuleDict({n: nn.Linear(dim, s, bias=n[0] == "g") for n, s in sizes.items()})]
            self.hyper.append(HyperConnections(streams, dim, layer, dynamic, self) if streams else nn.Identity())
        self.conv = nn.Conv1d(dim, dim, conv, groups=dim, padding=conv - 1) if conv else None
        self.norms = nn.ModuleList(nn.RMSNorm(dim) for _ in range(layers))
        self.outs = nn.GroupNorm(heads, dim)

    def mix(self, layer, x, keep):
        B, T, C = x.shape
        p, h = self.projections[layer], self.norms[layer](x)
        if self.conv is not None:
            h = F.silu(self.conv(h.mT)[..., :T].mT)
        q, k, v = (p[n](h).view(B, T, self.heads, -1).float() for n in "qkv")
        q, k = {"l2": partial(F.normalize, dim=-1), "softmax": lambda a: a.softmax(-1), "elu": lambda a: F.elu(a) + 1}[self.key_norm](torch.stack([q, k])).unbind(0)
        gates = [p[n](h).float().unsqueeze(-1) for n in p if n.startswith("g")]
        gates[0] = gates[0].sigmoid()
        args = (q, k, v, gates, keep)
        o = ckpt.checkpoint(self.rules[layer], *args, use_reentrant=False) if self.remat and self.training else self.rules[layer](*args)
        o = self.outs(o.reshape(B * T, C).to(x.dtype)).view(B, T, C)
        return p["o"](o)

    def forward(self, x, mask: t.Union[torch.Tensor, None] = None):
        if not self.streams:
            return reduce(lambda h, layer: h + self.mix(layer, h, mask), range(len(self.rules)), x)
        h = x.unsqueeze(2).expand(-1, -1, self.streams, -1)
        for layer, hyper in enumerate(self.hyper):
            inner, rest, beta = hyper.width(h)
            h = hyper.depth(rest, self.mix(layer, inner, mask), beta)
        return h.sum(2)

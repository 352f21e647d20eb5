"""Mixtures: switch routing with capacity and auxiliary losses, expert choice, soft mixtures, mixture of depths, and
adaptive computation with ponder cost."""
import collections
import dataclasses
import itertools
import logging
import math
import operator
from functools import cached_property, partial, reduce, singledispatchmethod
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

import torch
import torch.nn as nn
import torch.nn.functional as F

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)
RouterOutput = collections.namedtuple("RouterOutput", ["weights", "indices", "aux", "stats"], defaults=(None,))


@dataclasses.dataclass(kw_only=True, order=True)
class MoEConfig:
    dim: int = 16
    hidden: int = 24
    num_experts: int = 4
    top_k: int = 2
    capacity_factor: Optional[float] = None
    aux_coef: float = 1e-2
    z_coef: float = 1e-3
    router: str = "top_k"
    shared: int = 0
    jitter: float = 0.0
    group_limit: Optional[Tuple[int, int]] = None

    def replace(self, /, **changes: Any) -> "MoEConfig":
        return dataclasses.replace(self, **changes)

    @cached_property
    def experts_per_group(self) -> int:
        return self.num_experts // self.group_limit[0]


class SwiGLU(nn.Module):
    def __init__(self, dim, hidden, *, bias=False):
        super().__init__()
        self.w13 = nn.Linear(dim, 2 * hidden, bias=bias)
        self.w2 = nn.Linear(hidden, dim, bias=bias)

    def forward(self, x):
        a, b = self.w13(x).chunk(2, -1)
        return self.w2(F.silu(a) * b)


class Router(nn.Module):
    aux_losses: List[torch.Tensor]

    def __init__(self, c: MoEConfig):
        super().__init__()
        self.c = c
        self.gate = nn.Linear(c.dim, c.num_experts, bias=False)
        self.register_buffer("load", torch.zeros(c.num_experts), persistent=True)

    def losses(self, logits, probs, chosen):
        density = chosen.float().mean(0)
        proxy = probs.mean(dim=0)
        balance = (density * proxy).sum() * self.c.num_experts / self.c.top_k
        z = torch.logsumexp(logits, dim=-1).square().mean()
        return {"balance": balance * self.c.aux_coef, "z": z * self.c.z_coef}

    def forward(self, x: torch.Tensor) -> RouterOutput:
        c = self.c
        logits = F.linear(x.float(), self.gate.weight.float())
        probs = logits.softmax(-1)
        scores = probs.sigmoid() if c.router == "sigmoid" else probs
        if c.group_limit is not None:
            n_groups, keep = c.group_limit
            grouped = scores.view(-1, n_groups, c.experts_per_group)
            best = torch.topk(grouped.amax(-1), keep, dim=-1).indices
            group_mask = torch.zeros(grouped.shape[:2]).scatter_(1, best, 1.0)
            scores = (grouped * group_mask[..., None]).flatten(1)
        weights, indices = torch.topk(scores, c.top_k, dim=-1, sorted=True)
        weights = weights / weights.sum(-1, keepdim=True).clamp(min=1e-9)
        chosen = F.one_hot(indices, c.num_experts).sum(1)
        if self.training:
            with torch.no_grad():
                self.load.mul_(0.9).add_(chosen.sum(0).to(self.load), alpha=0.1)
        return RouterOutput(weights, indices, self.losses(logits, probs, chosen), {"max": chosen.sum(0).max().item()})


class MoE(nn.Module):
    def __init__(self, config: Union[MoEConfig, Mapping, None] = None, **kw):
        super().__init__()
        if isinstance(config, Mapping):
            config = MoEConfig(**{**config, **kw})
        elif config is None:
            config = MoEConfig(**kw)
        self.c = config
        self.router = Router(config)
        self.experts = nn.ModuleList([SwiGLU(config.dim, config.hidden) for _ in range(config.num_experts)])
        self.shared = SwiGLU(config.dim, config.hidden * config.shared) if config.shared else None
        self.aux: Dict[str, torch.Tensor] = {}

    def capacity(self, n):
        return math.ceil(n * self.c.top_k / self.c.num_experts * self.c.capacity_factor)

    def forward(self, x, mask=None, return_aux=True):
        shape = x.shape
        flat = x.reshape(-1, shape[-1])
        w, idx, self.aux, stats = self.router(flat)
        log.info("max load %(max)d", stats)
        out = torch.zeros_like(flat, dtype=torch.float32)
        keep = torch.ones_like(w, dtype=torch.bool) if mask is None else mask.reshape(-1, 1).bool().expand_as(w)
        for e, expert in enumerate(self.experts):
            token, slot = torch.nonzero((idx == e) & keep, as_tuple=True)
            if token.numel() == 0:
                continue
            if self.c.capacity_factor is not None:
                token, slot = (t[: self.capacity(flat.size(0))] for t in (token, slot))
            y = expert(flat[token]) * w[token, slot].unsqueeze(-1).to(flat.dtype)
            out.index_add_(0, token, y.float())
        if self.shared is not None:
            out = out + self.shared(flat)
        out = out.to(x.dtype).view(shape)
        total = reduce(operator.add, self.aux.values())
        return out + total.to(out.dtype) if return_aux else (out, self.aux)


class ExpertChoice(nn.Module):
    """Every expert takes its best tokens; experts are batched weights."""

    def __init__(self, dim=16, hidden=8, num_experts=3, capacity=1.5, act="gelu"):
        super().__init__()
        self.gate = nn.Parameter(torch.empty(dim, num_experts))
        self.w1, self.w2 = nn.Parameter(torch.empty(num_experts, dim, hidden)), nn.Parameter(torch.empty(num_experts, hidden, dim))
        for p in self.parameters():
            nn.init.trunc_normal_(p, std=0.02, a=-0.04, b=0.04)
        self.capacity, self.act = capacity, getattr(F, act)

    def forward(self, x, mask=None):
        B, T, D = x.shape
        n = max(1, int(T * self.capacity / self.gate.shape[1]))
        probs = torch.einsum("btd,de->bte", x, self.gate).float().softmax(-1)
        if mask is not None:
            probs = probs * mask.unsqueeze(-1)
        g, i = probs.transpose(1, 2).topk(n, dim=-1)
        taken = torch.gather(x.unsqueeze(1).expand(-1, i.shape[1], -1, -1), 2, i[..., None].expand(*i.shape, D))
        y = torch.einsum("behf,efd->behd", self.act(torch.einsum("behd,edf->behf", taken, self.w1)), self.w2)
        y = y * g[..., None].to(y.dtype)
        return x + torch.zeros_like(x).scatter_add(1, i.flatten(1)[..., None].expand(-1, -1, D), y.flatten(1, 2).to(x.dtype))


class SoftMoE(nn.Module):
    def __init__(self, dim=16, num_experts=3, slots=2, normalize=True):
        super().__init__()
        self.phi = nn.Parameter(torch.randn(dim, num_experts, slots) / dim ** 0.5)
        self.scale = nn.Parameter(torch.ones(1)) if normalize else 1.0
        self.experts = nn.ModuleList(itertools.islice(map(lambda _: SwiGLU(dim, dim), itertools.count()), num_experts))
        self.normalize = normalize

    def forward(self, x, mask=None):
        phi = self.phi
        if self.normalize:
            x_, phi = F.normalize(x, dim=2), self.scale * F.normalize(phi, dim=0)
        else:
            x_ = x
        logits = torch.einsum("bmd,dnp->bmnp", x_, phi)
        if mask is not None:
            logits.masked_fill_(~mask[:, :, None, None].bool(), -1e4)
        d = logits.softmax(dim=1).to(x.dtype)
        c = logits.flatten(2).softmax(-1).view_as(logits).to(x.dtype)
        slots = torch.einsum("bmd,bmnp->bnpd", x, d)
        out = torch.stack([f(s) for f, s in zip(self.experts, slots.unbind(1))], 1)
        return torch.einsum("bnpd,bmnp->bmd", out, c.to(out.dtype))


class MixtureOfDepths(nn.Module):
    def __init__(self, dim=16, capacity=0.5, use_predictor=False, block=SwiGLU, **block_kwargs):
        super().__init__()
        self.router = nn.Linear(dim, 1)
        self.block = block(dim, 2 * dim, **block_kwargs)
        self.predictor = nn.Sequential(*[nn.Linear(dim, dim // 2), nn.SiLU(), nn.Linear(dim // 2, 1)]) if use_predictor else None
        self.capacity = capacity

    def forward(self, x, mask=None):
        B, T, D = x.shape
        r = self.router(x).squeeze(-1)
        if mask is not None:
            r = r.masked_fill(mask == 0, torch.finfo(r.dtype).min)
        k = max(int(self.capacity * T), 1)
        top, i = torch.topk(r, k, dim=1)
        i, order = torch.sort(i, dim=1)
        top = top.gather(1, order)
        rows = torch.arange(B).unsqueeze(1)
        y = self.block(x[rows, i]) * torch.sigmoid(top).unsqueeze(-1)
        out = x.clone()
        out[rows, i] = out[rows, i] + y.to(out.dtype)
        if self.predictor is not None:
            target = torch.zeros_like(r).scatter_(1, i, 1.0)
            aux = F.binary_cross_entropy_with_logits(self.predictor(x.detach()).squeeze(-1).float(), target.float())
            out = out + aux * 0.01
        return out


class AdaptiveComputation(nn.Module):
    def __init__(self, dim=16, max_steps=4, threshold=0.9, share=True, ponder=0.01):
        super().__init__()
        self.halt = nn.Linear(dim, 1)
        nn.init.constant_(self.halt.bias, 1.0)
        steps = [nn.Sequential(nn.LayerNorm(dim), SwiGLU(dim, dim)) for _ in range(1 if share else max_steps)]
        self.steps = nn.ModuleList(steps)
        self.max_steps, self.threshold, self.ponder = max_steps, threshold, ponder

    def forward(self, x, mask=None):
        halting = torch.zeros(x.shape[:2])
        remainders, updates = torch.zeros_like(halting), torch.zeros_like(halting)
        previous, step = torch.zeros_like(x), 0
        limit = self.threshold if mask is None else torch.where(mask.bool(), self.threshold, 0.0)
        while ((halting < limit) & (updates < self.max_steps)).any() and step < self.max_steps:
            p = torch.sigmoid(self.halt(x)).squeeze(-1).float()
            running = (halting < 1.0).float()
            new_halted = (halting + p * running > self.threshold).float() * running
            running = (halting + p * running <= self.threshold).float() * running
            halting = halting + p * running
            remainders = remainders + new_halted * (1 - halting)
            halting = halting + new_halted * remainders
            updates = updates + running + new_halted
            w = (p * running + new_halted * remainders).unsqueeze(-1).to(x.dtype)
            x = x + self.steps[step % len(self.steps)](x)
            previous = x * w + previous * (1 - w)
            step += 1
        else:
            log.debug("halted after %d steps", step)
        return previous + self.ponder * (remainders + updates).mean().to(x.dtype)

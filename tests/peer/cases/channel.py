from collections import OrderedDict
from dataclasses import dataclass, field

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.parameter import Parameter


class RMSNorm(nn.Module):
    def __init__(self, dim, eps: float = 1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim))

    def _norm(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)

    def forward(self, x):
        return self._norm(x.float()).type_as(x) * self.weight


class SwiGLU(nn.Module):
    def __init__(self, dim=32, expand=8 / 3, multiple_of=16, act="silu"):
        super().__init__()
        hidden = multiple_of * ((int(dim * expand) + multiple_of - 1) // multiple_of)
        self.w1, self.w2, self.w3 = nn.Linear(dim, hidden, bias=False), nn.Linear(hidden, dim, bias=False), nn.Linear(dim, hidden, bias=False)
        self.act = getattr(F, act)

    def forward(self, x):
        return self.w2(self.act(self.w1(x)) * self.w3(x))


class ReluSquared(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.net = nn.Sequential(OrderedDict([("up", nn.Linear(dim, 4 * dim)), ("act", nn.ReLU()), ("down", nn.Linear(4 * dim, dim))]))

    def forward(self, x):
        x = self.net.up(x)
        return self.net[2](self.net.act(x) ** 2)


class Activations(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.fns = nn.ModuleList([nn.ReLU(), nn.GELU(), nn.GELU(approximate="tanh"), nn.SiLU(), nn.ELU(0.5), nn.LeakyReLU(0.2), nn.Softplus(),
                                  nn.Tanh(), nn.Sigmoid(), nn.Mish(), nn.Hardswish(), nn.SELU(), nn.CELU(), nn.Softsign(), nn.LogSigmoid(),
                                  nn.Hardtanh(), nn.ReLU6(), nn.PReLU(dim), nn.Softmax(dim=-1), nn.LogSoftmax(dim=-1), nn.Tanhshrink(),
                                  nn.Hardshrink(), nn.Softshrink(), nn.Hardsigmoid(), nn.Threshold(0.1, 0.2), nn.Identity()])
        self.mix = nn.Parameter(torch.randn(len(self.fns)))

    def forward(self, x):
        return sum(w * f(x.transpose(1, 2)).transpose(1, 2) if isinstance(f, nn.PReLU) else w * f(x) for w, f in zip(self.mix, self.fns))


class Norms(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.layers = nn.ModuleDict({"ln": nn.LayerNorm(dim), "rms": RMSNorm(dim), "ln_nobias": nn.LayerNorm(dim, bias=False),
                                     "torch_rms": nn.RMSNorm(dim), "plain": nn.LayerNorm([dim], elementwise_affine=False)})
        self.gn = nn.GroupNorm(4, dim)
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        for name, layer in self.layers.items():
            x = x + layer(x) * (0.5 if name == "ln" else 1.0)
        x = self.gn(x.transpose(1, 2)).transpose(1, 2)
        return self.scale * F.normalize(x, dim=-1) + F.layer_norm(x, x.shape[-1:]) - F.rms_norm(x, (x.size(-1),))


class BatchNormed(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.bn = nn.BatchNorm1d(dim, momentum=0.3)
        self.fc = nn.Linear(dim, dim)

    def forward(self, x):
        return self.fc(self.bn(x.transpose(1, 2)).transpose(1, 2))


class MovingAverage(nn.Module):
    def __init__(self, dim=8, decay=0.9):
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("steps", torch.tensor(0))
        self.decay = decay
        self.lin = nn.Linear(dim, dim)

    def forward(self, x):
        if self.training:
            with torch.no_grad():
                self.mean.mul_(self.decay).add_(x.mean(dim=(0, 1)), alpha=1 - self.decay)
                self.steps += 1
        return self.lin(x - self.mean)


@dataclass
class MoEConfig:
    dim: int = 16
    n_experts: int = 4
    top_k: int = 2
    hidden: int = 24
    noise: list = field(default_factory=list)


class MixtureOfExperts(nn.Module):
    def __init__(self, config=None, **kwargs):
        super().__init__()
        self.config = config = MoEConfig(**kwargs) if config is None else config
        self.router = nn.Linear(config.dim, config.n_experts, bias=False)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(config.dim, config.hidden), nn.SiLU(), nn.Linear(config.hidden, config.dim))
                                     for _ in range(config.n_experts))

    def forward(self, x):
        shape = x.shape
        flat = x.reshape(-1, shape[-1])
        probs = self.router(flat).softmax(-1)
        top, index = torch.topk(probs, self.config.top_k, dim=-1)
        top = top / top.sum(-1, keepdim=True)
        out = torch.zeros_like(flat)
        for e, expert in enumerate(self.experts):
            token, slot = torch.where(index == e)
            if token.numel() == 0:
                continue
            out.index_add_(0, token, expert(flat[token]) * top[token, slot, None])
        load = F.one_hot(index, self.config.n_experts).float().mean((0, 1))
        return out.view(shape), (load * probs.mean(0)).sum() * self.config.n_experts


class WeightTied(nn.Module):
    def __init__(self, vocab=11, dim=16, tie=True):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim, padding_idx=0)
        self.head = nn.Linear(dim, vocab, bias=False)
        if tie:
            self.head.weight = self.embed.weight
        self.position = nn.Parameter(torch.zeros(1, 32, dim))

    def forward(self, ids):
        h = self.embed(ids) + self.position[:, : ids.size(1)]
        return self.head(F.gelu(h, approximate="tanh"))


class LowRank(nn.Module):
    def __init__(self, dim=16, rank=4, alpha=8):
        super().__init__()
        self.base = nn.Linear(dim, dim)
        for p in self.base.parameters():
            p.requires_grad = False
        self.a, self.b = Parameter(torch.randn(rank, dim)), Parameter(torch.zeros(dim, rank))
        self.scaling = alpha / rank

    def forward(self, x):
        return self.base(x) + (x @ self.a.T @ self.b.T) * self.scaling


class RandomDropout(nn.Module):
    def __init__(self, dim=16, p=0.5):
        super().__init__()
        self.drop, self.fc = nn.Dropout(p), nn.Linear(dim, dim)

    def forward(self, x):
        return self.drop(self.fc(x)).add(x)


class Quantizer(nn.Module):
    class StraightThrough(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, scale):
            ctx.save_for_backward(x, scale)
            return torch.round(x * scale) / scale

        @staticmethod
        def backward(ctx, grad):
            x, scale = ctx.saved_tensors
            return grad * (x.abs() < 1).to(grad.dtype), None

    def __init__(self, dim=8):
        super().__init__()
        self.fc = nn.Linear(dim, dim)
        self.scale = nn.Parameter(torch.full((1,), 4.0), requires_grad=False)

    def forward(self, x):
        return self.StraightThrough.apply(self.fc(x), self.scale.abs() + 4)

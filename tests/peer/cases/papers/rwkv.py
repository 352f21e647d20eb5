# RWKV time mixing, versions 4 to 7, in plain loops; one class a version and a small registry.
import math
from abc import ABC, abstractmethod
from typing import Type

import torch
import torch.nn as nn
from torch.nn import functional as F

REGISTRY: "dict[str, Type[TimeMix]]" = {}


def register(version):
    def wrap(cls):
        if version in REGISTRY:
            raise KeyError(f"duplicate version {version}")
        REGISTRY[version] = cls
        cls.version = version
        return cls
    return wrap


class TimeMix(nn.Module, ABC):
    version: str = "?"

    def __init__(self, n_embd, head_size, layer_id, n_layer):
        super().__init__()
        self.n_embd, self.head_size = n_embd, head_size
        self.n_head = n_embd // head_size
        self.layer_id, self.n_layer = layer_id, n_layer
        self.time_shift = nn.ZeroPad2d((0, 0, 1, -1))
        self.build()

    @abstractmethod
    def build(self): ...

    def ratio(self):
        ratio_0_to_1 = self.layer_id / max(self.n_layer - 1, 1)
        ratio_1_to_almost0 = 1.0 - (self.layer_id / self.n_layer)
        ddd = torch.ones(1, 1, self.n_embd)
        for i in range(self.n_embd):
            ddd[0, 0, i] = i / self.n_embd
        return ratio_0_to_1, ratio_1_to_almost0, ddd


@register("4")
class RWKV4(TimeMix):
    def build(self):
        C = self.n_embd
        r01, r10, ddd = self.ratio()
        decay_speed = torch.ones(C)
        for h in range(C):
            decay_speed[h] = -5 + 8 * (h / (C - 1)) ** (0.7 + 1.3 * r01)
        self.time_decay = nn.Parameter(decay_speed)
        zigzag = torch.tensor([(i + 1) % 3 - 1 for i in range(C)]) * 0.5
        self.time_first = nn.Parameter(torch.ones(C) * math.log(0.3) + zigzag)
        self.time_mix_k = nn.Parameter(torch.pow(ddd, r10))
        self.time_mix_v = nn.Parameter(torch.pow(ddd, r10) + 0.3 * r01)
        self.time_mix_r = nn.Parameter(torch.pow(ddd, 0.5 * r10))
        self.key, self.value, self.receptance, self.output = (nn.Linear(C, C, bias=False) for _ in range(4))

    def forward(self, x):
        B, T, C = x.size()
        xx = self.time_shift(x)
        k = self.key(x * self.time_mix_k + xx * (1 - self.time_mix_k)).float()
        v = self.value(x * self.time_mix_v + xx * (1 - self.time_mix_v)).float()
        r = self.receptance(x * self.time_mix_r + xx * (1 - self.time_mix_r))
        w, u = -torch.exp(self.time_decay.float()), self.time_first.float()
        aa = bb = torch.zeros(B, C)
        pp = torch.full((B, C), -1e38)
        ys = []
        for t in range(T):
            kk, vv = k[:, t], v[:, t]
            ww = u + kk
            qq = torch.maximum(pp, ww)
            e1, e2 = torch.exp(pp - qq), torch.exp(ww - qq)
            ys.append((e1 * aa + e2 * vv) / (e1 * bb + e2))
            ww = w + pp
            qq = torch.maximum(ww, kk)
            e1, e2 = torch.exp(ww - qq), torch.exp(kk - qq)
            aa, bb, pp = e1 * aa + e2 * vv, e1 * bb + e2, qq
        rwkv = torch.sigmoid(r) * torch.stack(ys, 1).to(r.dtype)
        return self.output(rwkv)


@register("5")
class RWKV5(TimeMix):
    def build(self):
        C, H = self.n_embd, self.n_head
        r01, r10, ddd = self.ratio()
        self.time_mix_k = nn.Parameter(torch.pow(ddd, r10))
        self.time_mix_g = nn.Parameter(torch.pow(ddd, 0.5 * r10))
        self.time_decay = nn.Parameter(torch.linspace(-6, -1, C).reshape(H, -1))
        self.time_faaaa = nn.Parameter(torch.zeros(H, self.head_size))
        self.receptance = nn.Linear(C, C, bias=False)
        self.key = nn.Linear(C, C, bias=False)
        self.value = nn.Linear(C, C, bias=False)
        self.gate = nn.Linear(C, C, bias=False)
        self.output = nn.Linear(C, C, bias=False)
        self.ln_x = nn.GroupNorm(H, C)

    def forward(self, x):
        B, T, C = x.shape
        H, N = self.n_head, self.head_size
        xx = self.time_shift(x)
        xk, xg = torch.lerp(xx, x, self.time_mix_k), torch.lerp(xx, x, self.time_mix_g)
        r = self.receptance(xk).view(B, T, H, 1, N).float()
        k = self.key(xk).view(B, T, H, N, 1).float()
        v = self.value(xk).view(B, T, H, 1, N).float()
        g = F.silu(self.gate(xg))
        w = torch.exp(-torch.exp(self.time_decay.float())).unsqueeze(-1)
        u = self.time_faaaa.float().unsqueeze(-1)
        s, out = x.new_zeros(B, H, N, N, dtype=torch.float), []
        for t in range(T):
            at = k[:, t] @ v[:, t]
            out.append((r[:, t] @ (u * at + s)).squeeze(-2))
            s = at + w * s
        y = torch.stack(out, 1).reshape(B * T, C).to(x.dtype)
        y = self.ln_x(y / 8).view(B, T, C)
        return self.output(y * g)


@register("6")
class RWKV6(TimeMix):
    LORA = 4

    def build(self):
        C, H, D = self.n_embd, self.n_head, self.LORA
        _, r10, ddd = self.ratio()
        self.time_maa_x = nn.Parameter(1.0 - torch.pow(ddd, r10))
        for n in "wkvrg":
            self.register_parameter(f"time_maa_{n}", nn.Parameter(1.0 - torch.pow(ddd, r10)))
        self.time_maa_w1 = nn.Parameter(torch.empty(C, D * 5).uniform_(-1e-4, 1e-4))
        self.time_maa_w2 = nn.Parameter(torch.zeros(5, D, C).uniform_(-1e-4, 1e-4))
        decay = torch.tensor([-6 + 5 * (n / (C - 1)) ** 0.7 for n in range(C)])
        self.time_decay = nn.Parameter(decay.reshape(1, 1, C))
        self.time_decay_w1 = nn.Parameter(torch.zeros(C, D))
        self.time_decay_w2 = nn.Parameter(torch.zeros(D, C))
        self.time_faaaa = nn.Parameter(torch.zeros(H, self.head_size))
        for n in ("receptance", "key", "value", "output", "gate"):
            self.add_module(n, nn.Linear(C, C, bias=False))
        self.ln_x = nn.GroupNorm(H, C, eps=(1e-5) * (8 ** 2))

    @torch.jit.ignore
    def forward(self, x):
        B, T, C = x.size()
        H, N = self.n_head, self.head_size
        xx = self.time_shift(x) - x
        xxx = x + xx * self.time_maa_x
        xxx = torch.tanh(xxx @ self.time_maa_w1).view(B * T, 5, -1).transpose(0, 1)
        xxx = torch.bmm(xxx, self.time_maa_w2).view(5, B, T, -1)
        mw, mk, mv, mr, mg = xxx.unbind(dim=0)
        xw = x + xx * (self.time_maa_w + mw)
        xk = x + xx * (self.time_maa_k + mk)
        xv = x + xx * (self.time_maa_v + mv)
        xr = x + xx * (self.time_maa_r + mr)
        xg = x + xx * (self.time_maa_g + mg)
        r, k, v = self.receptance(xr), self.key(xk), self.value(xv)
        g = F.silu(self.gate(xg))
        w = self.time_decay + torch.tanh(xw @ self.time_decay_w1) @ self.time_decay_w2
        w = torch.exp(-torch.exp(w.float())).view(B, T, H, N)
        r, k, v = (i.float().view(B, T, H, N) for i in (r, k, v))
        u = self.time_faaaa.float()[None, :, :, None]
        state = torch.zeros(B, H, N, N)
        y = torch.zeros(B, T, H, N)
        for t in range(T):
            kv = torch.einsum("bhi,bhj->bhij", k[:, t], v[:, t])
            y[:, t] = torch.einsum("bhi,bhij->bhj", r[:, t], state + u * kv)
            state = state * w[:, t, :, :, None] + kv
        y = self.ln_x(y.to(x.dtype).view(B * T, C)).view(B, T, C)
        return self.output(y * g)


@register("7")
class RWKV7(TimeMix):
    def build(self):
        C, H, N, D = self.n_embd, self.n_head, self.head_size, 4
        for n in ("r", "w", "k", "v", "a", "g"):
            setattr(self, "x_" + n, nn.Parameter(torch.full((1, 1, C), 0.5)))
        self.w0, self.w1, self.w2 = nn.Parameter(torch.zeros(1, 1, C)), nn.Parameter(torch.zeros(C, D)), nn.Parameter(torch.zeros(D, C))
        self.a0, self.a1, self.a2 = nn.Parameter(torch.zeros(1, 1, C)), nn.Parameter(torch.zeros(C, D)), nn.Parameter(torch.zeros(D, C))
        self.g1, self.g2 = nn.Parameter(torch.zeros(C, D)), nn.Parameter(torch.zeros(D, C))
        self.k_k, self.k_a = nn.Parameter(torch.ones(1, 1, C) * 0.85), nn.Parameter(torch.ones(1, 1, C))
        self.r_k = nn.Parameter(torch.zeros(H, N))
        self.receptance, self.key, self.value, self.output = [nn.Linear(C, C, bias=False) for _ in range(4)]
        self.ln_x = nn.GroupNorm(H, C, eps=64e-5)

    def forward(self, x):
        B, T, C = x.size()
        H = self.n_head
        xx = self.time_shift(x) - x
        xr, xw, xk, xv, xa, xg = [x + xx * p for n, p in self.named_parameters() if n.startswith("x_")]
        r, k, v = self.receptance(xr), self.key(xk), self.value(xv)
        w = -F.softplus(-(self.w0 + torch.tanh(xw @ self.w1) @ self.w2)) - 0.5
        a = torch.sigmoid(self.a0 + (xa @ self.a1) @ self.a2)
        g = torch.sigmoid(xg @ self.g1) @ self.g2
        kk = F.normalize((k * self.k_k).view(B, T, H, -1), dim=-1, p=2.0).view(B, T, C)
        k = k * (1 + (a - 1) * self.k_a)
        r, w, k, v, kk, a = (i.view(B, T, H, -1).float() for i in (r, w, k, v, kk, a))
        w = torch.exp(-torch.exp(w))
        state, out = torch.zeros(B, H, C // H, C // H), []
        for t in range(T):
            sa = state @ -kk[:, t].unsqueeze(-1)
            state = state * w[:, t, :, None, :] + sa @ (kk[:, t] * a[:, t]).unsqueeze(-2) + v[:, t, ..., None] @ k[:, t, :, None, :]
            out.append((state @ r[:, t].unsqueeze(-1)).squeeze(-1))
        y = self.ln_x(torch.stack(out, 1).to(x.dtype).flatten(2).view(B * T, C)).view(B, T, C)
        bonus = (r * k * self.r_k.float()).sum(dim=-1, keepdim=True) * v
        y = y + bonus.view(B, T, C).to(y.dtype)
        return self.output(y * g)


class RWKVBlock(nn.Module):
    def __init__(self, version="4", n_embd=16, head_size=8, layer_id=1, n_layer=3):
        super().__init__()
        try:
            mixer = REGISTRY[version]
        except KeyError as e:
            raise ValueError(f"version must be one of {sorted(REGISTRY)}") from e
        self.ln1, self.ln2 = nn.LayerNorm(n_embd), nn.LayerNorm(n_embd)
        self.att = mixer(n_embd, head_size, layer_id, n_layer)
        self.ffn = nn.ModuleDict({"key": nn.Linear(n_embd, 4 * n_embd, bias=False), "value": nn.Linear(4 * n_embd, n_embd, bias=False),
                                  "receptance": nn.Linear(n_embd, n_embd, bias=False)})

    def channel_mix(self, x):
        shifted = F.pad(x, (0, 0, 1, -1))
        xk = (x + shifted) / 2
        k = torch.square(torch.relu(self.ffn["key"](xk)))
        return torch.sigmoid(self.ffn.receptance(xk)) * self.ffn["value"](k)

    def forward(self, x, mask=None):
        if mask is not None:
            x = torch.einsum("btc,bt->btc", x, mask.to(x.dtype))
        x = x + self.att(self.ln1(x))
        return x + self.channel_mix(self.ln2(x))

#!/usr/bin/env python3
# -*- coding: utf-8 -*-
"""Attention through fewer keys: Linformer projections, Nyström landmarks with an iterative pseudo-inverse, cosFormer
re-weighting and random feature attention, behind one factory."""
import os
import sys
import math
import time
import random
import argparse

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from typing import *
from math import ceil, pi as PI
from functools import reduce, lru_cache

_DEBUG = os.environ.get("LOW_RANK_DEBUG", "0") == "1"
_EPS: float = np.finfo(np.float32).eps if False else 1e-6


def get_args(argv=None):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--dim", type=int, default=16)
    return p.parse_args(argv)


def moore_penrose_iter_pinv(x, iters=6):
    device = x.device
    abs_x = torch.abs(x)
    col, row = abs_x.sum(dim=-1), abs_x.sum(dim=-2)
    z = x.transpose(-1, -2) / (torch.max(col) * torch.max(row))
    I = torch.eye(x.shape[-1], device=device, dtype=x.dtype)[None]
    for _ in range(iters):
        xz = x @ z
        z = 0.25 * z @ (13 * I - (xz @ (15 * I - (xz @ (7 * I - xz)))))
    return z


class Base(nn.Module):
    kind: ClassVar[str]
    registry: ClassVar[Dict[str, type]] = {}

    def __init_subclass__(cls, kind=None, **kw):
        super().__init_subclass__(**kw)
        if kind is not None:
            cls.kind = kind
            Base.registry[kind] = cls

    def __init__(self, dim, heads, **kw):
        super().__init__()
        if kw:
            raise TypeError(f"{type(self).__name__} got unexpected {sorted(kw)}")
        self.dim, self.heads, self.dh = dim, heads, dim // heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.proj = nn.Linear(dim, dim)

    def split(self, x):
        b, n, _ = x.shape
        return self.qkv(x).reshape(b, n, 3, self.heads, self.dh).permute(2, 0, 3, 1, 4).unbind(0)

    def merge(self, o):
        return self.proj(o.permute(0, 2, 1, 3).flatten(-2))


class Linformer(Base, kind="linformer"):
    def __init__(self, dim, heads, seq_len=12, k=4, share_kv=False, one_kv_head=False, **kw):
        super().__init__(dim, heads, **kw)
        assert (dim % heads) == 0, 'dimension must be divisible by the number of heads'
        self.seq_len, self.k = seq_len, k
        self.proj_k = nn.Parameter(self.init_(torch.zeros(seq_len, k)))
        if not share_kv:
            self.proj_v = nn.Parameter(self.init_(torch.zeros(seq_len, k)))
        self.share_kv, self.one_kv_head = share_kv, one_kv_head

    @staticmethod
    def init_(tensor):
        dim = tensor.shape[-1]
        std = 1 / math.sqrt(dim)
        tensor.uniform_(-std, std)
        return tensor

    def forward(self, x, mask=None):
        n = x.shape[1]
        assert n <= self.seq_len, f'the sequence length of the key / values must be {self.seq_len} - {n} given'
        q, k, v = self.split(x)
        if mask is not None:
            k, v = (t * mask[:, None, :, None].to(t.dtype) for t in (k, v))
        if self.one_kv_head:
            k, v = k[:, :1].expand_as(k), v[:, :1].expand_as(v)
        kv_projs = (self.proj_k, self.proj_v if not self.share_kv else self.proj_k)
        proj_seq_len = lambda args: torch.einsum('bhnd,nk->bhkd', *args)
        if n < self.seq_len:
            kv_projs = map(lambda t: t[:n], kv_projs)
        k, v = map(proj_seq_len, zip((k, v), kv_projs))
        dots = torch.einsum('bhnd,bhkd->bhnk', q, k) * (self.dh ** -0.5)
        return self.merge(torch.einsum('bhnk,bhkd->bhnd', dots.softmax(dim=-1).to(v.dtype), v))


class Nystrom(Base, kind="nystrom"):
    def __init__(self, dim, heads, num_landmarks=4, pinv_iterations=6, residual=True, residual_conv_kernel=5, eps=1e-8, **kw):
        super().__init__(dim, heads, **kw)
        self.num_landmarks, self.pinv_iterations, self.eps = num_landmarks, pinv_iterations, eps
        self.residual = residual
        if residual:
            self.res_conv = nn.Conv2d(heads, heads, (residual_conv_kernel, 1), padding=(residual_conv_kernel // 2, 0), groups=heads, bias=False)

    def forward(self, x, mask=None):
        (b, n, _), m = x.shape, self.num_landmarks
        remainder = n % m
        if remainder > 0:
            padding = m - (n % m)
            x = F.pad(x, (0, 0, padding, 0), value=0)
            mask = torch.ones(b, n, dtype=torch.long) if mask is None else mask
            mask = F.pad(mask, (padding, 0), value=0)
        q, k, v = self.split(x)
        if mask is not None:
            mask = mask.bool()[:, None]
            q, k, v = map(lambda t: t * mask[..., None], (q, k, v))
        q = q * self.dh ** -0.5
        l = ceil(n / m)
        landmarks = lambda t: t.reshape(*t.shape[:2], -1, l, self.dh).sum(dim=3)
        q_landmarks, k_landmarks = landmarks(q), landmarks(k)
        divisor = l
        if mask is not None:
            mask_landmarks_sum = mask.reshape(b, 1, -1, l).sum(dim=-1)
            divisor = mask_landmarks_sum[..., None] + self.eps
            mask_landmarks = mask_landmarks_sum > 0
        q_landmarks, k_landmarks = q_landmarks / divisor, k_landmarks / divisor
        einops_eq = '... i d, ... j d -> ... i j'.replace(' ', '')
        sim1, sim2, sim3 = (torch.einsum(einops_eq, *a) for a in ((q, k_landmarks), (q_landmarks, k_landmarks), (q_landmarks, k)))
        if mask is not None:
            mask_value = -torch.finfo(q.dtype).max
            sim1.masked_fill_(~(mask[..., None] * mask_landmarks[..., None, :]), mask_value)
            sim2.masked_fill_(~(mask_landmarks[..., None] * mask_landmarks[..., None, :]), mask_value)
            sim3.masked_fill_(~(mask_landmarks[..., None] * mask[..., None, :]), mask_value)
        attn1, attn2, attn3 = map(lambda t: t.softmax(dim=-1), (sim1, sim2, sim3))
        out = (attn1.float() @ moore_penrose_iter_pinv(attn2.float(), self.pinv_iterations)) @ (attn3.float() @ v.float())
        out = out.to(v.dtype)
        if self.residual:
            out = out + self.res_conv(v)
        return self.merge(out[:, :, -n:])


class CosFormer(Base, kind="cosformer"):
    def __init__(self, dim, heads, causal=True, act_fun="relu", **kw):
        super().__init__(dim, heads, **kw)
        self.causal = causal
        self.act_fun = self.get_act_fun(act_fun)

    def get_act_fun(self, act_fun):
        if act_fun == "relu":
            return F.relu
        elif act_fun == "elu":
            return 1 + F.elu if False else (lambda x: 1 + F.elu(x))
        return getattr(F, act_fun)

    @lru_cache(maxsize=None)
    def get_index(self, seq_len):
        index = np.pi / 2 * torch.arange(1, seq_len + 1).reshape(1, -1, 1)
        return nn.Parameter(index, requires_grad=False)

    def forward(self, x, mask=None):
        q, k, v = (t.flatten(0, 1) for t in self.split(x))
        q, k = self.act_fun(q), self.act_fun(k)
        src_len = tgt_len = x.shape[1]
        m = max(src_len, tgt_len)
        weight_index = self.get_index(m).to(q)
        q_ = torch.cat([q * torch.sin(weight_index[:, :tgt_len, :] / m), q * torch.cos(weight_index[:, :tgt_len, :] / m)], dim=-1)
        k_ = torch.cat([k * torch.sin(weight_index[:, :src_len, :] / m), k * torch.cos(weight_index[:, :src_len, :] / m)], dim=-1)
        if mask is not None:
            k_ = k_ * mask.repeat_interleave(self.heads, 0)[..., None].to(k_)
        if self.causal:
            kv_cum = torch.cumsum(torch.einsum("nld,nlm->nldm", k_, v), dim=1)
            qkv = torch.einsum("nld,nldm->nlm", q_, kv_cum)
            denom = torch.clamp_min(torch.einsum("nlm,nlm->nl", q_, torch.cumsum(k_, dim=1)), _EPS)
            o = qkv / denom.unsqueeze(-1)
        else:
            kv_ = torch.einsum('nld,nlm->ndm', k_, v)
            z_ = 1 / torch.clamp_min(torch.einsum('nld,nd->nl', q_, torch.sum(k_, axis=1)), _EPS)
            o = torch.einsum('nld,ndm,nl->nlm', q_, kv_, z_)
        return self.merge(o.view(-1, self.heads, *o.shape[-2:]))


class RFA(Base, kind="rfa"):
    def __init__(self, dim, heads, features=8, gated=True, tau=1.0, **kw):
        super().__init__(dim, heads, **kw)
        w = np.array([[math.sin(1.7 * i * self.dh + 2.3 * j + 1) * 2 for j in range(self.dh)] for i in range(features)])
        self.register_buffer("random_matrices", torch.tensor(w, dtype=torch.float32))
        self.sigma = nn.Parameter(torch.ones(heads, 1, self.dh) * tau)
        self.gate = nn.Linear(dim, heads) if gated else None

    def phi(self, x):
        x = F.normalize(x, p=2.0, dim=-1)
        p = torch.matmul(x * self.sigma, self.random_matrices.T)
        return torch.cat([torch.sin(p), torch.cos(p)], dim=-1) * reduce(lambda a, b: a / b, [1.0, np.sqrt(self.random_matrices.size(0))])

    def forward(self, x, mask=None):
        q, k, v = self.split(x)
        q, k = self.phi(q), self.phi(k)
        g = torch.ones_like(x[..., :1]).expand(-1, -1, self.heads) if self.gate is None else torch.sigmoid(self.gate(x))
        if mask is not None:
            g = torch.where(mask.unsqueeze(-1) > 0, g, 1.0 if self.gate is not None else 0.)
        s, z, outs = 0., 0., []
        for t in range(x.size(1)):
            gt = g[:, t, :, None]
            i = (1 - gt) if self.gate is not None else gt
            s = (gt[..., None] * s if t and self.gate is not None else s) + i[..., None] * k[:, :, t, :, None] * v[:, :, t, None, :]
            z = (gt * z if t and self.gate is not None else z) + i * k[:, :, t]
            den = torch.einsum("bhd,bhd->bh", q[:, :, t], z).abs().clamp(min=0.1).unsqueeze(-1)
            outs.append(torch.einsum("bhd,bhde->bhe", q[:, :, t], s) / den)
        return self.merge(torch.stack(outs, 2))


class LowRankAttention(nn.Module):
    def __init__(self, kind="linformer", dim=16, heads=2, **settings):
        super().__init__()
        if kind not in Base.registry:
            raise KeyError("kind must be in " + str(list(Base.registry)))
        self.norm = nn.LayerNorm(dim)
        self.fn = Base.registry[kind](dim, heads, **settings)

    def forward(self, x, mask=None):
        if _DEBUG:
            print(time.time(), file=sys.stderr)
        return x + self.fn(self.norm(x), mask=mask)


def main():
    args = get_args()
    random.seed(0), np.random.seed(0), torch.manual_seed(0)
    start = time.perf_counter()
    model = LowRankAttention(dim=args.dim)
    print(model, model(torch.randn(2, 12, args.dim)).shape, time.perf_counter() - start)


if __name__ == "__main__":
    main()

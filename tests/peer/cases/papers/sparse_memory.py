# Attention through hashes, keys and blocks: Reformer's LSH, product keys, native sparse attention, gated slots.
import logging, warnings
from collections import OrderedDict, deque
from functools import partial, wraps
from itertools import chain, zip_longest
from operator import mul
import torch, math
import torch.nn as nn
import torch.nn.functional as F
from einops import einsum, pack, rearrange, reduce, repeat, unpack
from einops.layers.torch import Rearrange, Reduce
from torch import is_tensor
from typing import Tuple, Union

__all__ = ["LSHAttention", "ProductKeyMemory", "NativeSparse", "GatedSlots"]
logger = logging.getLogger(__name__)


def exists(v): return v is not None
def identity(t, *args, **kwargs): return t
def at_most_one_of(*bools): return sum(map(int, bools)) <= 1
def divisible_by(num, den): return (num % den) == 0
def max_neg_value(t): return -torch.finfo(t.dtype).max


def cached(key):
    def outer(fn):
        @wraps(fn)
        def inner(self, *args, **kwargs):
            store = self.__dict__.setdefault("_cache", OrderedDict())
            k = (key, *args, *sorted(kwargs.items()))
            if k not in store:
                store[k] = fn(self, *args, **kwargs)
                while len(store) > 4:
                    store.popitem(last=False)
            store.move_to_end(k)
            return store[k]
        return inner
    return outer


def sort_key_val(t1, t2, dim=-1):
    values, indices = t1.sort(dim=dim, stable=True)
    t2 = t2.expand_as(t1)
    return values, t2.gather(dim, indices)


def batched_index_select(values, indices):
    last_dim = values.shape[-1]
    return values.gather(1, indices[:, :, None].expand(-1, -1, last_dim))


def look_one_back(x):
    x_extra = torch.cat([x[:, -1:, ...], x[:, :-1, ...]], dim=1)
    return torch.cat([x, x_extra], dim=2)


class LSHAttention(nn.Module):
    """Shared query-key attention in sorted buckets; rotations come from a buffer, so that hashing is reproducible."""

    def __init__(self, dim=16, heads=2, bucket_size=4, n_hashes=2, causal=True, attend_across=True):
        super().__init__()
        self.heads, self.bucket_size, self.n_hashes, self.causal = heads, bucket_size, n_hashes, causal
        self.attend_across = attend_across
        d = dim // heads
        self.toqk, self.tov, self.to_out = nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim)
        angles = torch.arange(d * n_hashes * 8, dtype=torch.float64).mul_(2.399963).sin_()
        self.register_buffer("rotations", rearrange(angles.float(), "(d h r) -> d h r", h=n_hashes, r=8), persistent=False)

    def hash_vectors(self, n_buckets, vecs):
        rotated = torch.einsum("btf,fhi->bhti", vecs.detach().float(), self.rotations[..., : n_buckets // 2])
        rotated = torch.cat([rotated, -rotated], dim=-1)
        buckets = torch.argmax(rotated, dim=-1)
        offsets = torch.arange(self.n_hashes).reshape(1, -1, 1) * n_buckets
        return (buckets + offsets).reshape(vecs.shape[0], -1)

    def forward(self, x, input_mask=None):
        b, t0, e = x.shape
        pad = -t0 % (2 * self.bucket_size)
        mask = torch.ones(b, t0, dtype=torch.bool) if input_mask is None else input_mask.bool()
        x, mask = F.pad(x, (0, 0, 0, pad)), F.pad(mask, (0, pad), value=False)
        t, h = x.size(1), self.heads
        qk, v = (rearrange(f(x), "b t (h d) -> (b h) t d", h=h) for f in (self.toqk, self.tov))
        n_buckets = t // self.bucket_size
        with torch.no_grad():
            buckets = self.hash_vectors(n_buckets, qk)
            ticker = torch.arange(self.n_hashes * t).unsqueeze(0).expand_as(buckets)
            buckets_and_t = (t * buckets + (ticker % t)).detach()
            sbuckets_and_t, sticker = sort_key_val(buckets_and_t, ticker, dim=-1)
            _, undo_sort = sticker.sort(dim=-1)
        st = sticker % t
        sqk, sv = batched_index_select(qk, st), batched_index_select(v, st)
        chunk_size = self.n_hashes * n_buckets
        bq_t = bkv_t = torch.reshape(st, (b * h, chunk_size, -1))
        bqk, bv = (torch.reshape(a, (b * h, chunk_size, -1, a.shape[-1])) for a in (sqk, sv))
        bq, bk = bqk, F.normalize(bqk.float(), p=2, dim=-1).type_as(bqk)
        if self.attend_across:
            bk, bv, bkv_t = map(look_one_back, (bk, bv, bkv_t))
        dots = torch.einsum("bhie,bhje->bhij", bq, bk) * (bq.shape[-1] ** -0.5)
        masked = max_neg_value(dots)
        mq = repeat(mask, "b t -> (b h) t", h=h).gather(1, st).reshape(b * h, chunk_size, -1)
        mkv = look_one_back(mq) if self.attend_across else mq
        dots.masked_fill_(~(mq[:, :, :, None] * mkv[:, :, None, :]), masked)
        if self.causal:
            dots.masked_fill_(bq_t[:, :, :, None] < bkv_t[:, :, None, :], masked)
        dots.masked_fill_(bq_t[:, :, :, None] == bkv_t[:, :, None, :], -5e4 if dots.dtype != torch.float16 else -1e4)
        lse = torch.logsumexp(dots.float(), dim=-1, keepdim=True)
        p = torch.exp(dots.float() - lse).type_as(dots)
        bo = torch.einsum("buij,buje->buie", p, bv)
        so, slogits = bo.reshape(b * h, -1, bo.shape[-1]), lse.reshape(b * h, -1)
        o, logits = batched_index_select(so, undo_sort), slogits.gather(1, undo_sort)
        o, logits = o.reshape(b * h, self.n_hashes, t, -1), logits.reshape(b * h, self.n_hashes, t, 1)
        probs = torch.exp(logits - torch.logsumexp(logits, dim=1, keepdim=True))
        out = torch.sum(o * probs.type_as(o), dim=1)
        return self.to_out(rearrange(out, "(b h) t d -> b t (h d)", h=h)[:, :t0])


class ProductKeyMemory(nn.Module):
    def __init__(self, dim=16, heads=2, num_keys=5, topk=3, dim_head=8, use_layernorm=False, pre_layernorm=True):
        super().__init__()
        assert divisible_by(dim_head, 2), "dim head must be divisible by 2"
        self.topk, self.heads, self.num_keys = topk, heads, num_keys
        self.to_queries = nn.Linear(dim, dim_head * heads, bias=False)
        self.norm = nn.LayerNorm(dim_head // 2) if use_layernorm else nn.BatchNorm1d(dim_head // 2)
        self.pre_norm = (nn.LayerNorm if pre_layernorm else nn.Identity)(dim)
        self.keys = nn.Parameter(torch.zeros(heads, num_keys, 2, dim_head // 2))
        self.values = nn.EmbeddingBag(num_keys ** 2, dim, mode="sum")
        for p, std in [(self.keys, dim_head ** -0.5), (self.values.weight, dim ** -0.5)]:
            nn.init.uniform_(p, -std, std)
        self.shape = Rearrange("b t (p h d) -> (b t p h) d", p=2, h=heads)

    def forward(self, x, input_mask=None):
        b, t, e = x.shape
        queries = self.to_queries(self.pre_norm(x))
        queries = self.norm(self.shape(queries))
        queries = rearrange(queries, "(b t p h) d -> p b t h d", p=2, b=b, h=self.heads)
        dots = einsum(queries.float(), self.keys.float(), "p b t h d, h n p d -> b t h p n")
        scores, indices = dots.topk(k=self.topk, dim=-1)
        (s0, s1), (i0, i1) = (a.unbind(dim=3) for a in (scores, indices))
        all_scores = rearrange(s0[..., :, None] + s1[..., None, :], "... i j -> ... (i j)")
        all_indices = (i0[..., :, None] * self.num_keys + i1[..., None, :]).flatten(-2)
        final_topk, final_indices = all_scores.topk(self.topk, dim=-1)
        value_indices = all_indices.gather(-1, final_indices)
        attn = final_topk.softmax(dim=-1)
        value_indices, attn = map(lambda a: rearrange(a, "b t h k -> (b t) (h k)"), (value_indices, attn))
        if exists(input_mask):
            attn = attn * rearrange(input_mask, "b t -> (b t) 1")
        out = self.values(value_indices, per_sample_weights=attn.to(self.values.weight.dtype))
        return rearrange(out, "(b t) d -> b t d", b=b)


class NativeSparse(nn.Module):
    """Compressed, selected and sliding-window branches, combined by gates."""

    def __init__(self, dim=16, heads=2, kv_heads=1, block=4, n_selected=1, window=3, compress="mean"):
        super().__init__()
        self.h, self.kv, self.block, self.n_sel, self.window = heads, kv_heads, block, n_selected, window
        dh = self.dh = dim // heads
        self.norm = nn.RMSNorm(dim)
        self.to_qkv = nn.Linear(dim, dh * (heads + 2 * kv_heads), bias=False)
        self.split_sizes = (dh * heads, dh * kv_heads, dh * kv_heads)
        if compress == "mean":
            self.compress = Reduce("b h (n w) d -> b h n d", "mean", w=block)
        elif compress == "conv":
            self.compress = nn.Sequential(Rearrange("b h (n w) d -> b h n (w d)", w=block), nn.Linear(block * dh, dh), nn.ReLU(), nn.Linear(dh, dh))
        else:
            raise ValueError(f"{compress=}")
        self.mem_kv = nn.Parameter(torch.zeros(2, kv_heads, 1, dh))
        self.gates = nn.Sequential(nn.Linear(dim, 3 * heads), nn.Sigmoid(), Rearrange("b n (h s) -> s b h n 1", h=heads))
        self.out = nn.Linear(dim, dim, bias=False)

    def attend(self, q, k, v, mask):
        k, v = (repeat(a, "b h ... -> b (h g) ...", g=self.h // self.kv) for a in (k, v))
        sim = einsum(q, k, "b h i d, b h j d -> b h i j") * self.dh ** -0.5
        sim = sim.masked_fill(~mask, max_neg_value(sim))
        attn = sim.softmax(dim=-1)
        return einsum(attn, v, "b h i j, b h j d -> b h i d"), attn

    @cached("positions")
    def positions(self, n):
        i = torch.arange(n)
        return i[:, None] >= i[None, :], (i[:, None] - i[None, :]) < self.window, i // self.block

    def forward(self, x, input_mask=None):
        b, n0, _ = x.shape
        pad = -n0 % self.block
        x = F.pad(x, (0, 0, 0, pad))
        n = x.shape[1]
        keep = torch.ones(b, n, dtype=torch.bool)
        keep[:, n0:] = False
        if exists(input_mask):
            keep[:, :n0] &= input_mask.bool()
        q, k, v = self.to_qkv(self.norm(x)).split(self.split_sizes, dim=-1)
        q, k, v = (rearrange(a, "b n (h d) -> b h n d", d=self.dh) for a in (q, k, v))
        causal, near, block_of = self.positions(n)
        kept = rearrange(keep, "b j -> b 1 1 j")
        ck, cv = self.compress(k), self.compress(v)
        mk, mv = (repeat(m, "h m d -> b h m d", b=b).to(ck) for m in self.mem_kv)
        ck, cv = torch.cat((mk, ck), dim=-2), torch.cat((mv, cv), dim=-2)
        w = n // self.block
        cmask = F.pad(torch.arange(w)[None, :] < block_of[:, None], (1, 0), value=True)
        compressed, attn = self.attend(q, ck, cv, cmask)
        importance = reduce(attn[..., 1:], "b (h g) i w -> b h i w", "sum", h=self.kv)
        importance = importance.masked_fill(torch.arange(w)[None, :] == block_of[:, None], 2.0 * self.h)
        top = importance.topk(min(self.n_sel + 1, w), dim=-1).indices
        chosen = torch.zeros_like(importance, dtype=torch.bool).scatter_(-1, top, True)
        chosen = repeat(chosen, "b h i w -> b (h g) i (w k)", g=self.h // self.kv, k=self.block)
        selected, _ = self.attend(q, k, v, chosen & causal & kept)
        sliding, _ = self.attend(q, k, v, causal & near & kept)
        o = sum(map(mul, self.gates(x), (compressed, selected, sliding)))
        return self.out(rearrange(o, "b h n d -> b n (h d)"))[:, :n0]


class GatedSlots(nn.Module):
    """Gated slot attention: two passes of a gated linear recurrence through a few slots."""

    def __init__(self, dim=16, heads=2, slots=4, norm="rms", feature="swish", scale_gate=16.0):
        super().__init__()
        self.heads, self.slots, self.scale_gate = heads, slots, scale_gate
        self.phi = {"swish": F.silu, "relu": F.relu, "none": identity}[feature]
        self.q, self.k, self.v = [nn.Linear(dim, dim, bias=False) for _ in range(3)]
        self.f = nn.Linear(dim, heads * slots, bias=norm == "rms")
        self.g_norm = nn.RMSNorm(dim) if norm == "rms" else nn.GroupNorm(heads, dim)
        self.o = nn.Linear(dim, dim)

    def forward(self, x, input_mask=None):
        B, T, C = x.shape
        q, k, v, f = (a.view(B, T, self.heads, -1).movedim(1, 0).float() for a in (self.phi(self.q(x)), self.phi(self.k(x)), self.v(x), self.f(x)))
        g = F.logsigmoid(f) / self.scale_gate
        s = 1 - g.exp()
        if exists(input_mask):
            m = input_mask.T[..., None, None]
            s, v = s * m, v * m
        hk, hv, outs = 0, 0, deque()
        for qt, kt, vt, gt, s_t in zip(q, k, v, g, s):
            hk = hk * gt.exp()[..., None, :] + kt[..., :, None] * s_t[..., None, :]
            scores = (qt[..., None, :] @ hk).softmax(-1)
            hv = hv * gt.exp()[..., :, None] + s_t[..., :, None] * vt[..., None, :]
            outs.append((scores @ hv)[..., 0, :])
        o = torch.stack(list(outs), 1).reshape(B, T, C).to(x.dtype)
        o = self.g_norm(o) if isinstance(self.g_norm, nn.RMSNorm) else self.g_norm(o.flatten(0, 1)).view(B, T, C)
        return self.o(F.silu(o))

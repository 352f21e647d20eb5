"""Resolution changes: Funnel pooling, Hourglass with shortening and shifted upsampling, Perceiver AR, a U-shaped stack,
and byte-patch models; blocks come from a factory with device and dtype everywhere."""
from collections import ChainMap, Counter, UserDict, defaultdict
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from copy import copy, deepcopy
from types import MappingProxyType, SimpleNamespace
import inspect
import torch
from torch import nn, Tensor
import torch.nn.functional as F

DEFAULTS = MappingProxyType({"heads": 2, "ff_mult": 2, "norm": "layer", "act": "gelu"})


class Settings(UserDict):
    def __getattr__(self, name):
        if name == "data":
            raise AttributeError(name)
        try:
            return self.data[name]
        except KeyError:
            raise AttributeError(f"no setting {name!r}") from None

    def __missing__(self, key):
        return None


def accepted(fn, given):
    """The part of `given` that fn takes by name."""
    params = inspect.signature(fn).parameters
    return {k: v for k, v in given.items() if k in params and params[k].kind is not inspect.Parameter.VAR_KEYWORD}


class Block(nn.Module):
    instances = Counter()

    def __init__(self, dim, heads=2, ff_mult=2, norm="layer", act="gelu", causal=True, cross=False, *, device=None, dtype=None):
        factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__()
        Block.instances[type(self).__name__] += 1
        make_norm = {"layer": nn.LayerNorm, "rms": nn.RMSNorm}[norm]
        self.norm1, self.norm2 = make_norm(dim, **factory_kwargs), make_norm(dim, **factory_kwargs)
        self.heads, self.causal = heads, causal
        self.to_q = nn.Linear(dim, dim, bias=False, **factory_kwargs)
        self.to_kv = nn.Linear(dim, 2 * dim, bias=False, **factory_kwargs)
        self.to_out = nn.Linear(dim, dim, **factory_kwargs)
        if cross:
            self.norm_context = make_norm(dim, **factory_kwargs)
        self.ff = nn.Sequential(nn.Linear(dim, ff_mult * dim, **factory_kwargs), getattr(nn, {"gelu": "GELU", "silu": "SiLU"}[act])(), nn.Linear(ff_mult * dim, dim, **factory_kwargs))

    def attend(self, x, context, mask):
        q, (k, v) = self.to_q(x), self.to_kv(context).chunk(2, -1)
        q, k, v = (t.unflatten(-1, (self.heads, -1)).transpose(-2, -3) for t in (q, k, v))
        return self.to_out(F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(-2, -3).flatten(-2))

    def forward(self, x, mask=None, context=None, offset=0):
        n = x.size(-2)
        h = self.norm1(x)
        c = h if context is None else torch.cat([self.norm_context(context), h], -2)
        m = c.size(-2)
        keep = torch.ones(n, m, dtype=torch.bool)
        if self.causal:
            keep = keep.tril(m - n)
        if mask is not None:
            keep = keep & mask[:, None, None, :]
            keep = keep | torch.eye(n, m, dtype=torch.bool).roll(m - n, 1)
        x = x + self.attend(h, c, keep)
        return x + self.ff(self.norm2(x))


def stack(depth, dim, **kw):
    proto = Block(dim, **accepted(Block, ChainMap(kw, dict(DEFAULTS))))
    return nn.ModuleList([proto, *(deepcopy(proto) for _ in range(depth - 1))])


def pooled_mask(mask, k):
    return None if mask is None else mask.unfold(-1, k, k).any(-1)


class Hourglass(nn.Module):
    def __init__(self, dim=16, depths=(1, (1, 1), 1), shorten=2, up="repeat", attn_resampling=False, updown="linear", **kw):
        super().__init__()
        pre, mid, post = depths
        self.shorten, self.up_kind = shorten, up
        self.pre, self.post = stack(pre, dim, **kw), stack(post, dim, **kw)
        if isinstance(mid, int):
            self.mid = stack(mid, dim, **kw)
        else:
            inner, last = (mid[0], mid[1]) if len(mid) == 2 else (mid[0], mid[2])
            self.mid = nn.ModuleList([*stack(inner, dim, **kw), *stack(last, dim, **kw)])
        self.down = nn.Linear(dim * shorten, dim) if updown == "linear" else nn.AvgPool1d(shorten)
        self.up = nn.Linear(dim, dim * shorten) if up == "linear" else None
        self.resample = Block(dim, cross=True, causal=False) if attn_resampling else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, mask=None):
        s = self.shorten
        b, n, d = x.shape
        mask = None if mask is None else mask.bool()
        for block in self.pre:
            x = block(x, mask)
        pad = -n % s
        h = F.pad(x, (0, 0, s - 1, pad))[:, :n + pad]
        m = None if mask is None else F.pad(mask, (s - 1, pad), value=False)[:, :n + pad]
        short = self.down(h.reshape(b, -1, s * d)) if isinstance(self.down, nn.Linear) else self.down(h.mT).mT
        sm = pooled_mask(m, s)
        for block in self.mid:
            short = block(short, sm)
        up = self.up(short).reshape(b, -1, d) if self.up is not None else short.repeat_interleave(s, dim=1)
        x = x + up[:, :n]
        if self.resample is not None:
            x = self.resample(x, None, context=short)
        for block in self.post:
            x = block(x, mask)
        return self.norm(x)


class Funnel(nn.Module):
    def __init__(self, dim=16, blocks=(1, 1), pooling="mean", separate_cls=True, pool_q_only=True, truncate=True, **kw):
        super().__init__()
        self.stages = nn.ModuleList(map(lambda n: stack(n, dim, causal=False, **kw), blocks))
        self.pooling, self.separate_cls, self.pool_q_only, self.truncate = pooling, separate_cls, pool_q_only, truncate
        self.decoder = stack(1, dim, causal=False, **kw)

    def pool(self, t, mode, stride=2):
        if self.separate_cls:
            suffix = t[:, :-1] if self.truncate else t
            t = torch.cat([t[:, :1], suffix], dim=1)
        ndim = t.ndim
        t = t[:, None, :, None] if ndim == 2 else t[:, None]
        if mode == "mean":
            t = F.avg_pool2d(t, (stride, 1), stride=(stride, 1), ceil_mode=True)
        elif mode == "max":
            t = F.max_pool2d(t, (stride, 1), stride=(stride, 1), ceil_mode=True)
        elif mode == "min":
            t = -F.max_pool2d(-t, (stride, 1), stride=(stride, 1), ceil_mode=True)
        else:
            raise NotImplementedError("The supported modes are 'mean', 'max' and 'min'.")
        return t[:, 0, :, 0] if ndim == 2 else t[:, 0]

    def forward(self, x, mask=None):
        m = None if mask is None else mask.to(x.dtype)
        first = None
        for k, stage in enumerate(self.stages):
            if k:
                x = self.pool(x, self.pooling)
                m = None if m is None else self.pool(m, "min" if self.pooling != "max" else "max")
            for block in stage:
                x = block(x, None if m is None else m > 0)
            first = x if first is None else first
        up = torch.repeat_interleave(x[:, int(self.separate_cls):], repeats=2 ** (len(self.stages) - 1), dim=1)
        if self.separate_cls:
            if self.truncate:
                up = F.pad(up, (0, 0, 0, 2 ** (len(self.stages) - 1) - 1, 0, 0))
            up = torch.cat([x[:, :1], up[:, : first.size(1) - 1]], dim=1)
        n = min(up.size(1), first.size(1))
        h = first[:, :n] + up[:, :n]
        for block in self.decoder:
            h = block(h)
        return h


class PerceiverAR(nn.Module):
    def __init__(self, dim=16, latents=4, depth=2, cross_dropout=0.0, share=False, **kw):
        super().__init__()
        settings = Settings(kw)
        self.cfg = SimpleNamespace(latents=latents, drop=cross_dropout, extra=settings["nothing"])
        self.cross = Block(dim, cross=True, **accepted(Block.__init__, settings))
        blocks = stack(depth, dim, **settings)
        self.blocks = nn.ModuleList([blocks[0]] * depth) if share else blocks
        self.pos = nn.Embedding(64, dim)

    @contextmanager
    def scope(self, *names):
        with ExitStack() as es:
            for name in names:
                es.enter_context(nullcontext(name))
            es.callback(lambda: None)
            yield es

    def forward(self, x, mask=None):
        L = self.cfg.latents
        x = x + self.pos(torch.arange(x.size(1)))
        prefix, h = x[:, :-L], x[:, -L:]
        mask = None if mask is None else mask.bool()
        with self.scope("cross", "self"), suppress(KeyError):
            h = self.cross(h, mask, context=prefix)
            for block in self.blocks:
                h = block(h, None if mask is None else mask[:, -L:])
            raise KeyError("suppressed")
        return h


class BytePatch(nn.Module):
    """Bytes to patches, a global and a local model, and logits; the mask marks padding."""

    def __init__(self, vocab=20, dim=16, patch=3, tied=True, **kw):
        super().__init__()
        self.patch, self.vocab = patch, vocab
        self.embed = nn.Embedding(vocab, dim, padding_idx=0)
        self.start = nn.ParameterDict({"local": torch.zeros(dim), "global": torch.zeros(patch * dim)})
        self.glob = stack(1, patch * dim, heads=2, **kw)
        self.local = stack(1, dim, **kw)
        self.head = nn.Linear(dim, vocab, bias=False)
        if tied:
            self.head.weight = self.embed.weight

    def forward(self, ids, mask=None):
        b, n = ids.shape
        ids = (ids * 7 + 3) % self.vocab
        if mask is not None:
            ids = ids.masked_fill(mask == 0, 0)
        pad = -n % self.patch
        e = self.embed(F.pad(ids, (0, pad)))
        p = e.view(b, -1, self.patch * e.size(-1))
        g = torch.cat([self.start["global"].expand(b, 1, -1), p[:, :-1]], 1)
        for block in self.glob:
            g = block(g)
        local = torch.cat([self.start.local.expand(b, p.size(1), 1, -1), e.view(*p.shape[:2], self.patch, -1)[:, :, :-1]], 2)
        h = local + g.view_as(local)
        for block in self.local:
            h = block(h)
        return self.head(h.flatten(1, 2))[:, :n]

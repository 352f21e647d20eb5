import itertools
import math
import warnings

import torch
import torch.nn as nn
import torch.nn.functional as F
from einops import pack, rearrange, reduce, repeat, unpack
from einops.layers.torch import Rearrange


class Indexing(nn.Module):
    def __init__(self, dim=6):
        super().__init__()
        self.table = nn.Parameter(torch.randn(10, dim))
        self.register_buffer("order", torch.tensor([3, 0, 2, 1, 4, 5]))

    def forward(self, x):
        B, T, C = x.shape
        y = torch.zeros(B, T + 2, C)
        y[:, 1:-1] = x
        y[:, 0] += x[:, -1] * 2
        y[..., ::2] = y[..., ::2] * 0.5
        mask = x[:, :, 0] > 0
        y[:, :T][mask] = -1.0
        z = y[:, self.order[:3]] + y[:, [0, 1, 2]].flip(-1)
        z = z + self.table[torch.arange(3) % 2, :][None]
        idx = torch.arange(C).expand(B, 3, C).roll(1, -1)
        z = z.gather(-1, idx).scatter_add(-1, idx, torch.ones_like(z))
        w = x[0, ..., None, :][..., 0, :3]
        rows = torch.arange(B)[:, None]
        return torch.cat([z.reshape(B, -1), w.sum().expand(B, 1), x[rows, torch.tensor([[1, 2]] * B)].flatten(1), y[:, -1, 1:4:2]], dim=-1)


class Scans(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        h = self.proj(x)
        a = h.cumsum(1) / torch.arange(1, x.size(1) + 1).view(1, -1, 1)
        b = torch.cumprod(torch.sigmoid(h) + 0.5, dim=1)
        c = torch.cummax(h, dim=1).values
        d = torch.logcumsumexp(h, dim=1)
        e, index = h.sort(dim=1, descending=True)
        top = h.topk(3, dim=-1)
        f = h.std(dim=1, keepdim=True) + h.var(-1, unbiased=False, keepdim=True)
        g = h.max(dim=1, keepdim=True)[0] - h.amin((0, 2), keepdim=True)
        return a + b.log() + c * d.tanh() + e + f + g + top.values.sum(-1, keepdim=True) + index.float().mean()


class Unfolded(nn.Module):
    def __init__(self, dim=8, window=4):
        super().__init__()
        self.window = window
        self.w = nn.Parameter(torch.randn(window, dim))

    def forward(self, x):
        padded = F.pad(x, (0, 0, self.window - 1, 0))
        blocks = padded.unfold(1, self.window, 1)
        y = torch.einsum("btdw,wd->btd", blocks, self.w)
        return y + reduce(x, "b t d -> b 1 d", "mean") + reduce(x, "b (t two) d -> b t 1 d", "max", two=2).mean((1, 2), keepdim=True)[:, 0]


class Convolutions(nn.Module):
    def __init__(self, dim=8, kernel=3, padding_mode="zeros"):
        super().__init__()
        self.causal = nn.Conv1d(dim, 2 * dim, kernel, bias=True)
        self.depthwise = nn.Conv1d(dim, dim, kernel, groups=dim, padding="same", padding_mode=padding_mode)
        self.pad = nn.ConstantPad1d((kernel - 1, 0), 0.0)
        self.up = nn.ConvTranspose1d(dim, dim, 2, stride=2)
        self.conv2d = nn.Conv2d(1, 2, (1, 3), padding=(0, 1))

    def forward(self, x):
        h = x.transpose(1, 2)
        a, b = self.causal(self.pad(h)).chunk(2, 1)
        h = a * torch.sigmoid(b) + self.depthwise(h)
        up = F.avg_pool1d(self.up(h), 2)
        two = self.conv2d(h.unsqueeze(1)).mean(1)
        pooled = F.max_pool1d(F.pad(h, (2, 0)), 3, stride=1)
        return (h + up + two + pooled + F.interpolate(F.adaptive_avg_pool1d(h, 4), size=h.size(-1))).transpose(1, 2)


class Einops(nn.Module):
    def __init__(self, dim=12, heads=3):
        super().__init__()
        self.split = Rearrange("b t (h d) -> b h t d", h=heads)
        self.gain = nn.Parameter(torch.ones(heads))

    def forward(self, x):
        y = self.split(x) * rearrange(self.gain, "h -> h 1 1")
        z = repeat(y, "b h t d -> b h t (d r)", r=2)
        z = reduce(z, "b h t (d r) -> b h t d", "sum", r=2)
        token = repeat(x.mean(1), "b c -> b 1 c")
        packed, shapes = pack([token, x], "b * c")
        token, rest = unpack(packed, shapes, "b * c")
        flat = rearrange(z, "... h t d -> ... t (h d)")
        s = rearrange([flat, rest], "n b t c -> b t (n c)")
        return torch.cat([s, token.expand(-1, s.size(1), -1)], dim=-1)


class Python(nn.Module):
    """Plain Python around tensors: closures, generators, dicts, *args, try/finally, string formatting."""

    def __init__(self, dims=(8, 12, 8), scales=None, **extra):
        super().__init__()
        self.scales = {"a": 1.0, "b": 0.5} if scales is None else scales
        self.layers = nn.ModuleList()
        for i, (m, n) in enumerate(zip(dims[:-1], dims[1:])):
            self.layers.append(nn.Linear(m, n))
            self.add_module(f"norm_{i:02d}", nn.LayerNorm(n))
        self.extra = sorted(extra.items(), key=lambda kv: -kv[1])

    @property
    def depth(self):
        return len(self.layers)

    @staticmethod
    def blend(*tensors, weights=None):
        weights = weights or [1 / len(tensors)] * len(tensors)
        return sum(w * t for w, t in zip(weights, tensors, strict=True))

    def steps(self, x):
        for i, layer in enumerate(self.layers):
            x = getattr(self, f"norm_{i:02d}")(layer(x))
            yield i, x

    def forward(self, x, *, flag=False):
        outs = []
        for i, h in self.steps(x):
            match i % 2:
                case 0:
                    outs.append(h.mean(-1, keepdim=True))
                case _:
                    outs.append(h)
        try:
            if flag:
                raise RuntimeError("flagged")
            bonus = 0.0
        except RuntimeError as e:
            bonus = float(len(str(e)))
        finally:
            warnings.warn("unimportant")
        total = self.blend(outs[0].expand_as(outs[1]), outs[1], weights=[self.scales["a"], self.scales.get("b", 1)])
        if (n := self.depth) > 1:
            total *= n
        for (_, v), k in itertools.product(self.extra, range(1, 3)):
            total = total + v * k
        return total + bonus, {"depth": n}


class Casting(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.fc = nn.Linear(dim, dim)

    def forward(self, x):
        dtype = x.dtype
        y = self.fc(x)
        with torch.autocast(device_type="cpu", enabled=False):
            y = y.float()
            y = (y - y.mean(-1, True)) / (y.var(-1, correction=0, keepdim=True) + 1e-5).sqrt()
        z = y.to(dtype) * torch.tensor(2.0) + torch.arange(y.size(-1)) // 3
        flags = (z > 0).int() + (z != 0).to(torch.float64).to(z)
        return z.to(x) + flags / 2 + torch.where(z > 0, z, torch.zeros_like(z)) + math.log(2)


class Recurrent(nn.Module):
    def __init__(self, dim=8, kind="gru", layers=1):
        super().__init__()
        self.rnn = {"gru": nn.GRU, "lstm": nn.LSTM}[kind](dim, dim, num_layers=layers, batch_first=True)
        self.cell = nn.GRUCell(dim, dim)

    def forward(self, x):
        y, state = self.rnn(x)
        return y + self.cell(x[:, 0], x[:, 1]).unsqueeze(1)


class Losses(nn.Module):
    def __init__(self, classes=8):
        super().__init__()
        self.fc = nn.Linear(classes, classes)
        self.ce = nn.CrossEntropyLoss(label_smoothing=0.1)

    def forward(self, x, ids):
        y = self.fc(x)
        loss = self.ce(y.flatten(0, 1), ids[:, : x.size(1)].flatten() % 8) + F.mse_loss(y, x) + F.smooth_l1_loss(y, x, beta=0.5)
        loss = loss + F.kl_div(y.log_softmax(-1), x.softmax(-1), reduction="batchmean") + F.cosine_similarity(x, y, dim=-1).mean()
        return loss + F.binary_cross_entropy_with_logits(y, x.sigmoid()) + F.nll_loss(F.log_softmax(y, 1), ids % 6, ignore_index=1)


class Algebra(nn.Module):
    def __init__(self, dim=4):
        super().__init__()
        self.m = nn.Parameter(torch.eye(dim) + 0.1)

    def forward(self, x):
        spd = x.mT @ x + torch.eye(x.size(-1)) * 2
        inv = torch.linalg.inv(spd)
        sol = torch.linalg.solve(spd, x.mT)
        tri = torch.linalg.solve_triangular(torch.tril(spd), x.mT, upper=False)
        norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True) + torch.linalg.norm(x, dim=(-2, -1), keepdim=True) + x.norm(dim=-1, keepdim=True)
        skew = self.m - self.m.T
        rot = torch.matrix_exp(skew)
        return (sol + tri).mT @ rot + norm + torch.linalg.det(inv)[:, None, None] + torch.kron(self.m, self.m).trace()


class Broken(nn.Module):
    def __init__(self, kind="shape"):
        super().__init__()
        self.fc = nn.Linear(8, 4)
        self.kind = kind

    def forward(self, x):
        if self.kind == "shape":
            return self.fc(x) + x
        if self.kind == "name":
            return self.fc(x) + undefined_name
        if self.kind == "view":
            return x.transpose(1, 2).view(-1)
        if self.kind == "inplace":
            y = self.fc(x).exp()
            y += 1
            return y.sigmoid_().exp_()
        return x.no_such_method()

# Before every file of this folder: data, comparison, and the naive loops that what is imported is held to.
import math
import torch
import torch.nn as nn
import torch.nn.functional as F


def data(*shape, seed=1, scale=1.0, grad=True):
    n = torch.arange(math.prod(shape), dtype=torch.float64)
    x = (torch.sin(n * 12.9898 + seed * 78.233) * 43758.5453) % 1.0
    return ((2 * x - 1) * scale).float().reshape(shape).requires_grad_(grad)


def leaf(x):
    return x.detach().requires_grad_()


def decays(*shape, seed=1):
    return leaf(-data(*shape, seed=seed).abs())


class Different(Exception):
    pass


def agree(holds, what):
    if not holds:
        raise Different(what)


def close(a, b, what="", tolerance=2e-5):
    agree(a.dtype == b.dtype, f"{what}: {a.dtype} is not {b.dtype}")
    agree(a.shape == b.shape, f"{what}: {tuple(a.shape)} is not {tuple(b.shape)}")
    if a.numel() == 0:
        return
    a, b = a.detach().float(), b.detach().float()
    gap, size = (a - b).abs().max().item(), max(1e-3, b.abs().max().item())
    agree(gap <= tolerance * size, f"{what}: {gap / size:.2e} apart")


def same(given, wanted, leaves, what="", tolerance=2e-5):
    """Two tensors, or tuples of them with None, equal in value and in the gradients of the leaves."""
    given, wanted = [list(x) if isinstance(x, (list, tuple)) else [x] for x in (given, wanted)]
    agree(len(given) == len(wanted), f"{what}: {len(given)} results, not {len(wanted)}")
    grads = []
    for outs in (given, wanted):
        loss = sum(
            (o.float() * data(*o.shape, seed=9, grad=False)).sum() for o in outs if o is not None and o.requires_grad)
        grads.append(torch.autograd.grad(loss, leaves, retain_graph=True, allow_unused=True))
    for kind, pairs in (("result", zip(given, wanted)), ("gradient", zip(*grads))):
        for k, (a, b) in enumerate(pairs):
            agree((a is None) == (b is None), f"{what}: {kind} {k} is None on one side")
            if a is not None:
                close(a, b, f"{what}: {kind} {k}", tolerance if kind == "result" else 3 * tolerance)


def raises(kind, call):
    try:
        call()
    except kind as e:
        return str(e)
    raise Different(f"no {kind.__name__}")


def loop_linear(q, k, v, g=None, h=None, state=None, scale=None, u=None):
    """(B, T, H, D), float32: S = exp(g) S exp(h) + k v', o = q' S, or with u the S before plus u k v'."""
    q, k, v = q.float(), k.float(), v.float()
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    S = torch.zeros(q.shape[0], q.shape[2], q.shape[3], v.shape[3]) if state is None else state.float()
    outs = []
    for t in range(q.shape[1]):
        kv = k[:, t, :, :, None] * v[:, t, :, None, :]
        if u is not None:
            outs.append(((S + u[None, :, :, None] * kv) * (q[:, t] * scale)[..., None]).sum(-2))
        if g is not None:
            S = S * g[:, t].float().exp()[..., None]
        if h is not None:
            S = S * h[:, t].float().exp()[:, :, None, :]
        S = S + kv
        if u is None:
            outs.append((S * (q[:, t] * scale)[..., None]).sum(-2))
    return torch.stack(outs, 1), S


def loop_delta(q, k, v, beta, g=None, read=None, state=None, scale=None):
    """S = exp(g) S, then S + beta k (v - read' S)'."""
    q, k, v, beta = q.float(), k.float(), v.float(), beta.float()
    read = k if read is None else read.float()
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    S = torch.zeros(q.shape[0], q.shape[2], q.shape[3], v.shape[3]) if state is None else state.float()
    outs = []
    for t in range(q.shape[1]):
        if g is not None:
            S = S * g[:, t].float().exp()[..., None]
        new = (v[:, t] - (S * read[:, t, :, :, None]).sum(-2)) * beta[:, t, :, None]
        S = S + k[:, t, :, :, None] * new[:, :, None, :]
        outs.append((S * (q[:, t] * scale)[..., None]).sum(-2))
    return torch.stack(outs, 1), S


def loop_low_rank(q, k, v, a, b, g, state=None, scale=None):
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    S = torch.zeros(q.shape[0], q.shape[2], q.shape[3], v.shape[3]) if state is None else state
    outs = []
    for t in range(q.shape[1]):
        seen = (S * a[:, t, :, :, None]).sum(-2, keepdim=True)
        S = S * g[:, t].exp()[..., None] + b[:, t, :, :, None] * seen + k[:, t, :, :, None] * v[:, t, :, None, :]
        outs.append((S * (q[:, t] * scale)[..., None]).sum(-2))
    return torch.stack(outs, 1), S


def loop_conv(x, weight, bias, past, silu):
    """x (B, T, D), weight (D, W), past (B, D, W - 1 or more)."""
    width = weight.shape[1]
    past = torch.zeros(x.shape[0], x.shape[2], width) if past is None else past
    line = [past[..., n] for n in range(past.shape[-1])] + [x[:, t] for t in range(x.shape[1])]
    outs = []
    for t in range(x.shape[1]):
        end = past.shape[-1] + t
        y = sum(line[end - j] * weight[:, width - 1 - j] for j in range(width))
        y = y if bias is None else y + bias
        outs.append(y / (1 + torch.exp(-y)) if silu else y)
    return torch.stack(outs, 1), torch.stack(line[-width:], -1)


def loop_softmax(q, k, v, scale=None, causal=True, window=None, bias=None):
    """(B, T, H, D); row by row. bias (B, H, T, S)."""
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    group = q.shape[2] // k.shape[2]
    offset = k.shape[1] - q.shape[1]
    rows = []
    for t in range(q.shape[1]):
        heads = []
        for n in range(q.shape[2]):
            last = t + offset if causal else k.shape[1] - 1
            first = 0 if window is None else max(0, last - window + 1)
            keys, values = k[:, first : last + 1, n // group], v[:, first : last + 1, n // group]
            s = (q[:, t, None, n] * keys).sum(-1) * scale
            if bias is not None:
                s = s + bias[:, n, t, first : last + 1]
            w = torch.exp(s - s.max(-1, keepdim=True)[0])
            heads.append(((w / w.sum(-1, keepdim=True))[..., None] * values).sum(1))
        rows.append(torch.stack(heads, 1))
    return torch.stack(rows, 1)


def rms(x, weight=None, eps=1e-5):
    x = x / torch.sqrt((x * x).sum(-1, keepdim=True) / x.shape[-1] + eps)
    return x if weight is None else x * weight

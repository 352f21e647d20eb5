import torch
import fla.ops.based as parallel, fla.ops.based as fused_chunk, fla.ops.based as naive


def naive_parallel_based(q, k, v, scale=None, use_norm=True):
    """Weights 1 + s + s²/2, s the scaled product: the Taylor series of exp. q, k, v (.., T, D). arXiv:2402.18668."""
    s = q * (q.shape[-1] ** -0.5 if scale is None else scale) @ k.transpose(-2, -1)
    weights = (1 + s + s * s / 2).tril()
    o = weights @ v
    return o / (weights.sum(-1, keepdim=True) + 1e-6) if use_norm else o


def naive_chunk_based(q, k, v, chunk_size=256):
    return naive_parallel_based(q, k, v)


def parallel_based(q, k, v, scale=None, use_norm=True, head_first=False):
    assert q.shape[-1] <= 128, "only support feature dim up to 128"
    tensors = [q, k, v] if head_first else [x.transpose(1, 2) for x in (q, k, v)]
    with torch.autocast(q.device.type, enabled=False):
        o = naive_parallel_based(*[x.float() for x in tensors], scale, use_norm)
    return (o if head_first else o.transpose(1, 2)).to(q.dtype)


def fused_chunk_based(q, k, v, scale=None, use_norm=True, head_first=False):
    assert q.shape[-1] <= 16, "only support feature dimension up to 16."
    return parallel_based(q, k, v, scale, use_norm, head_first)

import torch
import fla.ops.rebased as parallel, fla.ops.rebased as naive


def _squares(q, k, v, scale):
    s = q * scale @ k.transpose(-2, -1)
    weights = (s * s).tril()
    return weights @ v, weights.sum(-1)


def naive_parallel_rebased(q, k, v, scale=None, use_norm=True):
    """Weights s², s the scaled product. Aksenov et al. 2024, arXiv:2402.10644."""
    o, z = _squares(q, k, v, q.shape[-1] ** -0.5 if scale is None else scale)
    return o / (z[..., None] + 1e-6) if use_norm else o


def parallel_rebased(q, k, v, eps=1e-5, use_scale=True, use_normalize=True, return_both=False, head_first=False):
    assert q.shape[-1] <= 128, "only support feature dim up to 128"
    tensors = [q, k, v] if head_first else [x.transpose(1, 2) for x in (q, k, v)]
    with torch.autocast(q.device.type, enabled=False):
        o, z = _squares(*[x.float() for x in tensors], q.shape[-1] ** -0.5 if use_scale else 1.0)
    if return_both:
        return o, z
    if use_normalize:
        o = o / (z[..., None] + eps)
    return (o if head_first else o.transpose(1, 2)).to(q.dtype)

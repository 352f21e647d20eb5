import torch
import fla.ops.forgetting_attn as parallel, fla.ops.forgetting_attn as naive
from fla.ops.attn import parallel_attn


def parallel_forgetting_attn(q, k, v, g, scale=None, window_size=None, cu_seqlens=None, head_first=False):
    """Softmax attention with log forget gates g (B, T, H). Lin et al. 2025, arXiv:2503.02130."""
    if head_first:
        q, k, v, g = [x.transpose(1, 2) for x in (q, k, v, g)]
    o = parallel_attn(q, k, v, g, scale, window_size, cu_seqlens)
    return o.transpose(1, 2) if head_first else o


def naive_forgetting_attn(q, k, v, g, scale=None, window_size=None):
    return parallel_attn(q.float(), k, v, g, scale, window_size)

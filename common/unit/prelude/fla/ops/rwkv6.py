import torch
import fla.ops.rwkv6 as chunk, fla.ops.rwkv6 as fused_recurrent, fla.ops.rwkv6 as recurrent_naive
import fla.ops.rwkv6 as chunk_naive
from fla.ops._chunk import linear, run


def fused_recurrent_rwkv6(
        r, k, v, w, u, scale=None, initial_state=None, output_final_state=False, reverse=False, cu_seqlens=None,
        head_first=False):
    """w: log decay, u (H, K): bonus of the token itself. Peng et al. 2024, arXiv:2404.05892."""
    scale = k.shape[-1] ** -0.5 if scale is None else scale
    u = u.float().view(1, -1, 1, k.shape[-1])
    return run(linear, [r, k, v, w], scale, initial_state, output_final_state, cu_seqlens, reverse, head_first, u=u)


def chunk_rwkv6(
        r, k, v, w=None, u=None, scale=None, initial_state=None, output_final_state=False, cu_seqlens=None,
        cu_seqlens_cpu=None, head_first=False, g=None, **kwargs):
    return fused_recurrent_rwkv6(
        r, k, v, g if w is None else w, u, scale, initial_state, output_final_state, cu_seqlens=cu_seqlens,
        head_first=head_first)


def naive_recurrent_rwkv6(q, k, v, w, u, scale=None, initial_state=None, output_final_state=False):
    return fused_recurrent_rwkv6(q, k, v, w, u, scale, initial_state, output_final_state, head_first=True)


def naive_chunk_rwkv6(q, k, v, w, u, chunk_size=32):
    assert q.shape[-2] % chunk_size == 0
    return fused_recurrent_rwkv6(q, k, v, w, u, 1.0, head_first=True)[0]

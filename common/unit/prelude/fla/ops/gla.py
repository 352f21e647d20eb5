import torch
import fla.ops.gla as chunk, fla.ops.gla as fused_chunk, fla.ops.gla as fused_recurrent, fla.ops.gla as naive
from fla.ops._chunk import linear, run


def fused_recurrent_gla(
        q, k, v, gk=None, gv=None, scale=None, initial_state=None, output_final_state=False, reverse=False,
        state_v_first=False, cu_seqlens=None, head_first=False, **kwargs):
    """Gated linear attention, log decays of keys and of values. Yang et al. 2024, arXiv:2312.06635."""
    state_v_first = kwargs.get("transpose_state_layout", state_v_first)
    scale = k.shape[-1] ** -0.5 if scale is None else scale
    return run(
        linear, [q, k, v, gk, gv], scale, initial_state, output_final_state, cu_seqlens, reverse, head_first,
        state_v_first)


def chunk_gla(
        q, k, v, g=None, scale=None, initial_state=None, output_final_state=False, state_v_first=False, cu_seqlens=None,
        cu_seqlens_cpu=None, head_first=False, gk=None):
    g = gk if g is None else g
    assert q.shape == k.shape == g.shape, "q, k, g must have the same shape."
    assert v.shape == (*q.shape[:3], v.shape[-1]), "v must be of shape (batch size, seq len, num of head, head dim)."
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    return fused_recurrent_gla(
        q, k, v, g, None, scale, initial_state, output_final_state, False, state_v_first, cu_seqlens, head_first)


def fused_chunk_gla(
        q, k, v, g=None, scale=None, initial_state=None, output_final_state=False, head_first=False, **kwargs ):
    return chunk_gla(q, k, v, g, scale, initial_state, output_final_state, head_first=head_first)


def ceildiv(a, b):
    return -(a // -b)


def naive_recurrent_gla(q, k, v, gk, initial_state=None, output_final_state=False):
    return fused_recurrent_gla(q, k, v, gk, None, None, initial_state, output_final_state)

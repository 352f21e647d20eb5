import torch
import fla.ops.retention as chunk, fla.ops.retention as fused_chunk, fla.ops.retention as fused_recurrent
import fla.ops.retention as parallel, fla.ops.retention as naive
from fla.ops.simple_gla import _attention, fused_recurrent_simple_gla, parallel_simple_gla


def _gamma(heads, device):
    """log(1 - 2^(-5 - h)). Sun et al. 2023, arXiv:2307.08621."""
    return (1 - 2.0 ** (-5.0 - torch.arange(heads, dtype=torch.float, device=device))).log()


def fused_recurrent_retention(
        q, k, v, scale=None, initial_state=None, output_final_state=False, reverse=False, state_v_first=False,
        cu_seqlens=None, head_first=False, **kwargs):
    gamma = _gamma(q.shape[1 if head_first else 2], q.device)
    return fused_recurrent_simple_gla(
        q, k, v, None, gamma, scale, initial_state, output_final_state, reverse, cu_seqlens, head_first, state_v_first)


def chunk_retention(q, k, v, scale=None, initial_state=None, output_final_state=False, cu_seqlens=None, **kwargs):
    return fused_recurrent_retention(
        q, k, v, scale, initial_state, output_final_state, cu_seqlens=cu_seqlens,
        head_first=kwargs.get("head_first", False))


def fused_chunk_retention(q, k, v, scale=None, initial_state=None, output_final_state=False, cu_seqlens=None, **kwargs):
    return chunk_retention(q, k, v, scale, initial_state, output_final_state, cu_seqlens, **kwargs)


def parallel_retention(q, k, v, scale=None, output_attentions=False, cu_seqlens=None, head_first=False):
    heads = q.shape[1 if head_first else 2]
    gamma = _gamma(heads, q.device)
    g = gamma[:, None] if head_first else gamma
    return parallel_simple_gla(
        q, k, v, g.expand(q.shape[:3]), scale, output_attentions, cu_seqlens, head_first=head_first)


def naive_retention(q, k, v):
    g = _gamma(q.shape[1], q.device)[:, None].expand(q.shape[:3])
    return _attention(q, k, v, g, q.shape[-1] ** -0.5)[0].to(q.dtype)

import torch
import fla.ops.linear_attn as chunk, fla.ops.linear_attn as fused_chunk, fla.ops.linear_attn as fused_recurrent
import fla.ops.linear_attn as naive, fla.ops.linear_attn as utils
from fla.ops.simple_gla import fused_recurrent_simple_gla
from fla.ops.utils import chunk_global_cumsum


def _normalized(o, q, k, scale, start, reverse, cu_seqlens):
    """o over q' (sum of the keys so far), and that sum after the last token, (N, 1, H, K)."""
    sums = chunk_global_cumsum(k, reverse=reverse, cu_seqlens=cu_seqlens)
    if start is not None:
        if cu_seqlens is None:
            sums = sums + start
        else:
            sums = sums + start.squeeze(1).repeat_interleave(cu_seqlens.diff().long(), dim=0).unsqueeze(0)
    o = (o.float() / ((q.float() * scale * sums).sum(-1, keepdim=True) + 1e-10)).to(o.dtype)
    if cu_seqlens is None:
        final = sums[:, :1] if reverse else sums[:, -1:]
    else:
        final = sums[0, (cu_seqlens[:-1] if reverse else cu_seqlens[1:] - 1).long()].unsqueeze(1)
    return o, final


def normalize_output(q, k, o):
    return o / ((q * k.cumsum(-2)).sum(-1, keepdim=True) + 1e-10)


def fused_recurrent_linear_attn(
        q, k, v, scale=None, initial_state=None, output_final_state=False, reverse=False, normalize=False,
        cu_seqlens=None, head_first=False):
    if head_first:
        o, state = fused_recurrent_linear_attn(
            q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), scale, initial_state, output_final_state, reverse,
            normalize, cu_seqlens)
        return o.transpose(1, 2), state
    start = None
    if normalize and isinstance(initial_state, tuple):
        initial_state, start = initial_state
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    o, state = fused_recurrent_simple_gla(
        q, k, v, None, None, scale, initial_state, output_final_state, reverse, cu_seqlens)
    if not normalize:
        return o, state
    o, final = _normalized(o, q, k, scale, start, reverse, cu_seqlens)
    return o, (state, final)


def chunk_linear_attn(
        q, k, v, scale=None, initial_state=None, output_final_state=False, normalize=True, cu_seqlens=None,
        head_first=False ):
    return fused_recurrent_linear_attn(
        q, k, v, scale, initial_state, output_final_state, False, normalize, cu_seqlens, head_first)


def fused_chunk_linear_attn(
        q, k, v, scale=None, initial_state=None, output_final_state=False, normalize=True, cu_seqlens=None,
        head_first=False ):
    return fused_recurrent_linear_attn(
        q, k, v, scale, initial_state, output_final_state, False, normalize, cu_seqlens, head_first)


def naive_recurrent_linear_attn(q, k, v, scale=None, initial_state=None, output_final_state=False, normalize=False):
    o, state = fused_recurrent_linear_attn(q, k, v, scale, initial_state, output_final_state, False, normalize)
    return o, state if output_final_state else None


def naive_chunk_linear_attn(q, k, v, scale=None, normalize=False):
    return fused_recurrent_linear_attn(q, k, v, scale, normalize=normalize)[0]

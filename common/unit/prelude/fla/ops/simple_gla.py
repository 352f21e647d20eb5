import torch
import fla.ops.simple_gla as chunk, fla.ops.simple_gla as fused_chunk, fla.ops.simple_gla as fused_recurrent
import fla.ops.simple_gla as parallel, fla.ops.simple_gla as naive
from fla.ops._chunk import check_packed, linear, run


def _decay(g, g_gamma, like, head_first):
    """g (B, T, H) and a constant a head, g_gamma (H), as one log decay (B, T, H, 1)."""
    if g_gamma is not None:
        g_gamma = g_gamma.to(like.device).view((1, -1, 1) if head_first else (1, 1, -1))
        g = g_gamma.expand(like.shape[:3]) if g is None else g + g_gamma
    return None if g is None else g.unsqueeze(-1)


def fused_recurrent_simple_gla(
        q, k, v, g=None, g_gamma=None, scale=None, initial_state=None, output_final_state=False, reverse=False,
        cu_seqlens=None, head_first=False, state_v_first=False, **kwargs):
    scale = k.shape[-1] ** -0.5 if scale is None else scale
    return run(
        linear, [q, k, v, _decay(g, g_gamma, k, head_first)], scale, initial_state, output_final_state, cu_seqlens,
        reverse, head_first, state_v_first)


def chunk_simple_gla(
        q, k, v, g=None, g_gamma=None, scale=None, initial_state=None, output_final_state=False, state_v_first=False,
        cu_seqlens=None, cu_seqlens_cpu=None, **kwargs):
    return fused_recurrent_simple_gla(
        q, k, v, g, g_gamma, scale, initial_state, output_final_state, cu_seqlens=cu_seqlens,
        head_first=kwargs.get("head_first", False), state_v_first=state_v_first)


def fused_chunk_simple_gla(
        q, k, v, g=None, g_gamma=None, scale=None, initial_state=None, output_final_state=False, cu_seqlens=None,
        **kwargs ):
    return fused_recurrent_simple_gla(
        q, k, v, g, g_gamma, scale, initial_state, output_final_state, cu_seqlens=cu_seqlens, **kwargs)


def parallel_simple_gla(
        q, k, v, g=None, scale=None, output_attentions=False, cu_seqlens=None, cu_seqlens_cpu=None, head_first=False ):
    check_packed(q.shape[0], cu_seqlens)
    scale = k.shape[-1] ** -0.5 if scale is None else scale
    if not output_attentions:
        return fused_recurrent_simple_gla(q, k, v, g, scale=scale, cu_seqlens=cu_seqlens, head_first=head_first)[
            0], None
    assert cu_seqlens is None, "output_attentions=True is not supported with variable-length sequences"
    tensors = [q, k, v] if head_first else [q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)]
    if g is not None and not head_first:
        g = g.transpose(1, 2)
    o, weights = _attention(*tensors, g, scale)
    return (o if head_first else o.transpose(1, 2)).to(q.dtype), weights.to(q.dtype)


def _attention(q, k, v, g, scale):
    with torch.autocast(q.device.type, enabled=False):
        q, k, v = q.float(), k.float(), v.float()
        weights = q @ k.transpose(-1, -2) * scale
        if g is not None:
            total = g.float().cumsum(-1)
            weights = weights * (total.unsqueeze(-1) - total.unsqueeze(-2)).tril().exp()
        weights = weights.tril()
        return weights @ v, weights


def naive_recurrent_simple_gla(q, k, v, g, scale=None, initial_state=None, output_final_state=True):
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    return fused_recurrent_simple_gla(q, k, v, g, None, scale, initial_state, output_final_state)


def naive_chunk_simple_gla(q, k, v, g, initial_state=None, output_final_state=False, chunk_size=64, scale=None):
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    o, state = run(linear, [q, k, v, g.unsqueeze(-1)], scale, initial_state, output_final_state, dtype=torch.float32)
    return o, state


def naive_parallel_simple_gla(q, k, v, g, scale=None):
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    o, weights = _attention(
        q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), None if g is None else g.transpose(1, 2), scale)
    return o.transpose(1, 2), weights

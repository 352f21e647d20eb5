import torch
import fla.ops.gsa as chunk, fla.ops.gsa as fused_recurrent, fla.ops.gsa as gate, fla.ops.gsa as naive
from fla.ops._chunk import check_packed, linear, run


def _additive(x, start):
    """z_t = log of the sum of exp(x) so far: exp(x - z), z_{t-1} - z_t, and the last z. x (B, T, H, K)."""
    z = x.float() if start is None else torch.cat([start.float(), x.float()], 1)
    z = z.logcumsumexp(1)
    if start is None:
        before = torch.cat([z[:, :1], z[:, :-1]], 1)
    else:
        before, z = z[:, :-1], z[:, 1:]
    return torch.exp(x.float() - z), before - z, z[:, -1:]


def fused_additive_gate(x, initial_state=None, cu_seqlens=None, output_dtype=None, gate_dtype=None):
    if cu_seqlens is None:
        k, g, final = _additive(x, initial_state)
    else:
        bounds = cu_seqlens.tolist()
        parts = [
            _additive(x[:, start:end], None if initial_state is None else initial_state[n : n + 1])
            for n, (start, end) in enumerate(zip(bounds, bounds[1:]))
        ]
        k, g, final = (
            torch.cat([p[0] for p in parts], 1), torch.cat([p[1] for p in parts], 1), torch.cat([p[2] for p in parts]))
    return k.to(output_dtype or x.dtype), g.to(gate_dtype or x.dtype), final


def _by_value(q, k, v, h, state=None):
    return linear(q, k, v, None, h, state=state)


def fused_recurrent_gsa(
        q, k, v, s, g=None, scale=None, initial_state=None, output_final_state=False, reverse=False, cu_seqlens=None,
        head_first=False):
    """Gated slot attention: M slots are written with s and forgotten with g. Zhang et al. 2024, arXiv:2409.07146."""
    heads = 1 if head_first else 2
    if g is None:
        x = s.transpose(1, 2) if head_first else s
        s, g, _ = fused_additive_gate(x, None, cu_seqlens, k.dtype, torch.float32)
        if head_first:
            s, g = s.transpose(1, 2), g.transpose(1, 2)
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    first, second = (None, None) if initial_state is None else initial_state
    group = q.shape[heads] // k.shape[heads]
    if group > 1:
        k, v, s, g = [x.repeat_interleave(group, dim=heads) for x in (k, v, s, g)]
        first, second = [x if x is None else x.repeat_interleave(group, dim=1) for x in (first, second)]
    slots, first = run(
        _by_value, [q, k, s, g], scale, first, output_final_state, cu_seqlens, reverse, head_first, dtype=torch.float32)
    o, second = run(
        linear, [slots.softmax(-1), s, v, g], 1.0, second, output_final_state, cu_seqlens, reverse, head_first,
        dtype=q.dtype)
    if group > 1 and output_final_state:
        first, second = first[:, ::group], second[:, ::group]
    return o, [first, second]


def chunk_gsa(
        q, k, v, s, g=None, scale=None, initial_state=None, output_final_state=False, checkpoint_level=2,
        cu_seqlens=None, cu_seqlens_cpu=None, head_first=False, **kwargs):
    return fused_recurrent_gsa(q, k, v, s, g, scale, initial_state, output_final_state, False, cu_seqlens, head_first)


def naive_recurrent_gsa(q, k, v, s, g=None, scale=None, initial_state=None, output_final_state=False):
    o, states = fused_recurrent_gsa(q, k, v, s, g, scale, initial_state, output_final_state)
    return o, tuple(states) if output_final_state else None

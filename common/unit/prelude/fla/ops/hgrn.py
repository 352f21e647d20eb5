import torch
import torch.nn.functional as F
import fla.ops.hgrn as chunk, fla.ops.hgrn as fused_recurrent, fla.ops.hgrn as naive
from fla.ops._chunk import _decays, check_packed


def _scan(x, g, state):
    """h_t = exp(g_t) h_{t-1} + x_t along the axis before the last."""
    length = x.shape[-2]
    if length == 0:
        return x, torch.zeros_like(g.sum(-2)) if state is None else state
    size = min(length, 16)
    behind = (0, 0, 0, -(-length // size) * size - length)
    x, g = F.pad(x, behind).unflatten(-2, (-1, size)), F.pad(g, behind).unflatten(-2, (-1, size))
    place = torch.arange(size, device=x.device)
    pair, total = _decays(g)
    out = torch.where((place[:, None] >= place)[..., None], pair * x.unsqueeze(-3), 0.0).sum(-2)
    outs = []
    for n in range(out.shape[-3]):
        part = out[..., n, :, :]
        if state is not None:
            part = part + total[..., n, :, :] * state.unsqueeze(-2)
        state = part[..., -1, :]
        outs.append(part)
    out = torch.cat(outs, -2)[..., :length, :]
    return out, out[..., -1, :]


def fused_recurrent_hgrn(x, g, initial_state=None, output_final_state=False, cu_seqlens=None):
    """x, g (B, T, D), or (B, H, T, D). Qin et al. 2023, arXiv:2311.04823."""
    check_packed(x.shape[0], cu_seqlens, initial_state)
    values, gates = x.float(), g.float()
    state = None if initial_state is None else initial_state.float()
    if cu_seqlens is None:
        out, state = _scan(values, gates, state)
    else:
        bounds = cu_seqlens.tolist()
        parts = [
            _scan(values[:, start:end], gates[:, start:end], None if state is None else state[n : n + 1])
            for n, (start, end) in enumerate(zip(bounds, bounds[1:]))
        ]
        out, state = torch.cat([o for o, _ in parts], 1), torch.cat([s for _, s in parts])
    return out.to(x.dtype), state if output_final_state else None


def chunk_hgrn(x, g, initial_state=None, output_final_state=False):
    return fused_recurrent_hgrn(x, g, initial_state, output_final_state)


def naive_recurrent_hgrn(x, g, initial_state=None, output_final_state=False):
    return fused_recurrent_hgrn(x, g, initial_state, output_final_state)


def naive_chunk_hgrn(x, g, initial_state=None, output_final_state=False, chunk_size=64):
    return fused_recurrent_hgrn(x, g, initial_state, output_final_state)

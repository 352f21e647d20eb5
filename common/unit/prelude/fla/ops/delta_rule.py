import torch
import fla.ops.delta_rule as chunk, fla.ops.delta_rule as fused_chunk, fla.ops.delta_rule as fused_recurrent
import fla.ops.delta_rule as parallel, fla.ops.delta_rule as naive
from fla.ops._chunk import delta, run, unit_length


def _channelwise(q, k, v, beta, state=None):
    """beta (B, H, T, V): a writing strength of its own for every value channel, so a loop."""
    if state is None:
        state = q.new_zeros(q.shape[0], q.shape[1], q.shape[3], v.shape[3])
    outs = []
    for t in range(q.shape[2]):
        key = k[:, :, t].unsqueeze(-1)
        state = state + key * ((v[:, :, t] - (state * key).sum(-2)) * beta[:, :, t]).unsqueeze(-2)
        outs.append((state * q[:, :, t].unsqueeze(-1)).sum(-2))
    return torch.stack(outs, 2), state


def fused_recurrent_delta_rule(
        q, k, v, beta=None, scale=None, initial_state=None, output_final_state=False, use_qk_l2norm_in_kernel=False,
        cu_seqlens=None, head_first=False):
    """S_t = S_{t-1} + beta_t k_t (v_t - k_t' S_{t-1})'. Yang et al. 2024, arXiv:2406.06484."""
    dtype = q.dtype
    scale = k.shape[-1] ** -0.5 if scale is None else scale
    beta = torch.ones_like(q[..., 0]) if beta is None else beta
    q, k, beta = (
        (unit_length(q), unit_length(k), beta.float()) if use_qk_l2norm_in_kernel else (q, k.float(), beta.float()))
    if beta.dim() == v.dim() and beta.shape[-1] > 1:
        return run(
            _channelwise, [q, k, v, beta], scale, initial_state, output_final_state, cu_seqlens, False, head_first,
            dtype=dtype)
    written = k * (beta if beta.dim() == v.dim() else beta.unsqueeze(-1))
    return run(
        delta, [q, written, v, k, -written], scale, initial_state, output_final_state, cu_seqlens, False, head_first,
        dtype=dtype)


def chunk_delta_rule(
        q, k, v, beta, scale=None, initial_state=None, output_final_state=False, use_qk_l2norm_in_kernel=False,
        cu_seqlens=None, cu_seqlens_cpu=None, **kwargs):
    return fused_recurrent_delta_rule(
        q, k, v, beta, scale, initial_state, output_final_state, use_qk_l2norm_in_kernel, cu_seqlens,
        kwargs.get("head_first", False))


def fused_chunk_delta_rule(q, k, v, beta, *args, **kwargs):
    return chunk_delta_rule(q, k, v, beta, *args, **kwargs)


def parallel_delta_rule(q, k, v, beta, scale=None, output_attentions=False, head_first=True):
    if output_attentions:
        raise NotImplementedError("parallel_delta_rule: output_attentions is not part of this language")
    return chunk_delta_rule(q, k, v, beta, scale, head_first=head_first)


def delta_rule_recurrence(q, k, v, beta, initial_state=None, output_final_state=True):
    return fused_recurrent_delta_rule(q, k, v, beta, None, initial_state, output_final_state, head_first=True)


def delta_rule_chunkwise(q, k, v, beta, chunk_size=32):
    assert q.shape[2] % chunk_size == 0
    return delta_rule_recurrence(q, k, v, beta)

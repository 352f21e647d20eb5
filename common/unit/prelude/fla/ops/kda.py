import torch
import torch.nn.functional as F
import fla.ops.kda as chunk, fla.ops.kda as fused_recurrent, fla.ops.kda as gate, fla.ops.kda as naive
from fla.ops.gated_delta_rule import _gated


def naive_kda_gate(g, A_log, dt_bias=None, output_dtype=torch.float32):
    heads = g.shape[-2]
    g = g.float() if dt_bias is None else g.float() + dt_bias.view(heads, -1)
    return (-A_log.view(heads, 1).float().exp() * F.softplus(g)).to(output_dtype)


def naive_kda_lowerbound_gate(g, A_log=None, dt_bias=None, lower_bound=-5.0, output_dtype=torch.float32):
    heads = g.shape[-2]
    g = g.float() if dt_bias is None else g.float() + dt_bias.view(heads, -1)
    if A_log is not None:
        g = A_log.view(heads, 1).float().exp() * g
    return (lower_bound * g.sigmoid()).to(output_dtype)


def fused_kda_gate(g, A_log=None, dt_bias=None, lower_bound=None, output_dtype=torch.float32):
    if lower_bound is None:
        return naive_kda_gate(g, A_log, dt_bias, output_dtype)
    return naive_kda_lowerbound_gate(g, A_log, dt_bias, lower_bound, output_dtype)


def fused_recurrent_kda(
        q, k, v, g, beta, A_log=None, dt_bias=None, scale=None, initial_state=None, output_final_state=False,
        use_qk_l2norm_in_kernel=False, use_gate_in_kernel=False, use_beta_sigmoid_in_kernel=False,
        allow_neg_eigval=False, lower_bound=None, state_v_first=False, cu_seqlens=None, **kwargs):
    """The gated delta rule with a decay for every key channel. Kimi Linear 2025, arXiv:2510.26692."""
    if allow_neg_eigval and not use_beta_sigmoid_in_kernel:
        raise ValueError("`allow_neg_eigval=True` requires `use_beta_sigmoid_in_kernel=True`.")
    if use_gate_in_kernel:
        g = fused_kda_gate(g, A_log, dt_bias, lower_bound)
    if use_beta_sigmoid_in_kernel:
        beta = beta.float().sigmoid() * (2.0 if allow_neg_eigval else 1.0)
    return _gated(
        q, k, v, k, g.float(), beta, scale, initial_state, output_final_state, use_qk_l2norm_in_kernel, cu_seqlens,
        False, kwargs.get("transpose_state_layout", state_v_first))


def chunk_kda(
        q, k, v, g, beta, scale=None, initial_state=None, output_final_state=False, use_qk_l2norm_in_kernel=False,
        use_gate_in_kernel=False, use_beta_sigmoid_in_kernel=False, allow_neg_eigval=False, safe_gate=False,
        lower_bound=None, disable_recompute=False, return_intermediate_states=False, state_v_first=False,
        cu_seqlens=None, cu_seqlens_cpu=None, cp_context=None, use_graph=False, max_num_seqs=None, **kwargs):
    return fused_recurrent_kda(
        q, k, v, g, beta, kwargs.get("A_log"), kwargs.get("dt_bias"), scale, initial_state, output_final_state,
        use_qk_l2norm_in_kernel, use_gate_in_kernel, use_beta_sigmoid_in_kernel, allow_neg_eigval, lower_bound,
        kwargs.get("transpose_state_layout", state_v_first), cu_seqlens)


def naive_recurrent_kda(q, k, v, g, beta, scale=None, initial_state=None, output_final_state=False):
    o, state = fused_recurrent_kda(q, k, v, g, beta, None, None, scale, initial_state, output_final_state)
    return o.to(v.dtype), state


def naive_chunk_kda(q, k, v, g, beta, scale=None, initial_state=None, output_final_state=False, chunk_size=64):
    assert q.shape[1] % chunk_size == 0
    return naive_recurrent_kda(q, k, v, g, beta, scale, initial_state, output_final_state)

import torch
import fla.ops.generalized_delta_rule as dplr, fla.ops.generalized_delta_rule as iplr
import fla.ops.generalized_delta_rule as chunk, fla.ops.generalized_delta_rule as fused_recurrent
import fla.ops.generalized_delta_rule as naive
from fla.ops._chunk import delta, run


def fused_recurrent_dplr_delta_rule(
        q, k, v, a, b, gk, scale=None, initial_state=None, output_final_state=False, reverse=False, cu_seqlens=None,
        head_first=False):
    """S_t = (diag(exp(gk_t)) + b_t a_t') S_{t-1} + k_t v_t': diagonal plus low rank."""
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    return run(delta, [q, k, v, a, b, gk], scale, initial_state, output_final_state, cu_seqlens, reverse, head_first)


def chunk_dplr_delta_rule(
        q, k, v, a, b, gk, scale=None, initial_state=None, output_final_state=False, cu_seqlens=None,
        cu_seqlens_cpu=None, safe_gate=False, chunk_size=None, disable_recompute=False, cp_context=None,
        lower_bound=None, **kwargs):
    return fused_recurrent_dplr_delta_rule(
        q, k, v, a, b, gk, scale, initial_state, output_final_state, cu_seqlens=cu_seqlens,
        head_first=kwargs.get("head_first", False))


def fused_recurrent_iplr_delta_rule(
        q, k, v, a, b, scale=None, initial_state=None, output_final_state=False, cu_seqlens=None, head_first=False ):
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    return run(delta, [q, k, v, a, b], scale, initial_state, output_final_state, cu_seqlens, False, head_first)


def chunk_iplr_delta_rule(
        q, k, v, a, b, scale=None, initial_state=None, output_final_state=False, cu_seqlens=None, cu_seqlens_cpu=None,
        **kwargs):
    return fused_recurrent_iplr_delta_rule(
        q, k, v, a, b, scale, initial_state, output_final_state, cu_seqlens, kwargs.get("head_first", False))


def dplr_recurrence(q, k, v, alpha, beta, gk, initial_state=None, output_final_state=True):
    return fused_recurrent_dplr_delta_rule(
        q, k, v, alpha, beta, gk, None, initial_state, output_final_state, head_first=True)


def iplr_recurrence(q, k, v, alpha, beta, initial_state=None, output_final_state=True):
    return fused_recurrent_iplr_delta_rule(
        q, k, v, alpha, beta, None, initial_state, output_final_state, head_first=True)


def dplr_chunkwise(q, k, v, alpha, beta, gk, initial_state=None, output_final_state=True, chunk_size=32):
    assert q.shape[2] % chunk_size == 0
    o, state = dplr_recurrence(q, k, v, alpha, beta, gk, initial_state, output_final_state)
    return o.float(), state


def iplr_chunkwise(q, k, v, alpha, beta, initial_state=None, output_final_state=True, chunk_size=32):
    assert q.shape[2] % chunk_size == 0
    return iplr_recurrence(q, k, v, alpha, beta, initial_state, output_final_state)

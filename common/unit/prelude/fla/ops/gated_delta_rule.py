import torch
import torch.nn.functional as F
import fla.ops.gated_delta_rule as chunk, fla.ops.gated_delta_rule as fused_recurrent, fla.ops.gated_delta_rule as gate
import fla.ops.gated_delta_rule as naive
from fla.ops._chunk import delta, run, unit_length


def naive_gdn_gate(g, A_log, dt_bias=None, output_dtype=torch.float32):
    g = g.float() if dt_bias is None else g.float() + dt_bias.float()
    return (-A_log.float().exp() * F.softplus(g)).to(output_dtype)


fused_gdn_gate = naive_gdn_gate


def _gated(
        q, k, v, p, g, beta, scale, initial_state, output_final_state, unit, cu_seqlens, head_first,
        state_v_first=False ):
    """S_t = exp(g_t) S_{t-1} + beta_t k_t (v_t - p_t' exp(g_t) S_{t-1})'. g (.., 1 or K); q, k: fewer heads, too."""
    dtype, heads = q.dtype, 1 if head_first else 2
    scale = k.shape[-1] ** -0.5 if scale is None else scale
    same = p is k
    q, k = (unit_length(q), unit_length(k)) if unit else (q, k.float())
    p = k if same else (unit_length(p) if unit else p.float())
    if v.shape[heads] != q.shape[heads]:
        if v.shape[heads] % q.shape[heads] != 0:
            raise ValueError(
                f"For GVA, num_v_heads (HV={v.shape[heads]}) must be evenly divisible by num_heads "
                f"(H={q.shape[heads]}), but got HV % H = {v.shape[heads] % q.shape[heads]}"
            )
        group = v.shape[heads] // q.shape[heads]
        q, k, p = [x.repeat_interleave(group, dim=heads) for x in (q, k, p)]
    written = k * beta.float().unsqueeze(-1)
    read = p if g is None else p * g.float().exp()
    return run(
        delta, [q, written, v, read, -written, g], scale, initial_state, output_final_state, cu_seqlens, False,
        head_first, state_v_first, dtype)


def fused_recurrent_gated_delta_rule(
        q, k, v, g=None, gk=None, gv=None, beta=None, scale=None, initial_state=None, output_final_state=False,
        use_qk_l2norm_in_kernel=False, use_gate_in_kernel=False, A_log=None, dt_bias=None,
        use_beta_sigmoid_in_kernel=False, allow_neg_eigval=False, state_v_first=False, cu_seqlens=None,
        head_first=False, **kwargs):
    """Yang et al. 2024, arXiv:2412.06464."""
    if gv is not None:
        raise NotImplementedError("gated_delta_rule: gv is not part of this language; use g and gk")
    if allow_neg_eigval and not use_beta_sigmoid_in_kernel:
        raise ValueError("`allow_neg_eigval=True` requires `use_beta_sigmoid_in_kernel=True`.")
    if use_gate_in_kernel:
        if A_log is None:
            raise ValueError("`A_log` must be provided when `use_gate_in_kernel=True`.")
        g = naive_gdn_gate(g, A_log, dt_bias)
    if beta is None:
        beta = torch.ones_like(v[..., 0])
    if use_beta_sigmoid_in_kernel:
        beta = beta.float().sigmoid() * (2.0 if allow_neg_eigval else 1.0)
    g = None if g is None else g.float().unsqueeze(-1)
    if gk is not None:
        g = gk.float() if g is None else g + gk.float()
    return _gated(
        q, k, v, k, g, beta, scale, initial_state, output_final_state, use_qk_l2norm_in_kernel, cu_seqlens, head_first,
        kwargs.get("transpose_state_layout", state_v_first))


def chunk_gated_delta_rule(
        q, k, v, g, beta, scale=None, initial_state=None, output_final_state=False, use_qk_l2norm_in_kernel=False,
        use_beta_sigmoid_in_kernel=False, allow_neg_eigval=False, state_v_first=False, cu_seqlens=None,
        cu_seqlens_cpu=None, chunk_indices=None, cp_context=None, **kwargs):
    return fused_recurrent_gated_delta_rule(
        q, k, v, g, None, None, beta, scale, initial_state, output_final_state, use_qk_l2norm_in_kernel,
        kwargs.get("use_gate_in_kernel", False), kwargs.get("A_log"), kwargs.get("dt_bias"), use_beta_sigmoid_in_kernel,
        allow_neg_eigval, kwargs.get("transpose_state_layout", state_v_first), cu_seqlens,
        kwargs.get("head_first", False))


chunk_gdn = chunk_gated_delta_rule
fused_recurrent_gdn = fused_recurrent_gated_delta_rule


def naive_recurrent_gated_delta_rule(q, k, v, beta, g, scale=None, initial_state=None, output_final_state=False):
    o, state = _gated(
        q, k, v, k, g.float().unsqueeze(-1), beta, scale, initial_state, output_final_state, False, None, False)
    return o.float(), state


def naive_chunk_gated_delta_rule(
        q, k, v, g, beta, chunk_size=64, scale=None, initial_state=None, output_final_state=False ):
    return naive_recurrent_gated_delta_rule(q, k, v, beta, g, scale, initial_state, output_final_state)

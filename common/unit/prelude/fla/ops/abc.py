import torch
import fla.ops.abc as chunk, fla.ops.abc as naive
from fla.ops.gsa import fused_recurrent_gsa


def chunk_abc(q, k, v, s, initial_state=None, output_final_state=False, head_first=False):
    """Attention with bounded memory control: a softmax over time writes the slots. Peng et al., arXiv:2110.02488."""
    o, states = fused_recurrent_gsa(q, k, v, s, None, None, initial_state, output_final_state, head_first=head_first)
    return o, tuple(states) if output_final_state else None


def naive_recurrent_abc(q, k, v, s, g=None, scale=None, initial_state=None, output_final_state=False):
    o, states = fused_recurrent_gsa(q, k, v, s, g, scale, initial_state, output_final_state, head_first=True)
    return o, tuple(states) if output_final_state else None


def naive_cumsum_abc(q, k, v, s):
    return naive_recurrent_abc(q, k, v, s)

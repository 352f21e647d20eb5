import torch
import fla.ops.lightning_attn as chunk, fla.ops.lightning_attn as fused_recurrent
from fla.ops.simple_gla import fused_recurrent_simple_gla


def fused_recurrent_lightning_attn(
        q, k, v, layer_idx, num_layers, scale=None, initial_state=None, output_final_state=False, reverse=False,
        cu_seqlens=None, head_first=False):
    """Decay -(8 h / H)(1 - layer / layers) a head. Qin et al. 2024, arXiv:2401.04658."""
    heads = q.shape[1 if head_first else 2]
    gamma = -(8 / heads * (1 - layer_idx / num_layers)) * torch.arange(heads, dtype=torch.float, device=q.device)
    return fused_recurrent_simple_gla(
        q, k, v, None, gamma, scale, initial_state, output_final_state, reverse, cu_seqlens, head_first)


def chunk_lightning_attn(
        q, k, v, layer_idx, num_layers, scale=None, initial_state=None, output_final_state=False, cu_seqlens=None,
        **kwargs ):
    return fused_recurrent_lightning_attn(
        q, k, v, layer_idx, num_layers, scale, initial_state, output_final_state, cu_seqlens=cu_seqlens,
        head_first=kwargs.get("head_first", False))

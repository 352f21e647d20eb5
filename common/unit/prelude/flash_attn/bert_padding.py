import torch
from fla.layers.utils import get_unpad_indices_and_cu, index_first_axis, index_put_first_axis, pad_input


def unpad_input(hidden_states, attention_mask, unused_mask=None):
    """The tokens of a mask (B, T) in a row, their places, where sequences begin, the longest, tokens a sequence."""
    all_masks = attention_mask if unused_mask is None else attention_mask + unused_mask
    used = attention_mask.sum(dim=-1, dtype=torch.int32)
    indices, cu_seqlens = get_unpad_indices_and_cu(all_masks)
    longest = all_masks.sum(dim=-1).max().item()
    return index_first_axis(hidden_states.flatten(0, 1), indices), indices, cu_seqlens, longest, used


def index_first_axis_residual(x, indices):
    return index_first_axis(x, indices), x.detach()

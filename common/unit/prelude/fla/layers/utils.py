"""Padding taken out and put back: masks (B, T) of 0 and 1, tokens of all sequences in a row."""

import torch
import torch.nn.functional as F
from fla.ops.utils import prepare_cu_seqlens_from_lens, prepare_lens_from_mask


def index_first_axis(x, indices):
    assert x.ndim >= 2
    return x.index_select(0, indices)


def index_put_first_axis(x, indices, first_axis_dim):
    assert indices.ndim == 1
    assert x.ndim >= 2
    return x.new_zeros(first_axis_dim, *x.shape[1:]).index_copy(0, indices.long(), x)


def get_unpad_indices_and_cu(attention_mask, q_len=None):
    if q_len is not None and attention_mask.shape[-1] != q_len:
        attention_mask = attention_mask[:, -q_len:]
    lens = prepare_lens_from_mask(attention_mask)
    return torch.nonzero(attention_mask.flatten(), as_tuple=False).flatten(), prepare_cu_seqlens_from_lens(lens)


def get_unpad_data(attention_mask):
    """The places of the tokens that count, where their sequences begin (int32, from 0), and the longest length."""
    indices, cu_seqlens = get_unpad_indices_and_cu(attention_mask)
    return indices, cu_seqlens, prepare_lens_from_mask(attention_mask).max().item()


def _tokens(x, indices):
    return index_first_axis(x.flatten(0, 1), indices)


def unpad_hidden_states(hidden_states, cu_seqlens, attention_mask, q_len):
    if cu_seqlens is None and attention_mask is not None:
        indices, cu_seqlens = get_unpad_indices_and_cu(attention_mask, q_len)
        return _tokens(hidden_states, indices).unsqueeze(0), indices, cu_seqlens
    return hidden_states, None, cu_seqlens


def repad_hidden_states(hidden_states, indices, batch_size, q_len):
    return hidden_states if indices is None else pad_input(hidden_states.squeeze(0), indices, batch_size, q_len)


def unpad_input(q, states, attention_mask, q_len, keepdim=False):
    indices_k, cu_seqlens_k, longest_k = get_unpad_data(attention_mask)
    batch_size, seq_len = states[0].shape[:2]
    state = tuple(_tokens(s, indices_k) for s in states)
    single = isinstance(q, torch.Tensor)
    q = (q,) if single else q
    if q_len == seq_len:
        q = tuple(_tokens(x, indices_k) for x in q)
        indices_q, cu_seqlens_q, longest_q = indices_k, cu_seqlens_k, longest_k
    elif q_len == 1:
        cu_seqlens_q = torch.arange(batch_size + 1, dtype=torch.int32, device=q[0].device)
        indices_q, longest_q = cu_seqlens_q[:-1], 1
        q = tuple(x.squeeze(1) for x in q)
    else:
        raise NotImplementedError("as many queries as keys, or one")
    if keepdim:
        q, state = tuple(x.unsqueeze(0) for x in q), tuple(s.unsqueeze(0) for s in state)
    return q[0] if single else q, state, indices_q, (cu_seqlens_q, cu_seqlens_k), (longest_q, longest_k)


def pad_input(hidden_states, indices, batch_size, seq_len):
    return index_put_first_axis(hidden_states, indices, batch_size * seq_len).unflatten(0, (batch_size, -1))


def require_cache_layer_idx(module, past_key_values):
    layer_idx = getattr(module, "layer_idx", None)
    if past_key_values is not None and layer_idx is None:
        raise ValueError(f"{type(module).__name__} requires `layer_idx` when `past_key_values` is provided.")
    return layer_idx


def get_layer_cache(module, past_key_values):
    layer_idx = require_cache_layer_idx(module, past_key_values)
    if past_key_values is not None and len(past_key_values) > layer_idx:
        return past_key_values[layer_idx]
    return None


def update_layer_cache(module, past_key_values, **kwargs):
    layer_idx = require_cache_layer_idx(module, past_key_values)
    return None if past_key_values is None else past_key_values.update(layer_idx=layer_idx, **kwargs)

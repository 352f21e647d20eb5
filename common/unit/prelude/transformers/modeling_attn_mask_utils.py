"""Masks added to scores, (B, 1, T, S): 0 where a key is seen, the type's lowest number elsewhere."""
import torch


class AttentionMaskConverter:
    def __init__(self, is_causal, sliding_window=None):
        if sliding_window is not None and sliding_window <= 0:
            raise ValueError(f"sliding_window must be positive, not {sliding_window}")
        self.is_causal, self.sliding_window = is_causal, sliding_window

    def to_causal_4d(self, batch_size, query_length, key_value_length, dtype, device="cpu"):
        if not self.is_causal:
            raise ValueError("to_causal_4d needs is_causal")
        if query_length <= 1 and self.sliding_window is None:
            return None
        hidden = self._unseen(query_length, key_value_length, device)
        mask = torch.zeros(query_length, key_value_length, dtype=dtype, device=device)
        return mask.masked_fill(hidden, torch.finfo(dtype).min)[None, None].expand(batch_size, 1, -1, -1)

    def _unseen(self, queries, keys, device):
        behind = torch.arange(queries, device=device)[:, None] + (keys - queries) - torch.arange(keys, device=device)
        # From 4.40 on a query sees itself and sliding_window keys before it; earlier versions, one fewer.
        return (behind < 0) if self.sliding_window is None else (behind < 0) | (behind > self.sliding_window)

    def to_4d(self, attention_mask_2d, query_length, dtype, key_value_length=None):
        keys = attention_mask_2d.shape[-1]
        hidden = (attention_mask_2d == 0)[:, None, None, :].expand(-1, 1, query_length, -1)
        if self.is_causal and (query_length > 1 or self.sliding_window is not None):
            if key_value_length is None:
                raise ValueError("a causal mask needs key_value_length")
            hidden = hidden | self._unseen(query_length, key_value_length, attention_mask_2d.device)
        return torch.zeros(hidden.shape, dtype=dtype, device=hidden.device).masked_fill(hidden, torch.finfo(dtype).min)


def _prepare_4d_causal_attention_mask(
    attention_mask, input_shape, inputs_embeds, past_key_values_length, sliding_window=None
):
    converter = AttentionMaskConverter(is_causal=True, sliding_window=sliding_window)
    keys = input_shape[-1] + past_key_values_length
    if attention_mask is not None and attention_mask.dim() == 2:
        return converter.to_4d(attention_mask, input_shape[-1], inputs_embeds.dtype, keys)
    if attention_mask is not None and attention_mask.dim() == 4:
        inverted = 1.0 - attention_mask
        return inverted.masked_fill(inverted.to(torch.bool), torch.finfo(inputs_embeds.dtype).min)
    return converter.to_causal_4d(input_shape[0], input_shape[-1], keys, inputs_embeds.dtype, inputs_embeds.device)


def _prepare_4d_attention_mask(mask, dtype, tgt_len=None):
    return AttentionMaskConverter(is_causal=False).to_4d(mask, mask.shape[-1] if tgt_len is None else tgt_len, dtype)

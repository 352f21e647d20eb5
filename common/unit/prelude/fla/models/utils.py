"""What layers keep between calls."""

import torch
import fla.models.utils as cache_utils


class Cache:
    def __init__(self, seen_tokens=0, **kwargs):
        self.states = []
        self._seen_tokens = seen_tokens

    def __getitem__(self, layer_idx):
        if layer_idx >= len(self.states):
            raise KeyError(f"layer {layer_idx} of a cache of {len(self.states)}")
        return self.states[layer_idx]

    def __iter__(self):
        return iter(self.states)

    def __len__(self):
        return len(self.states)

    def update(
            self, recurrent_state=None, attn_state=None, conv_state=None, ffn_state=None, layer_idx=0, offset=1,
            cache_kwargs=None):
        window = (cache_kwargs or {}).get("window_size")
        if attn_state is not None and not isinstance(attn_state, (tuple, list)):
            raise ValueError("`attn_state` must be a tuple of tensors for key/value states")
        while len(self.states) <= layer_idx:
            self.states.append({"recurrent_state": None, "attn_state": None, "conv_state": None, "ffn_state": None})
        state = self.states[layer_idx]
        if layer_idx == 0:
            self._seen_tokens += 1 if offset is None else offset
        for name, value in (("recurrent_state", recurrent_state), ("conv_state", conv_state), ("ffn_state", ffn_state)):
            if value is not None:
                state[name] = value
        if attn_state is not None:
            if state["attn_state"] is not None:
                attn_state = [torch.cat([old, new], 1) for old, new in zip(state["attn_state"], attn_state)]
            state["attn_state"] = tuple(x if window is None else x[:, -window:] for x in attn_state)
        return state

    def get_seq_length(self, layer_idx=0, cache_position=None):
        return 0 if len(self.states) <= (layer_idx or 0) else self._seen_tokens

    def get_max_length(self, layer_idx=0):
        return None

    def get_max_cache_shape(self, layer_idx=0):
        return None

    def reset(self):
        self.states.clear()
        self._seen_tokens = 0

    def to_legacy_cache(self):
        return tuple(self.states)

    @classmethod
    def from_legacy_cache(cls, past_key_values=None, seen_tokens=0, **kwargs):
        cache = cls(seen_tokens)
        if past_key_values is not None:
            cache.states.extend(past_key_values)
        return cache


FLACache = LegacyFLACache = Cache

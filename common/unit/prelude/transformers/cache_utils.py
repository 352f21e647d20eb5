"""Keys and values of earlier tokens, (B, H, T, D) a layer."""

import torch


class CacheLayer:
    def __init__(self):
        self.keys = self.values = None

    def update(self, key_states, value_states):
        if self.keys is not None:
            key_states = torch.cat([self.keys, key_states], dim=-2)
            value_states = torch.cat([self.values, value_states], dim=-2)
        self.keys, self.values = key_states, value_states
        return key_states, value_states

    def get_seq_length(self):
        return 0 if self.keys is None else self.keys.shape[-2]


DynamicLayer = CacheLayer


class Cache:
    def __init__(self, *args, **kwargs):
        self.layers = []

    def update(self, key_states, value_states, layer_idx, cache_kwargs=None, **kwargs):
        while len(self.layers) <= layer_idx:
            self.layers.append(CacheLayer())
        return self.layers[layer_idx].update(key_states, value_states)

    def get_seq_length(self, layer_idx=0):
        return self.layers[layer_idx].get_seq_length() if layer_idx < len(self.layers) else 0

    def get_max_cache_shape(self, layer_idx=0):
        return -1

    get_max_length = get_max_cache_shape

    def get_usable_length(self, new_seq_length, layer_idx=0):
        return self.get_seq_length(layer_idx)

    @property
    def key_cache(self):
        return [layer.keys for layer in self.layers]

    @property
    def value_cache(self):
        return [layer.values for layer in self.layers]

    def __len__(self):
        return len(self.layers)

    def __getitem__(self, layer_idx):
        if layer_idx >= len(self.layers):
            raise KeyError(
                f"Cache only has {len(self.layers)} layers, attempted to access layer with index {layer_idx}")
        return self.layers[layer_idx].keys, self.layers[layer_idx].values

    def __iter__(self):
        for layer in self.layers:
            yield layer.keys, layer.values

    def crop(self, max_length):
        for layer in self.layers:
            if layer.keys is not None:
                layer.keys, layer.values = layer.keys[..., :max_length, :], layer.values[..., :max_length, :]

    def reorder_cache(self, beam_idx):
        for layer in self.layers:
            if layer.keys is not None:
                layer.keys, layer.values = layer.keys.index_select(0, beam_idx), layer.values.index_select(0, beam_idx)

    def reset(self):
        self.layers = []

    def to_legacy_cache(self):
        return tuple((layer.keys, layer.values) for layer in self.layers)

    @classmethod
    def from_legacy_cache(cls, past_key_values=None):
        cache = cls()
        for layer_idx, (keys, values) in enumerate(past_key_values or ()):
            cache.update(keys, values, layer_idx)
        return cache


class DynamicCache(Cache):
    pass

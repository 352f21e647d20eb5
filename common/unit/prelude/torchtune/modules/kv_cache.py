import torch
import torch.nn as nn


class KVCache(nn.Module):
    def __init__(self, batch_size, max_seq_len, num_kv_heads, head_dim, dtype):
        super().__init__()
        shape = (batch_size, num_kv_heads, max_seq_len, head_dim)
        self.register_buffer("k_cache", torch.zeros(shape, dtype=dtype), persistent=False)
        self.register_buffer("v_cache", torch.zeros(shape, dtype=dtype), persistent=False)
        self.register_buffer("cache_pos", torch.arange(0, max_seq_len), persistent=False)
        self.batch_size = batch_size

    def reset(self):
        self.k_cache.zero_()
        self.v_cache.zero_()
        self.cache_pos -= self.size

    @property
    def size(self):
        return self.cache_pos[0].item()

    def update(self, k_val, v_val):
        if k_val.shape[0] > self.k_cache.shape[0]:
            raise ValueError(
                f"The current cache has been setup with a batch size of {self.k_cache.shape[0]}, but found new key "
                f"tensors with batch size {k_val.shape[0]}!"
            )
        tokens = k_val.shape[2]
        assert self.cache_pos[0] + tokens <= self.k_cache.shape[2]
        self.k_cache[:, :, self.cache_pos[:tokens]] = k_val
        self.v_cache[:, :, self.cache_pos[:tokens]] = v_val
        self.cache_pos.add_(tokens)
        return self.k_cache, self.v_cache

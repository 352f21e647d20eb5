import torch
import torch.nn as nn
import torch.nn.functional as F
from torchtune.modules.kv_cache import KVCache


class MultiHeadAttention(nn.Module):
    """Attention of x (B, T, C) over y (B, S, C), which is x for self-attention; mask (B, T, S)."""

    def __init__(
            self, *, embed_dim, num_heads, num_kv_heads, head_dim, q_proj, k_proj, v_proj, output_proj,
            pos_embeddings=None, q_norm=None, k_norm=None, kv_cache=None, max_seq_len=4096, is_causal=True,
            attn_dropout=0.0):
        super().__init__()
        if num_heads % num_kv_heads != 0:
            raise ValueError(f"num_heads ({num_heads}) must be divisible by num_kv_heads ({num_kv_heads})")
        if embed_dim % num_heads != 0:
            raise ValueError(f"embed_dim ({embed_dim}) must be divisible by num_heads ({num_heads})")
        if attn_dropout < 0 or attn_dropout > 1:
            raise ValueError(f"attn_dropout ({embed_dim}) must be between 0.0 and 1.0")
        if bool(q_norm) ^ bool(k_norm):
            raise ValueError("q and k norm must be set together")
        self.num_heads, self.num_kv_heads, self.embed_dim, self.attn_dropout = (
            num_heads, num_kv_heads, embed_dim, attn_dropout)
        self.head_dim, self.max_seq_len, self.is_causal = head_dim, max_seq_len, is_causal
        self.kv_cache = kv_cache
        self.q_proj, self.k_proj, self.v_proj, self.output_proj = q_proj, k_proj, v_proj, output_proj
        self.q_norm, self.k_norm = q_norm, k_norm
        self.pos_embeddings = pos_embeddings
        self.cache_enabled = False

    def setup_cache(self, batch_size, dtype, max_seq_len):
        if self.kv_cache is None:
            self.kv_cache = KVCache(batch_size, max_seq_len, self.num_kv_heads, self.head_dim, dtype)
            self.cache_enabled = True

    def reset_cache(self):
        if self.kv_cache is None:
            raise RuntimeError("no cache: setup_cache comes first")
        self.kv_cache.reset()

    def _turned(self, x, input_pos):
        x = x.unflatten(-1, (-1, self.head_dim))
        return (x if self.pos_embeddings is None else self.pos_embeddings(x, input_pos=input_pos)).transpose(1, 2)

    def forward(self, x, y=None, *, mask=None, input_pos=None):
        q = self._turned(self.q_proj(x), input_pos)
        q = q if self.q_norm is None else self.q_norm(q)
        if y is None:
            if self.kv_cache is None or not self.cache_enabled:
                raise ValueError("neither y nor a cache")
            k, v = self.kv_cache.k_cache, self.kv_cache.v_cache
        else:
            k = self._turned(self.k_proj(y), input_pos)
            v = self.v_proj(y).unflatten(-1, (-1, self.head_dim)).transpose(1, 2)
            k = k if self.k_norm is None else self.k_norm(k)
            if self.kv_cache is not None and self.cache_enabled:
                k, v = self.kv_cache.update(k, v)
        group = self.num_heads // self.num_kv_heads
        if group > 1:
            k, v = [t.unsqueeze(2).expand(-1, -1, group, -1, -1).flatten(1, 2) for t in (k, v)]
        y = F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask if mask is None else mask[:, None],
            dropout_p=self.attn_dropout if self.training else 0.0,
            is_causal=self.kv_cache is None and mask is None and self.is_causal)
        return self.output_proj(y.transpose(1, 2).flatten(2))

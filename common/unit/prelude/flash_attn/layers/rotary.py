import torch
from fla.modules.rotary import RotaryEmbedding as _Rotary, rotary_embedding, rotate_half


def apply_rotary_emb(x, cos, sin, interleaved=False, inplace=False, seqlen_offsets=0, cu_seqlens=None, max_seqlen=None):
    """x (B, T, H, D), or (tokens, H, D) with cu_seqlens."""
    if cu_seqlens is None:
        return rotary_embedding(x, cos, sin, interleaved, inplace, seqlen_offsets)
    y = rotary_embedding(x.unsqueeze(0), cos, sin, interleaved, False, seqlen_offsets, cu_seqlens).squeeze(0)
    return x.copy_(y) if inplace else y


apply_rotary_emb_func = apply_rotary_emb


def apply_rotary_emb_torch(x, cos, sin, interleaved=False):
    from fla.modules.rotary import rotary_embedding_ref

    return rotary_embedding_ref(x, cos, sin, interleaved)


def _turned(qkv, count, rotate):
    """The first count of the parts along axis 2 turned, the last left as it is."""
    parts = qkv.unbind(2)
    return torch.stack([rotate(n, p) if n < count else p for n, p in enumerate(parts)], 2)


def apply_rotary_emb_qkv_(qkv, cos, sin, cos_k=None, sin_k=None, interleaved=False, seqlen_offsets=0, num_heads_q=None):
    turns = [(cos, sin), (cos if cos_k is None else cos_k, sin if sin_k is None else sin_k)]
    return _turned(qkv, 2, lambda n, p: apply_rotary_emb(p, *turns[n], interleaved, False, seqlen_offsets))


def apply_rotary_emb_kv_(kv, cos, sin, interleaved=False, seqlen_offsets=0):
    return _turned(kv, 1, lambda n, p: apply_rotary_emb(p, cos, sin, interleaved, False, seqlen_offsets))


class RotaryEmbedding(_Rotary):
    def __init__(self, dim, base=10000.0, interleaved=False, scale_base=None, pos_idx_in_fp32=True, device=None):
        super().__init__(dim, base, scale_base, interleaved, pos_idx_in_fp32, device)

    def forward(self, qkv, kv=None, seqlen_offset=0, max_seqlen=None, num_heads_q=None):
        """qkv (B, T, 3, H, D), or q (B, T, H, D) and kv (B, T, 2, H, D)."""
        longest = qkv.shape[1] + (seqlen_offset if isinstance(seqlen_offset, int) else 0)
        self._update_cos_sin_cache(longest if max_seqlen is None else max_seqlen, qkv.device, qkv.dtype)
        cos, sin = self._cos_cached, self._sin_cached
        cos_k, sin_k = (cos, sin) if self.scale is None else (self._cos_k_cached, self._sin_k_cached)
        if kv is not None:
            return (
                apply_rotary_emb(qkv, cos, sin, self.interleaved, False, seqlen_offset),
                apply_rotary_emb_kv_(kv, cos_k, sin_k, self.interleaved, seqlen_offset))
        if qkv.dim() == 5:
            return apply_rotary_emb_qkv_(qkv, cos, sin, cos_k, sin_k, self.interleaved, seqlen_offset)
        if num_heads_q is None:
            raise AssertionError("num_heads_q is needed where qkv is (B, T, H_q + 2 H_kv, D)")
        q, k, v = qkv.split([num_heads_q] + [(qkv.shape[2] - num_heads_q) // 2] * 2, dim=2)
        return torch.cat(
            [
                apply_rotary_emb(q, cos, sin, self.interleaved, False, seqlen_offset),
                apply_rotary_emb(k, cos_k, sin_k, self.interleaved, False, seqlen_offset), v],
            2,
        )

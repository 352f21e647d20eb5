"""Rotary embeddings over (B, T, H, D). Su et al. 2021, arXiv:2104.09864; with scale_base xPos, arXiv:2212.10554."""

import torch
import torch.nn as nn
import fla.modules.rotary as ops


def rotate_half(x, interleaved=False):
    if interleaved:
        return torch.stack((-x[..., 1::2], x[..., ::2]), dim=-1).flatten(-2)
    first, second = x.chunk(2, dim=-1)
    return torch.cat((-second, first), dim=-1)


def _spread(x, interleaved):
    x = x.repeat_interleave(2, dim=-1) if interleaved else torch.cat([x, x], -1)
    return x.unsqueeze(-2)


def rotary_embedding_ref(x, cos, sin, interleaved=False):
    width = cos.shape[-1] * 2
    assert width <= x.shape[-1]
    turned = x[..., :width] * _spread(cos, interleaved) + rotate_half(x[..., :width], interleaved) * _spread(
        sin, interleaved)
    return torch.cat([turned, x[..., width:]], -1)


def rotary_embedding(
        x, cos, sin, interleaved=False, inplace=False, seqlen_offsets=0, cu_seqlens=None, chunk_indices=None,
        max_seqlen=None):
    """The row of cos and sin is the token's place in its sequence, from seqlen_offsets on."""
    if cu_seqlens is None:
        places = torch.arange(x.shape[1], device=x.device)
    else:
        places = torch.cat([torch.arange(n, device=x.device) for n in cu_seqlens.diff().tolist()])
    if isinstance(seqlen_offsets, torch.Tensor):
        if cu_seqlens is None:
            places = places + seqlen_offsets.unsqueeze(-1)
        else:
            places = places + seqlen_offsets.repeat_interleave(cu_seqlens.diff().long())
    else:
        places = places + seqlen_offsets
    y = rotary_embedding_ref(x.float(), cos.float()[places], sin.float()[places], interleaved).to(x.dtype)
    return x.copy_(y) if inplace else y


apply_rotary_emb = apply_rotary = rotary_embedding


class RotaryEmbedding(nn.Module):
    def __init__(self, dim, base=10000.0, scale_base=None, interleaved=False, pos_idx_in_fp32=True, device=None):
        super().__init__()
        assert dim % 2 == 0, f"Rotary dimension must be even, got {dim}"
        self.dim, self.base, self.scale_base = dim, float(base), scale_base
        self.interleaved, self.pos_idx_in_fp32, self.device = interleaved, pos_idx_in_fp32, device
        self.register_buffer("inv_freq", self._compute_inv_freq(device), persistent=False)
        self.register_buffer("scale", None if scale_base is None else self._compute_scale(device), persistent=False)
        self._seq_len_cached = 0
        self._cos_cached = self._sin_cached = self._cos_k_cached = self._sin_k_cached = None

    def reset_parameters(self):
        with torch.no_grad():
            self.inv_freq.copy_(self._compute_inv_freq(self.inv_freq.device))
            if self.scale is not None:
                self.scale.copy_(self._compute_scale(self.scale.device))

    def _compute_inv_freq(self, device=None):
        return 1.0 / (self.base ** (torch.arange(0, self.dim, 2, device=device, dtype=torch.float32) / self.dim))

    def _compute_scale(self, device=None):
        return (torch.arange(0, self.dim, 2, device=device, dtype=torch.float32) + 0.4 * self.dim) / (1.4 * self.dim)

    def _update_cos_sin_cache(self, seqlen, device=None, dtype=None):
        if seqlen <= self._seq_len_cached and self._cos_cached is not None and self._cos_cached.dtype == dtype:
            return
        self._seq_len_cached = seqlen
        inv_freq = self.inv_freq
        if self.pos_idx_in_fp32:
            t = torch.arange(seqlen, device=device, dtype=torch.float32)
            if inv_freq.dtype != torch.float32:
                inv_freq = self._compute_inv_freq(device)
        else:
            t = torch.arange(seqlen, device=device, dtype=inv_freq.dtype)
        angles = torch.outer(t, inv_freq)
        cos, sin = torch.cos(angles), torch.sin(angles)
        if self.scale is None:
            self._cos_cached, self._sin_cached = cos.to(dtype), sin.to(dtype)
            return
        power = (torch.arange(seqlen, dtype=self.scale.dtype, device=device) - seqlen // 2) / self.scale_base
        scale = self.scale ** power.unsqueeze(-1)
        self._cos_cached, self._sin_cached = (cos * scale).to(dtype), (sin * scale).to(dtype)
        self._cos_k_cached, self._sin_k_cached = (cos / scale).to(dtype), (sin / scale).to(dtype)

    def forward(self, q, k, seqlen_offset=0, cu_seqlens=None, max_seqlen=None, chunk_indices=None):
        if max_seqlen is not None:
            self._update_cos_sin_cache(max_seqlen, q.device, q.dtype)
        elif isinstance(seqlen_offset, int):
            self._update_cos_sin_cache(q.shape[1] + seqlen_offset, q.device, q.dtype)
        else:
            assert self._cos_cached is not None, (
                "Tensor offsets require an initialized cache; pass max_seqlen on the first call")
        cos_k, sin_k = (
            (self._cos_cached, self._sin_cached) if self.scale is None else (self._cos_k_cached, self._sin_k_cached))
        q = rotary_embedding(q, self._cos_cached, self._sin_cached, self.interleaved, False, seqlen_offset, cu_seqlens)
        return q, rotary_embedding(k, cos_k, sin_k, self.interleaved, False, seqlen_offset, cu_seqlens)

    def __repr__(self):
        scale = "" if self.scale_base is None else f"scale_base={self.scale_base}, "
        return (
            f"{type(self).__name__}(dim={self.dim}, base={self.base}, interleaved={self.interleaved}, {scale}"
            f"pos_idx_in_fp32={self.pos_idx_in_fp32})"
        )

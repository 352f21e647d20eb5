"""Rotary embeddings of neighbouring channels, (.., T, D): the interface of rotary-embedding-torch."""

import math
import torch
import torch.nn as nn


def rotate_half(x):
    return torch.stack((-x[..., 1::2], x[..., ::2]), dim=-1).flatten(-2)


def apply_rotary_emb(freqs, t, start_index=0, scale=1.0, seq_dim=-2, freqs_seq_dim=None):
    dtype = t.dtype
    if t.ndim == 3 or freqs_seq_dim is not None:
        freqs = freqs.narrow(
            0 if freqs_seq_dim is None else freqs_seq_dim, freqs.shape[0] - t.shape[seq_dim], t.shape[seq_dim])
    width = freqs.shape[-1]
    end = start_index + width
    assert width <= t.shape[-1], (
        f"feature dimension {t.shape[-1]} is not of sufficient size to rotate in all the positions {width}")
    middle = t[..., start_index:end]
    middle = middle * freqs.cos() * scale + rotate_half(middle) * freqs.sin() * scale
    return torch.cat((t[..., :start_index], middle, t[..., end:]), dim=-1).type(dtype)


class RotaryEmbedding(nn.Module):
    def __init__(
            self, dim, custom_freqs=None, freqs_for="lang", theta=10000, max_freq=10, num_freqs=1, learned_freq=False,
            use_xpos=False, xpos_scale_base=512, interpolate_factor=1.0, theta_rescale_factor=1.0,
            seq_before_head_dim=False, cache_if_possible=True, cache_max_seq_len=8192):
        super().__init__()
        theta = theta * theta_rescale_factor ** (dim / (dim - 2))
        self.freqs_for = freqs_for
        if custom_freqs is not None:
            freqs = custom_freqs
        elif freqs_for == "lang":
            freqs = 1.0 / (theta ** (torch.arange(0, dim, 2)[: dim // 2].float() / dim))
        elif freqs_for == "pixel":
            freqs = torch.linspace(1.0, max_freq / 2, dim // 2) * math.pi
        elif freqs_for == "constant":
            freqs = torch.ones(num_freqs).float()
        else:
            raise ValueError(f"freqs_for must be lang, pixel or constant, not {freqs_for!r}")
        self.freqs = nn.Parameter(freqs, requires_grad=learned_freq)
        self.learned_freq = learned_freq
        self.default_seq_dim = -3 if seq_before_head_dim else -2
        assert interpolate_factor >= 1.0
        self.interpolate_factor, self.use_xpos, self.scale_base = interpolate_factor, use_xpos, xpos_scale_base
        if use_xpos:
            self.register_buffer("scale", (torch.arange(0, dim, 2) + 0.4 * dim) / (1.4 * dim), persistent=False)

    @property
    def device(self):
        return self.freqs.device

    def get_seq_pos(self, seq_len, device=None, dtype=None, offset=0):
        return (torch.arange(seq_len, device=device, dtype=dtype) + offset) / self.interpolate_factor

    def forward(self, t, seq_len=None, offset=0):
        angles = t.type(self.freqs.dtype).unsqueeze(-1) * self.freqs
        return angles.repeat_interleave(2, dim=-1)

    def get_scale(self, t, seq_len=None, offset=0):
        assert self.use_xpos
        power = (t - len(t) // 2) / self.scale_base
        scale = self.scale ** power.unsqueeze(-1)
        return scale.repeat_interleave(2, dim=-1)

    def _angles(self, t, seq_dim, offset):
        seq_dim = self.default_seq_dim if seq_dim is None else seq_dim
        places = self.get_seq_pos(t.shape[seq_dim], device=t.device, dtype=t.dtype, offset=offset)
        angles = self.forward(places)
        return seq_dim, places, angles.unsqueeze(1) if seq_dim == -3 else angles

    def rotate_queries_or_keys(self, t, seq_dim=None, offset=0, scale=None):
        assert not self.use_xpos or scale is not None, (
            "you must use `.rotate_queries_and_keys` method instead and pass in both queries and keys, for length "
            "extrapolatable rotary embeddings"
        )
        seq_dim, _, angles = self._angles(t, seq_dim, offset)
        return apply_rotary_emb(angles, t, scale=1.0 if scale is None else scale, seq_dim=seq_dim)

    def rotate_queries_and_keys(self, q, k, seq_dim=None):
        assert self.use_xpos
        seq_dim, places, angles = self._angles(q, seq_dim, 0)
        scale = self.get_scale(places)
        scale = scale.unsqueeze(1) if seq_dim == -3 else scale
        return (
            apply_rotary_emb(angles, q, scale=scale, seq_dim=seq_dim).type(q.dtype),
            apply_rotary_emb(angles, k, scale=scale**-1, seq_dim=seq_dim).type(k.dtype))

"""local-attention for the unit language: every window of queries sees itself and its neighbours."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import local_attention as local_attention, local_attention as rotary, local_attention as transformer


class SinusoidalEmbeddings(nn.Module):
    def __init__(self, dim, scale_base=None, use_xpos=False, theta=10000):
        super().__init__()
        assert not (use_xpos and scale_base is None), "scale base must be defined if using xpos"
        self.register_buffer("inv_freq", 1.0 / (theta ** (torch.arange(0, dim, 2).float() / dim)))
        self.use_xpos, self.scale_base = use_xpos, scale_base
        self.register_buffer("scale", (torch.arange(0, dim, 2) + 0.4 * dim) / (1.4 * dim), persistent=False)

    def forward(self, x):
        tokens = x.shape[-2]
        places = torch.arange(tokens, device=x.device).type_as(self.inv_freq)
        angles = torch.outer(places, self.inv_freq).repeat(1, 2)
        if not self.use_xpos:
            return angles, torch.ones(1, device=x.device)
        return angles, (self.scale ** ((places - tokens // 2) / self.scale_base)[:, None]).repeat(1, 2)


def rotate_half(x):
    first, second = x.chunk(2, dim=-1)
    return torch.cat((-second, first), dim=-1)


def apply_rotary_pos_emb(q, k, freqs, scale=1):
    """The queries are the last of the places."""
    last = q.shape[-2]
    own, grown = freqs[-last:], scale[-last:] if isinstance(scale, torch.Tensor) and scale.dim() == 2 else scale
    q = q * own.cos() * grown + rotate_half(q) * own.sin() * grown
    return q, k * freqs.cos() * scale**-1 + rotate_half(k) * freqs.sin() * scale**-1


class LocalAttention(nn.Module):
    """q, k, v (.., T, D), T a multiple of window_size, or padded to one with autopad; mask (B, T) True where a key
    counts. exact_windowsize narrows the windows looked at to a distance of as many tokens."""

    def __init__(
            self, window_size, causal=False, look_backward=1, look_forward=None, dropout=0.0, shared_qk=False,
            rel_pos_emb_config=None, dim=None, autopad=False, exact_windowsize=False, scale=None,
            use_rotary_pos_emb=True, use_xpos=False, xpos_scale_base=None):
        super().__init__()
        look_forward = (0 if causal else 1) if look_forward is None else look_forward
        assert not (causal and look_forward > 0), "you cannot look forward if causal"
        self.scale, self.window_size, self.autopad, self.exact_windowsize = (
            scale, window_size, autopad, exact_windowsize)
        self.causal, self.look_backward, self.look_forward = causal, look_backward, look_forward
        self.dropout = nn.Dropout(dropout)
        self.shared_qk, self.use_xpos = shared_qk, use_xpos
        dim = rel_pos_emb_config[0] if rel_pos_emb_config is not None else dim
        self.rel_pos = None
        if use_rotary_pos_emb and dim is not None:
            self.rel_pos = SinusoidalEmbeddings(dim, use_xpos=use_xpos, scale_base=xpos_scale_base or window_size // 2)

    def forward(self, q, k, v, mask=None, input_mask=None, attn_bias=None, window_size=None):
        mask = input_mask if mask is None else mask
        assert window_size is None or self.use_xpos, "cannot perform window size extrapolation if xpos is not turned on"
        shape, size = q.shape, self.window_size if window_size is None else window_size
        q, k, v = [t.reshape(-1, *t.shape[-2:]) for t in (q, k, v)]
        tokens = q.shape[1]
        missing = -tokens % self.window_size if self.autopad else 0
        if missing:
            q, k, v = [F.pad(t, (0, 0, 0, missing)) for t in (q, k, v)]
        length = tokens + missing
        assert length % size == 0, (
            f"sequence length {length} must be divisible by window size {size} for local attention")
        if self.shared_qk:
            k = F.normalize(k, dim=-1).type_as(k)
        before, after = self.look_backward * size, self.look_forward * size

        def around(x, value=0):
            """(N, T, ..) -> (N, windows, keys seen, ..)."""
            x = F.pad(x, (0, 0) * (x.dim() - 2) + (before, after), value=value)
            return x.unfold(1, before + size + after, size).movedim(-1, 2)

        place = torch.arange(length, device=q.device)
        own, seen = place.view(1, -1, size, 1), around(place[None], -1).unsqueeze(2)
        q = q.unflatten(1, (-1, size)) * (q.shape[-1] ** -0.5 if self.scale is None else self.scale)
        k, v = around(k), around(v)
        if self.rel_pos is not None:
            q, k = apply_rotary_pos_emb(q, k, *self.rel_pos(k))
        scores = q @ k.transpose(-1, -2)
        if attn_bias is not None:
            scores = scores + attn_bias.repeat(scores.shape[0] // attn_bias.shape[0], 1, 1).unsqueeze(1)
        lowest = -torch.finfo(scores.dtype).max
        if self.shared_qk:
            scores = scores.masked_fill(own == seen, -5e4)
        hidden = seen == -1
        if self.causal:
            scores = scores.masked_fill(
                (own < seen) | (self.exact_windowsize & (own > seen + self.window_size * self.look_backward)), lowest)
        elif self.exact_windowsize:
            hidden = (
                hidden
                | (seen - self.window_size * self.look_forward > own)
                | (own > seen + self.window_size * self.look_backward)
            )
        scores = scores.masked_fill(hidden, lowest)
        if mask is not None:
            mask = around(F.pad(mask, (0, missing), value=False), False).unsqueeze(2)
            scores = scores.masked_fill(~mask.repeat_interleave(scores.shape[0] // mask.shape[0], dim=0), lowest)
        y = self.dropout(scores.softmax(dim=-1)) @ v
        return y.flatten(1, 2)[:, :tokens].reshape(*shape[:-1], v.shape[-1])


class LocalMHA(nn.Module):
    def __init__(
            self, *, dim, window_size, dim_head=64, heads=8, dropout=0.0, causal=False, prenorm=False, qk_rmsnorm=False,
            qk_scale=8, use_xpos=False, xpos_scale_base=None, exact_windowsize=None, gate_values_per_head=False,
            **kwargs):
        super().__init__()
        self.norm = nn.LayerNorm(dim) if prenorm else None
        self.heads, self.causal, self.window_size, self.qk_rmsnorm = heads, causal, window_size, qk_rmsnorm
        self.to_qkv = nn.Linear(dim, dim_head * heads * 3, bias=False)
        if qk_rmsnorm:
            self.q_scale = nn.Parameter(torch.ones(dim_head))
            self.k_scale = nn.Parameter(torch.ones(dim_head))
        self.exact_windowsize = True if exact_windowsize is None else exact_windowsize
        self.attn_fn = LocalAttention(
            dim=dim_head, window_size=window_size, causal=causal, autopad=True, scale=qk_scale if qk_rmsnorm else None,
            exact_windowsize=self.exact_windowsize, use_xpos=use_xpos, xpos_scale_base=xpos_scale_base, **kwargs)
        self.to_v_gate = nn.Sequential(nn.Linear(dim, heads)) if gate_values_per_head else None
        self.to_out = nn.Linear(dim_head * heads, dim, bias=False)

    def forward(self, x, mask=None, attn_bias=None, cache=None, return_cache=False):
        if cache is not None or return_cache:
            raise NotImplementedError("LocalMHA: a cache is not part of this language")
        x = x if self.norm is None else self.norm(x)
        q, k, v = [t.unflatten(-1, (self.heads, -1)).transpose(1, 2) for t in self.to_qkv(x).chunk(3, dim=-1)]
        if self.qk_rmsnorm:
            q, k = F.normalize(q, dim=-1) * self.q_scale, F.normalize(k, dim=-1) * self.k_scale
        y = self.attn_fn(q, k, v, mask=mask, attn_bias=attn_bias)
        if self.to_v_gate is not None:
            y = y * self.to_v_gate(x).transpose(1, 2).unsqueeze(-1).sigmoid()
        return self.to_out(y.transpose(1, 2).flatten(2))

import math
from typing import Optional, Tuple

import torch
import torch.nn as nn
import torch.nn.functional as F
from einops import rearrange, repeat


def rotate_half(x: torch.Tensor) -> torch.Tensor:
    x1, x2 = x.chunk(2, dim=-1)
    return torch.cat((-x2, x1), dim=-1)


class RotaryEmbedding(nn.Module):
    def __init__(self, dim: int, base: float = 10000.0, max_len: int = 64):
        super().__init__()
        inv_freq = 1.0 / (base ** (torch.arange(0, dim, 2).float() / dim))
        self.register_buffer("inv_freq", inv_freq, persistent=False)
        self.max_len = max_len

    @torch.no_grad()
    def forward(self, x, seq_len: Optional[int] = None) -> Tuple[torch.Tensor, torch.Tensor]:
        t = torch.arange(seq_len if seq_len is not None else x.shape[-2], device=x.device).type_as(self.inv_freq)
        freqs = torch.outer(t, self.inv_freq)
        emb = torch.cat([freqs, freqs], dim=-1)
        return emb.cos().to(x.dtype), emb.sin().to(x.dtype)


class GroupedQueryAttention(nn.Module):
    """Grouped-query attention with rotary positions, an optional window and an optional padding mask."""

    def __init__(self, dim=32, n_heads=4, n_kv_heads=2, window=None, qk_norm=False, softcap=0.0, bias=False):
        super().__init__()
        assert n_heads % n_kv_heads == 0, f"{n_heads=} is no multiple of {n_kv_heads=}"
        self.n_heads, self.n_kv_heads, self.head_dim = n_heads, n_kv_heads, dim // n_heads
        self.q_proj = nn.Linear(dim, dim, bias=bias)
        self.kv_proj = nn.Linear(dim, 2 * n_kv_heads * self.head_dim, bias=bias)
        self.o_proj = nn.Linear(dim, dim, bias=False)
        self.rotary = RotaryEmbedding(self.head_dim)
        self.window, self.softcap = window, softcap
        self.q_norm = nn.RMSNorm(self.head_dim, eps=1e-6) if qk_norm else nn.Identity()
        self.k_norm = nn.RMSNorm(self.head_dim, eps=1e-6) if qk_norm else nn.Identity()

    def mask(self, T, device, dtype, padding=None):
        i = torch.arange(T, device=device)[:, None]
        j = torch.arange(T, device=device)[None, :]
        allowed = j <= i
        if self.window is not None:
            allowed &= (i - j) < self.window
        allowed = allowed[None, None]
        if padding is not None:
            allowed = allowed & padding[:, None, None, :].bool()
        return torch.zeros(allowed.shape, dtype=dtype).masked_fill(~allowed, torch.finfo(dtype).min)

    def forward(self, x, attention_mask=None):
        B, T, _ = x.shape
        q = rearrange(self.q_proj(x), "b t (h d) -> b h t d", h=self.n_heads)
        k, v = rearrange(self.kv_proj(x), "b t (two h d) -> two b h t d", two=2, h=self.n_kv_heads)
        q, k = self.q_norm(q), self.k_norm(k)
        cos, sin = self.rotary(x, T)
        q, k = q * cos + rotate_half(q) * sin, k * cos + rotate_half(k) * sin
        k, v = (repeat(t, "b h t d -> b (h g) t d", g=self.n_heads // self.n_kv_heads) for t in (k, v))
        scores = torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(self.head_dim)
        if self.softcap > 0:
            scores = self.softcap * torch.tanh(scores / self.softcap)
        scores = scores + self.mask(T, x.device, scores.dtype, attention_mask)
        weights = F.softmax(scores, dim=-1, dtype=torch.float32).to(q.dtype)
        out = rearrange(weights @ v, "b h t d -> b t (h d)")
        return self.o_proj(out)


class SdpaAttention(nn.Module):
    def __init__(self, dim=32, n_heads=4, dropout=0.0):
        super().__init__()
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.n_heads, self.dropout = n_heads, dropout

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = self.qkv(x).split(C, dim=2)
        q, k, v = [t.view(B, T, self.n_heads, C // self.n_heads).transpose(1, 2) for t in (q, k, v)]
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout if self.training else 0, is_causal=True)
        return self.out(y.transpose(1, 2).contiguous().view(B, T, C))


class DifferentialAttention(nn.Module):
    def __init__(self, dim=32, n_heads=2, depth=1):
        super().__init__()
        self.h, self.d = n_heads, dim // n_heads // 2
        self.q, self.k, self.v, self.o = (nn.Linear(dim, dim, bias=False) for _ in range(4))
        self.lambda_init = 0.8 - 0.6 * math.exp(-0.3 * depth)
        for name in ("lambda_q1", "lambda_k1", "lambda_q2", "lambda_k2"):
            setattr(self, name, nn.Parameter(torch.zeros(self.d, dtype=torch.float32).normal_(mean=0, std=0.1)))
        self.norm = nn.RMSNorm(2 * self.d, eps=1e-5, elementwise_affine=False)

    def forward(self, x):
        B, T, C = x.shape
        q = self.q(x).view(B, T, 2 * self.h, self.d).transpose(1, 2)
        k = self.k(x).view(B, T, 2 * self.h, self.d).transpose(1, 2)
        v = self.v(x).view(B, T, self.h, 2 * self.d).transpose(1, 2)
        weights = (q * self.d ** -0.5) @ k.transpose(-1, -2)
        weights = weights.masked_fill(torch.triu(torch.ones(T, T, dtype=torch.bool), 1), float("-inf")).softmax(-1)
        lambda_1 = torch.exp(torch.sum(self.lambda_q1 * self.lambda_k1, dim=-1).float()).type_as(q)
        lambda_2 = torch.exp(torch.sum(self.lambda_q2 * self.lambda_k2, dim=-1).float()).type_as(q)
        full = lambda_1 - lambda_2 + self.lambda_init
        weights = weights.view(B, self.h, 2, T, T)
        out = (weights[:, :, 0] - full * weights[:, :, 1]) @ v
        out = self.norm(out) * (1 - self.lambda_init)
        return self.o(out.transpose(1, 2).reshape(B, T, C))


class AlibiAttention(nn.Module):
    def __init__(self, dim=32, heads=4):
        super().__init__()
        self.heads = heads
        self.to_qkv = nn.Linear(dim, dim * 3, bias=False)
        slopes = torch.tensor([2 ** (-8 * (i + 1) / heads) for i in range(heads)])
        self.register_buffer("slopes", slopes.view(heads, 1, 1))
        self.proj = nn.Sequential(nn.Linear(dim, dim), nn.Dropout(0.0))

    def forward(self, x, return_weights: bool = False):
        B, T, C = x.shape
        q, k, v = rearrange(self.to_qkv(x), "b t (n h d) -> n b h t d", n=3, h=self.heads).unbind(0)
        distance = torch.arange(T).view(1, T) - torch.arange(T).view(T, 1)
        scores = torch.einsum("bhid,bhjd->bhij", q, k) * (C // self.heads) ** -0.5 + self.slopes * distance
        scores.masked_fill_(distance > 0, float("-inf"))
        weights = scores.softmax(dim=-1)
        out = self.proj(rearrange(torch.einsum("bhij,bhjd->bhid", weights, v), "b h t d -> b t (h d)"))
        return {"out": out, "weights": weights} if return_weights else out


class TorchMha(nn.Module):
    def __init__(self, dim=32, heads=4, need_weights=True):
        super().__init__()
        self.mha = nn.MultiheadAttention(dim, heads, batch_first=True, bias=True)
        self.need_weights = need_weights

    def forward(self, x):
        mask = nn.Transformer.generate_square_subsequent_mask(x.size(1)) if False else torch.triu(torch.full((x.size(1),) * 2, -torch.inf), 1)
        y, w = self.mha(x, x, x, attn_mask=mask, need_weights=self.need_weights)
        return y

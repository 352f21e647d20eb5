"""Gated DeltaNet: the delta rule with a scalar decay, chunkwise through the WY representation."""
import math
import warnings
from functools import lru_cache
from typing import Optional

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def l2norm(x: Tensor, dim: int = -1, eps: float = 1e-6) -> Tensor:
    return x / torch.sqrt((x * x).sum(dim=dim, keepdim=True) + eps)


@lru_cache(maxsize=None)
def _upper(size: int, diagonal: int = 0):
    return torch.triu(torch.ones(size, size, dtype=torch.bool), diagonal=diagonal)


def chunk_gated_delta_rule(q, k, v, beta, g, chunk_size=4, output_final_state=False):
    """q, k: (B, H, T, K); v: (B, H, T, V); beta, g: (B, H, T), g in log space."""
    pad_len = (chunk_size - q.shape[2] % chunk_size) % chunk_size
    T = q.shape[2]
    if pad_len:
        q, k, v = [F.pad(x, (0, 0, 0, pad_len)) for x in (q, k, v)]
        beta, g = F.pad(beta, (0, pad_len)), F.pad(g, (0, pad_len))
    q, k, v, beta, g = [x.to(torch.float32) for x in [q, k, v, beta, g]]
    b, h, l, d_k = q.shape
    d_v = v.shape[-1]
    q = q * (d_k ** -0.5)
    v = v * beta[..., None]
    k_beta = k * beta[..., None]
    reshape = lambda t: t.reshape(b, h, l // chunk_size, chunk_size, *t.shape[3:])
    q, k, v, k_beta, decay = reshape(q), reshape(k), reshape(v), reshape(k_beta), reshape(g)
    decay = decay.cumsum(-1)
    decay_exp = decay.exp()[..., None]
    L_mask = ((decay.unsqueeze(-1) - decay.unsqueeze(-2)).tril().exp().float()).tril()
    mask = _upper(chunk_size)
    attn = -((k_beta @ k.transpose(-1, -2)) * L_mask).masked_fill(mask, 0)
    for i in range(1, chunk_size):
        attn[..., i, :i] = attn[..., i, :i].clone() + (attn[..., i, :i, None].clone() * attn[..., :i, :i].clone()).sum(-2)
    attn = attn + torch.eye(chunk_size, dtype=torch.float, device=q.device)
    k_cumsum = attn @ v
    k_cumdecay = attn @ (k_beta * decay_exp)
    v = k_cumsum
    S = k.new_zeros(b, h, d_k, d_v)
    o = torch.zeros_like(v)
    mask = _upper(chunk_size, 1)
    for i in range(0, l // chunk_size):
        q_i, k_i, v_i = q[:, :, i], k[:, :, i], v[:, :, i]
        attn = (q_i @ k_i.transpose(-1, -2) * L_mask[:, :, i]).masked_fill_(mask, 0)
        v_prime = k_cumdecay[:, :, i] @ S
        v_new = v_i - v_prime
        o_inter = (q_i * decay[:, :, i, :, None].exp()) @ S
        o[:, :, i] = o_inter + attn @ v_new
        S = S * decay[:, :, i, -1, None, None].exp() + (
            k_i * (decay[:, :, i, -1, None] - decay[:, :, i]).exp()[..., None]).transpose(-1, -2) @ v_new
    o = o.reshape(b, h, l, d_v)[:, :, :T]
    return (o, S) if output_final_state else o


def naive_recurrent(q, k, v, beta, g):
    q, k, v, beta, g = (x.float() for x in (q, k, v, beta, g))
    B, H, T, K = k.shape
    S = torch.zeros(B, H, K, v.shape[-1]).to(v)
    o = torch.zeros_like(v)
    q = q * K ** -0.5
    for t in range(T):
        S = S.clone() * g[:, :, t].exp()[..., None, None]
        delta = v[:, :, t].clone() - (S * k[:, :, t, :, None]).sum(-2)
        S = S + k[:, :, t].unsqueeze(-1) * (delta * beta[:, :, t, None]).unsqueeze(-2)
        o[:, :, t] = torch.einsum("bhd,bhdm->bhm", q[:, :, t], S)
    return o


class ShortConv(nn.Conv1d):
    """Depthwise causal convolution as a subclass of Conv1d."""

    def __init__(self, hidden_size, kernel_size, bias=False, activation="silu", device=None, dtype=None):
        super().__init__(in_channels=hidden_size, out_channels=hidden_size, kernel_size=kernel_size, groups=hidden_size,
                         bias=bias, padding=kernel_size - 1, device=device, dtype=dtype)
        self.hidden_size = hidden_size
        self.activation = activation

    def extra_repr(self):
        s = super().extra_repr()
        return s + f", activation={self.activation}"

    def forward(self, x, mask: Optional[Tensor] = None):
        if mask is not None:
            x = x.mul_(mask.unsqueeze(-1)) if not torch.is_grad_enabled() else x * mask.unsqueeze(-1)
        y = self._conv_forward(x.transpose(1, 2), self.weight, self.bias)[..., :x.shape[1]].transpose(1, 2)
        return F.silu(y) if self.activation == "silu" else y


class GatedDeltaNet(nn.Module):
    def __init__(self, hidden_size=32, num_heads=2, head_dim=8, expand_v=1.5, use_gate=True, use_short_conv=True,
                 conv_size=4, allow_neg_eigval=False, mode="chunk"):
        super().__init__()
        self.num_heads, self.head_dim, self.mode = num_heads, head_dim, mode
        self.allow_neg_eigval = allow_neg_eigval
        self.key_dim = num_heads * head_dim
        self.value_dim = int(self.key_dim * expand_v)
        if not math.isclose(self.key_dim * expand_v, self.value_dim, rel_tol=1e-5):
            raise ValueError(f"expand_v={expand_v} does not produce an integer value")
        self.head_v_dim = self.value_dim // num_heads
        for name, out in dict(q=self.key_dim, k=self.key_dim, v=self.value_dim, a=num_heads, b=num_heads).items():
            setattr(self, f"{name}_proj", nn.Linear(hidden_size, out, bias=False))
        A = torch.empty(num_heads, dtype=torch.float32).uniform_(1, 16)
        self.A_log = nn.Parameter(torch.log(A))
        self.A_log._no_weight_decay = True
        dt = torch.exp(torch.rand(num_heads) * (math.log(0.1) - math.log(0.001)) + math.log(0.001)).clamp(min=1e-4)
        self.dt_bias = nn.Parameter(dt + torch.log(-torch.expm1(-dt)))
        if use_short_conv:
            self.q_conv1d = ShortConv(self.key_dim, conv_size)
            self.k_conv1d = ShortConv(self.key_dim, conv_size)
            self.v_conv1d = ShortConv(self.value_dim, conv_size, bias=True)
        else:
            warnings.warn("ShortConvolution is crucial to the performance. Do not turn it off.", UserWarning)
        self.use_short_conv, self.use_gate = use_short_conv, use_gate
        self.g_proj = nn.Linear(hidden_size, self.value_dim, bias=False) if use_gate else None
        self.o_norm = nn.RMSNorm(self.head_v_dim, eps=1e-5)
        self.o_proj = nn.Linear(self.value_dim, hidden_size, bias=False)

    def forward(self, x, attention_mask=None):
        B, T, _ = x.shape
        q, k, v = self.q_proj(x), self.k_proj(x), self.v_proj(x)
        if self.use_short_conv:
            q, k, v = (getattr(self, f"{n}_conv1d")(t, attention_mask) for n, t in zip("qkv", (q, k, v)))
        else:
            q, k, v = map(F.silu, (q, k, v))
        q, k, v = (t.unflatten(-1, (self.num_heads, -1)).transpose(1, 2) for t in (q, k, v))
        q, k = l2norm(q), l2norm(k)
        beta = self.b_proj(x).sigmoid()
        if self.allow_neg_eigval:
            beta = beta * 2.
        g = -self.A_log.float().exp() * F.softplus(self.a_proj(x).float() + self.dt_bias)
        if attention_mask is not None:
            beta = beta.mul(attention_mask[..., None])
            g = g.mul(attention_mask[..., None])
        beta, g = beta.transpose(1, 2), g.transpose(1, 2)
        if self.mode == "chunk":
            o = chunk_gated_delta_rule(q, k, v, beta, g)
        else:
            o = naive_recurrent(q, k, v, beta, g)
        o = o.transpose(1, 2).to(x.dtype)
        if self.g_proj is not None:
            gate = self.g_proj(x).view(B, T, self.num_heads, -1)
            o = self.o_norm(o) * gate.sigmoid() * gate
        else:
            o = self.o_norm(o)
        return self.o_proj(o.flatten(-2))

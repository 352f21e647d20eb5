# Based and ReBased: linear attention with Taylor or learnt quadratic feature maps, in several views.
import math

import torch
import torch.nn as nn
from einops import rearrange
from torch import einsum


def init_feature_map(feature_map='none', **kwargs):
    if feature_map in [None, 'none', 'identity']:
        return FeatureMap(**kwargs)
    elif feature_map == 'taylor_exp':
        return TaylorExp(**kwargs)
    elif feature_map == "rebased":
        return ReBasedFeatureMap(**kwargs)
    else:
        raise NotImplementedError(f'Sorry "{feature_map}" feature map not implemented.')


class FeatureMap(nn.Module):
    def __init__(self, input_dim: int, temp: int = None, head_dim_idx: int = -1, eps: float = 1e-12, **kwargs: any):
        super().__init__()
        self.input_dim = input_dim
        self.head_dim_idx = head_dim_idx
        self.temp = 1. if temp is None else temp
        self.eps = eps

    def forward(self, x: torch.Tensor):
        return x


class TaylorExp(FeatureMap):
    def __init__(self, input_dim: int, **kwargs: any):
        super().__init__(input_dim, **kwargs)
        self.r2 = math.sqrt(2)
        self.rd = math.sqrt(self.input_dim)
        self.rrd = math.sqrt(self.rd)

    def forward(self, x: torch.Tensor):
        x2 = (x.unsqueeze(-1) * x.unsqueeze(-2)).flatten(start_dim=-2) / self.r2
        return torch.cat([torch.ones(x[..., :1].shape).to(x), x / self.rrd, x2 / self.rd], dim=self.head_dim_idx)

    def forward_mem_save(self, x: torch.Tensor) -> torch.Tensor:
        x2 = x.unsqueeze(-1) * x.unsqueeze(-2)
        rows, cols = torch.tril_indices(self.input_dim, self.input_dim, offset=-1)
        x2d = torch.diagonal(x2, dim1=-2, dim2=-1) / self.r2
        return torch.cat([x[..., :1] ** 0, x / self.rrd, x2d / self.rd, x2[..., rows, cols] / self.rd], dim=-1)


class ReBasedFeatureMap(FeatureMap):
    def __init__(self, input_dim, use_gamma=True, use_beta=True, normalize=True, **kwargs):
        super().__init__(input_dim, **kwargs)
        self.normalize = normalize
        self.gamma = nn.Parameter(torch.ones(1, 1, 1, input_dim)) if use_gamma else None
        if use_beta:
            self.beta = nn.Parameter(torch.zeros((1, 1, 1, input_dim)))
        else:
            self.register_parameter('beta', None)

    def forward(self, x):
        if self.normalize:
            x = (x - x.mean(-1, keepdim=True)) / torch.sqrt(torch.var(x, dim=-1, keepdim=True, correction=0) + 1e-5)
        if self.gamma is not None:
            x = torch.mul(x, self.gamma)
        if self.beta is not None:
            x = torch.add(x, self.beta)
        x2 = torch.einsum("...i, ...j -> ...ij", x, x)
        i, j = torch.triu_indices(x.shape[-1], x.shape[-1]).unbind(0)
        scale = torch.where(i == j, 1.0, 2 ** 0.5).to(x.dtype)
        return x2[..., i, j] * scale


class BasedLinearAttention(nn.Module):
    def __init__(self, d_model: int = 16, feature_dim: int = 4, num_heads: int = 4, num_key_value_heads: int = None, feature_name: str = "taylor_exp",
                 eps: float = 1e-6, parallel_implementation: str = "quadratic", feature_map_kwargs: dict = {}, head_dim=None, *args, **kwargs):
        super().__init__()
        self.d_model, self.feature_dim, self.num_heads = d_model, feature_dim, num_heads
        self.num_key_value_heads = num_key_value_heads or num_heads
        self.head_dim = head_dim if head_dim else self.d_model // self.num_heads
        self.eps = eps
        self.parallel_implementation = parallel_implementation
        self.q_proj = nn.Linear(self.d_model, self.feature_dim * self.num_heads, bias=False)
        self.k_proj = nn.Linear(self.d_model, self.feature_dim * self.num_key_value_heads, bias=False)
        self.v_proj = nn.Linear(self.d_model, self.num_key_value_heads * self.head_dim, bias=False)
        self.out_proj = nn.Linear(self.num_heads * self.head_dim, self.d_model, bias=False)
        self.dropout = nn.Identity()
        feature_map_kwargs = {'input_dim': self.feature_dim, 'head_dim_idx': -1, 'temp': 1., 'eps': 1e-12, **(feature_map_kwargs or {})}
        self.feature_map = init_feature_map(feature_map=feature_name, **feature_map_kwargs)

    def forward(self, hidden_states: torch.Tensor, padding_mask: torch.Tensor = None, filters: torch.Tensor = None, *args: any, **kwargs: any):
        b, l, _ = hidden_states.size()
        q, k, v = self.q_proj(hidden_states), self.k_proj(hidden_states), self.v_proj(hidden_states)
        q = rearrange(q, "b l (h d) -> b h l d", h=self.num_heads, d=self.feature_dim)
        k = rearrange(k, "b l (h d) -> b h l d", h=self.num_key_value_heads)
        v = rearrange(v, "b l (h d) -> b h l d", h=self.num_key_value_heads, d=self.head_dim)
        if (groups := self.num_heads // self.num_key_value_heads) > 1:
            k, v = (t[:, :, None].expand(-1, -1, groups, -1, -1).flatten(1, 2) for t in (k, v))
        q, k = self.feature_map(q), self.feature_map(k)
        if padding_mask is not None:
            k = k * padding_mask[:, None, :, None].type(k.dtype)
        return self.out_proj(rearrange(self.parallel_forward(q, k, v), "b h l d -> b l (h d)"))

    def parallel_forward(self, q, k, v):
        if self.parallel_implementation == "quadratic":
            A_qk = torch.einsum("bhnd,bhmd->bhnm", q, k)
            A_qk = torch.tril(A_qk)
            y = torch.einsum("bhnm,bhme->bhne", A_qk.to(q.dtype), v.to(q.dtype))
            z = 1 / (torch.einsum("bhld,bhld->bhl", q, k.cumsum(2)) + self.eps)
            return y * z[..., None]
        elif self.parallel_implementation == "linear":
            q, k, v = q.unsqueeze(-2), k.unsqueeze(-2), v.unsqueeze(-1)
            num, den = (q * (k * v).cumsum(dim=2)).sum(dim=-1), (q * k.cumsum(dim=2)).sum(dim=-1) + self.eps
            return num / den
        elif self.parallel_implementation == "chunk":
            C = 4
            n = -(-q.shape[2] // C)
            pad = n * C - q.shape[2]
            L = q.shape[2]
            q, k, v = (nn.functional.pad(t, [0, 0, 0, pad]) for t in (q, k, v))
            q, k, v = (rearrange(t, "b h (n c) d -> b h n c d", c=C) for t in (q, k, v))
            kv = einsum("b h n c d, b h n c e -> b h n d e", k, v)
            prev = kv.cumsum(2) - kv
            ks = k.sum(-2).cumsum(2) - k.sum(-2)
            mask = torch.ones(C, C, dtype=torch.bool).triu_(1)
            attn = (q @ k.transpose(-1, -2)).masked_fill_(mask, 0)
            o = q @ prev + attn @ v
            z = (q * ks.unsqueeze(-2)).sum(-1) + attn.sum(-1)
            o = o / (z.unsqueeze(-1) + self.eps)
            return rearrange(o, "b h n c d -> b h (n c) d")[:, :, :L]
        raise ValueError(f"Parallel implementation {self.parallel_implementation} not supported")

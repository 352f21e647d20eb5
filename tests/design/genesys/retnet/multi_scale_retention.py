import torch
import torch.nn as nn
import torch.nn.functional as F
from einops import rearrange

from model_discovery.model.utils.modules import GAUBase


class MultiScaleRetention(GAUBase):
    """o_t = sum over s <= t of gamma_h^(t-s) (q_t . k_s) / sqrt(d_qk) v_s, gamma_h = 1 - 2^(-5-h), in float32."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, num_heads=8, norm_eps=1e-6, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        self.num_heads, self.key_dim, self.eps = num_heads, embed_dim // num_heads, norm_eps
        self.q_proj = nn.Linear(embed_dim, embed_dim, bias=False, **self.factory_kwargs)
        self.k_proj = nn.Linear(embed_dim, embed_dim, bias=False, **self.factory_kwargs)
        self.v_proj = nn.Linear(embed_dim, 2 * embed_dim, bias=False, **self.factory_kwargs)
        self.g_proj = nn.Linear(embed_dim, 2 * embed_dim, bias=False, **self.factory_kwargs)
        self.o_proj = nn.Linear(2 * embed_dim, embed_dim, bias=False, **self.factory_kwargs)
        self.norm_weight = nn.Parameter(torch.ones(2 * embed_dim // num_heads))
        for m in (self.q_proj, self.k_proj, self.v_proj, self.g_proj, self.o_proj):
            nn.init.xavier_uniform_(m.weight, gain=2 ** -2.5)

    def rotate(self, x):
        half = torch.arange(0, self.key_dim, 2, device=x.device).float() / self.key_dim
        angle = torch.outer(torch.arange(x.shape[2], device=x.device).float(), 10000.0 ** -half)
        cos, sin = torch.cos(angle).to(x.dtype), torch.sin(angle).to(x.dtype)
        a, b = x.chunk(2, dim=-1)
        return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)

    def _forward(self, X, **Z):
        T = X.shape[1]
        q, k, v = [rearrange(f(X), "b t (h d) -> b h t d", h=self.num_heads)
                   for f in (self.q_proj, self.k_proj, self.v_proj)]
        q, k = self.rotate(q).float(), self.rotate(k).float()
        t = torch.arange(T, device=X.device).float()
        head = torch.arange(self.num_heads, device=X.device).float()
        log_gamma = torch.log1p(-(2.0 ** (-5 - head)))
        distance = t[:, None] - t[None, :]
        decay = torch.exp(distance.clamp(min=0) * log_gamma[:, None, None]) * (distance >= 0)
        o = (q @ k.transpose(-1, -2) * self.key_dim ** -0.5 * decay) @ v.float()
        o = (o * torch.rsqrt(o.pow(2).mean(-1, keepdim=True) + self.eps)).type_as(X) * self.norm_weight
        return self.o_proj(rearrange(o, "b h t d -> b t (h d)") * F.silu(self.g_proj(X)))


CHILDREN_DECLARATIONS = []

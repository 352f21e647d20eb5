import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from einops import rearrange

from model_discovery.model.utils.modules import GAUBase, UnitDecl


class Mamba2Layer(GAUBase):
    """in_proj, short convolution, state-space duality, gate, LayerNorm, out_proj. Pads to whole chunks of 256."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, d_state=64, d_conv=4, expand=2,
                 HEADDIM=128, ngroups=1, dt_min=0.001, dt_max=0.1, dt_init_floor=1e-4, chunk_size=256, bias=True,
                 conv_bias=True, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        self.d_inner = expand * embed_dim
        self.headdim = min(HEADDIM, self.d_inner)
        self.nheads = self.d_inner // self.headdim
        self.d_state, self.ngroups, self.d_conv, self.chunk_size = d_state, ngroups, d_conv, chunk_size
        self.in_proj = nn.Linear(
            embed_dim, 2 * self.d_inner + 2 * ngroups * d_state + self.nheads, bias=bias, **self.factory_kwargs)
        channels = self.d_inner + 2 * ngroups * d_state
        self.conv1d = nn.Conv1d(channels, channels, d_conv, groups=channels, padding=d_conv - 1, bias=conv_bias,
                                **self.factory_kwargs)
        dt = torch.exp(torch.rand(self.nheads) * (math.log(dt_max) - math.log(dt_min)) + math.log(dt_min))
        dt = torch.clamp(dt, min=dt_init_floor)
        self.dt_bias = nn.Parameter(dt + torch.log(-torch.expm1(-dt)))
        self.A_log = nn.Parameter(torch.log(torch.empty(self.nheads).uniform_(1, 16)))
        self.ssd = SSDMinimalDiscrete(
            embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all, **self.factory_kwargs,
            **self.kwarg_all)
        self.norm = nn.LayerNorm(self.d_inner, eps=1e-5, **self.factory_kwargs)
        self.out_proj = nn.Linear(self.d_inner, embed_dim, bias=bias, **self.factory_kwargs)

    def _forward(self, X, **Z):
        T = X.shape[1]
        X = F.pad(X, (0, 0, 0, -T % self.chunk_size))
        n = self.ngroups * self.d_state
        z, xBC, dt = torch.split(self.in_proj(X), [self.d_inner, self.d_inner + 2 * n, self.nheads], dim=-1)
        xBC = F.silu(self.conv1d(xBC.transpose(1, 2)).transpose(1, 2)[:, : X.shape[1]])
        x, B, C = torch.split(xBC, [self.d_inner, n, n], dim=-1)
        Z["x"] = rearrange(x, "b l (h p) -> b l h p", p=self.headdim)
        Z["B"] = rearrange(B, "b l (g n) -> b l g n", g=self.ngroups).expand(-1, -1, self.nheads, -1)
        Z["C"] = rearrange(C, "b l (g n) -> b l g n", g=self.ngroups).expand(-1, -1, self.nheads, -1)
        Z["A"] = -torch.exp(self.A_log)
        Z["dt"] = F.softplus(dt + self.dt_bias)
        Z["chunk_size"] = self.chunk_size
        _, Z = self.ssd(X, **Z)
        y = rearrange(Z["y"], "b l h p -> b l (h p)")
        return self.out_proj(self.norm(y * F.silu(z)))[:, :T]


CHILDREN_DECLARATIONS = [
    UnitDecl(unitname="SSDMinimalDiscrete", requirements="", inputs=["X", "x", "A", "B", "C", "dt", "chunk_size"],
             outputs=["Y", "y"]),
]

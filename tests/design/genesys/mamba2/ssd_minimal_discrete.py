import torch
import torch.nn as nn
import torch.nn.functional as F
from einops import rearrange

from model_discovery.model.utils.modules import GAUBase


class SSDMinimalDiscrete(GAUBase):
    """S_t = exp(dt_t A) S_{t-1} + dt_t x_t B_t', y_t = S_t C_t, by chunks."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)

    def _forward(self, X, x, A, B, C, dt, chunk_size):
        y = self.ssd(x * dt.unsqueeze(-1), A * dt, B, C, chunk_size)
        return X, {"y": y}

    def segsum(self, x):
        T = x.size(-1)
        x = x.unsqueeze(-1).expand(*x.shape, T)
        x = x.masked_fill(~torch.tril(torch.ones(T, T, device=x.device, dtype=torch.bool), diagonal=-1), 0)
        total = torch.cumsum(x, dim=-2)
        return total.masked_fill(~torch.tril(torch.ones(T, T, device=x.device, dtype=torch.bool)), -torch.inf)

    def ssd(self, x, A, B, C, chunk):
        x, A, B, C = [rearrange(t, "b (c l) ... -> b c l ...", l=chunk) for t in (x, A, B, C)]
        A = rearrange(A, "b c l h -> b h c l")
        A_cumsum = torch.cumsum(A, dim=-1)
        L = torch.exp(self.segsum(A))
        within = torch.einsum("bclhn,bcshn,bhcls,bcshp->bclhp", C, B, L, x)
        decay = torch.exp(A_cumsum[..., -1:] - A_cumsum)
        states = torch.einsum("bclhn,bhcl,bclhp->bchpn", B, decay, x)
        states = torch.cat([torch.zeros_like(states[:, :1]), states], dim=1)
        across = torch.exp(self.segsum(F.pad(A_cumsum[..., -1], (1, 0))))
        states = torch.einsum("bhzc,bchpn->bzhpn", across, states)[:, :-1]
        before = torch.einsum("bclhn,bchpn,bhcl->bclhp", C, states, torch.exp(A_cumsum))
        return rearrange(within + before, "b c l h p -> b (c l) h p")


CHILDREN_DECLARATIONS = []

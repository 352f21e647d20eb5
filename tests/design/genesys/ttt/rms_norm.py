import torch
import torch.nn as nn

from model_discovery.model.utils.modules import GAUBase


class RMSNorm(GAUBase):
    """w * x / sqrt(mean(x^2) + eps), in float32."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, eps=1e-6, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        self.weight = nn.Parameter(torch.ones(embed_dim, **self.factory_kwargs))
        self.eps = eps

    def _forward(self, X, **Z):
        x = X.float()
        return (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)).type_as(X) * self.weight


CHILDREN_DECLARATIONS = []

import torch
import torch.nn as nn
import torch.nn.functional as F

from model_discovery.model.utils.modules import GAUBase, UnitDecl


class RWKV6FeedForward(GAUBase):
    """o = sigma(Lerp_r(x)) * W_v relu(Lerp_k(x))^2; low_rank_dim is whatever the units before left behind."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, hidden_ratio=3.5, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        width = 32 * ((int(hidden_ratio * embed_dim) + 31) // 32)
        self.key = self.child(embed_dim, width)
        self.value = nn.Linear(width, embed_dim, bias=False, **self.factory_kwargs)
        self.receptance = self.child(embed_dim, embed_dim)

    def child(self, input_dim, output_dim):
        self.kwarg_all["input_dim"] = input_dim
        self.kwarg_all["output_dim"] = output_dim
        return LerpLinear(
            embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all, **self.factory_kwargs,
            **self.kwarg_all)

    def _forward(self, X, **Z):
        delta = F.pad(X, (0, 0, 1, -1)) - X
        _, k = self.key(X, lerp_delta=delta)
        _, r = self.receptance(X, lerp_delta=delta)
        return torch.sigmoid(r["o"]) * self.value(F.relu(k["o"]) ** 2)


CHILDREN_DECLARATIONS = [
    UnitDecl(unitname="LerpLinear", requirements="", inputs=["X", "lerp_delta"], outputs=["Y", "o"]),
]

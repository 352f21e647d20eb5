import torch
import torch.nn as nn

from model_discovery.model.utils.modules import GAUBase, UnitDecl


class LerpLinear(GAUBase):
    """o = W (x + delta mu); with a low_rank_dim W is a LoRA."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, input_dim=None, output_dim=None,
                 low_rank_dim=None, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        self.low_rank = low_rank_dim is not None
        if self.low_rank:
            self.linear = LoRA(
                embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all, **self.factory_kwargs,
                **self.kwarg_all)
        else:
            self.linear = nn.Linear(input_dim, output_dim, bias=False, **self.factory_kwargs)
        self.mu = nn.Parameter(torch.zeros(input_dim, **self.factory_kwargs))

    def _forward(self, X, lerp_delta, **Z):
        mixed = X + lerp_delta * self.mu
        if not self.low_rank:
            return X, {"o": self.linear(mixed)}
        Z["LoRA_input"] = mixed
        _, Z = self.linear(X, **Z)
        return X, {"o": Z["o"]}


CHILDREN_DECLARATIONS = [
    UnitDecl(unitname="LoRA", requirements="", inputs=["X", "LoRA_input"], outputs=["Y", "o"]),
]

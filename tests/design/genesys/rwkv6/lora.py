import torch
import torch.nn as nn

from model_discovery.model.utils.modules import GAUBase


class LoRA(GAUBase):
    """o = W2 tanh(W1 x) + b, of Z's LoRA_input: widths are not X's."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, input_dim=None, output_dim=None,
                 low_rank_dim=None, bias=True, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        self.down = nn.Linear(input_dim, low_rank_dim, bias=False, **self.factory_kwargs)
        self.up = nn.Linear(low_rank_dim, output_dim, bias=bias, **self.factory_kwargs)

    def _forward(self, X, LoRA_input, **Z):
        return X, {"o": self.up(torch.tanh(self.down(LoRA_input)))}


CHILDREN_DECLARATIONS = []

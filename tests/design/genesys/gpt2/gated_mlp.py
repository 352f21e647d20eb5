import torch
import torch.nn as nn
import torch.nn.functional as F

from model_discovery.model.utils.modules import GAUBase


class GatedMLP(GAUBase):
    """W2 (a * silu(g)), [a, g] = W1 x; the width is a multiple of 128."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, hidden_features=None, bias=False,
                 multiple_of=128, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        hidden_features = hidden_features if hidden_features is not None else int(8 * embed_dim / 3)
        hidden_features = (hidden_features + multiple_of - 1) // multiple_of * multiple_of
        self.fc1 = nn.Linear(embed_dim, 2 * hidden_features, bias=bias, **self.factory_kwargs)
        self.fc2 = nn.Linear(hidden_features, embed_dim, bias=bias, **self.factory_kwargs)

    def _forward(self, X, **Z):
        y, gate = self.fc1(X).chunk(2, dim=-1)
        return self.fc2(y * F.silu(gate))


CHILDREN_DECLARATIONS = []

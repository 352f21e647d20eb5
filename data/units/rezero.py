import torch
import torch.nn as nn


class ReZero(nn.Module):
    """x + a mixer(x), then x + b mlp(x), with one number each, zero at first, and no norm: the block begins as the identity.

    x, y: (B, T, C). Bachlechner et al. 2020, arXiv:2003.04887.
    """

    SLOTS = {
        "mixer": {"kind": "sequence", "need": "mix tokens causally"},
        "mlp": {"kind": "token", "need": "transform each token by itself"},
    }

    def __init__(self, dim, *, mixer, mlp):
        super().__init__()
        self.mixer, self.mlp = mixer(dim), mlp(dim)
        self.strength = nn.Parameter(torch.zeros(2))

    def forward(self, x):
        x = x + self.strength[0] * self.mixer(x)
        return x + self.strength[1] * self.mlp(x)

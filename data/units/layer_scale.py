import torch
import torch.nn as nn


class LayerScale(nn.Module):
    """x + s * mixer(norm(x)), then x + s * mlp(norm(x)), with a learned s for each branch and channel, small at first.

    x, y: (B, T, C). Touvron et al. 2021 (CaiT), arXiv:2103.17239, whose s starts at 0.1 up to 18 layers.
    """

    SLOTS = {
        "norm": {"kind": "token", "need": "normalise the channels of each token"},
        "mixer": {"kind": "sequence", "need": "mix tokens causally"},
        "mlp": {"kind": "token", "need": "transform each token by itself"},
    }

    def __init__(self, dim, *, norm, mixer, mlp, start=0.1):
        super().__init__()
        self.norm_1, self.norm_2 = norm(dim), norm(dim)
        self.mixer, self.mlp = mixer(dim), mlp(dim)
        self.scale_1, self.scale_2 = nn.Parameter(torch.full((dim,), start)), nn.Parameter(torch.full((dim,), start))

    def forward(self, x):
        x = x + self.scale_1 * self.mixer(self.norm_1(x))
        return x + self.scale_2 * self.mlp(self.norm_2(x))

import torch
import torch.nn as nn


class GatedResidual(nn.Module):
    """x + g * mixer(h), then x + g * mlp(h), each with its own h = norm(x) and g = sigmoid(W h + b), for each channel.

    x, y: (B, T, C). The output gate of Parisotto et al. 2019 (GTrXL), arXiv:1910.06764, here read from the normalised
    stream. b = 0: half of each branch at first.
    """

    SLOTS = {
        "norm": {"kind": "token", "need": "normalise the channels of each token"},
        "mixer": {"kind": "sequence", "need": "mix tokens causally"},
        "mlp": {"kind": "token", "need": "transform each token by itself"},
    }

    def __init__(self, dim, *, norm, mixer, mlp):
        super().__init__()
        self.norm_1, self.norm_2 = norm(dim), norm(dim)
        self.mixer, self.mlp = mixer(dim), mlp(dim)
        self.gate_1, self.gate_2 = nn.Linear(dim, dim), nn.Linear(dim, dim)
        nn.init.zeros_(self.gate_1.bias)
        nn.init.zeros_(self.gate_2.bias)

    def forward(self, x):
        h = self.norm_1(x)
        x = x + torch.sigmoid(self.gate_1(h)) * self.mixer(h)
        h = self.norm_2(x)
        return x + torch.sigmoid(self.gate_2(h)) * self.mlp(h)

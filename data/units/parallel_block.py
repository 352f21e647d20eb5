import torch.nn as nn


class ParallelBlock(nn.Module):
    """x + mixer(norm(x)) + mlp(norm(x)): both branches read the same normalised input.

    x, y: (B, T, C). Wang and Komatsuzaki 2021 (GPT-J); Chowdhery et al. 2022 (PaLM), arXiv:2204.02311.
    """

    SLOTS = {
        "norm": {"kind": "token", "need": "normalise the channels of each token"},
        "mixer": {"kind": "sequence", "need": "mix tokens causally"},
        "mlp": {"kind": "token", "need": "transform each token by itself"},
    }

    def __init__(self, dim, *, norm, mixer, mlp):
        super().__init__()
        self.norm, self.mixer, self.mlp = norm(dim), mixer(dim), mlp(dim)

    def forward(self, x):
        h = self.norm(x)
        return x + self.mixer(h) + self.mlp(h)

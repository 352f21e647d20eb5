import torch.nn as nn


class RWKVBlock(nn.Module):
    """x + mixer(norm(x)), then x + second(norm(x)): both branches see other tokens. Peng et al. 2024, arXiv:2404.05892."""

    SLOTS = {
        "norm": {"kind": "token", "need": "normalise the channels of each token"},
        "mixer": {"kind": "sequence", "need": "mix tokens causally"},
        "second": {"kind": "sequence", "need": "mix channels, and near tokens causally"},
    }

    def __init__(self, dim, *, norm, mixer, second):
        super().__init__()
        self.norm_1, self.norm_2 = norm(dim), norm(dim)
        self.mixer, self.second = mixer(dim), second(dim)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.second(self.norm_2(x))

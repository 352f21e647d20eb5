import torch.nn as nn


class PostNorm(nn.Module):
    """x = norm(x + mixer(x)), then x = norm(x + mlp(x)): the block of the first transformer, normalised after each sum.

    x, y: (B, T, C). Vaswani et al. 2017, arXiv:1706.03762. Two norms of their own weights; the stream keeps its size.
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

    def forward(self, x):
        x = self.norm_1(x + self.mixer(x))
        return self.norm_2(x + self.mlp(x))

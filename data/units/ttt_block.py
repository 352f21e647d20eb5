import torch.nn as nn


class TTTBlock(nn.Module):
    """x + convolution(norm(x)), x + mixer(norm(x)), then x + mlp(norm(x)). Sun et al. 2024, arXiv:2407.04620."""

    SLOTS = {
        "norm": {"kind": "token", "need": "normalise the channels of each token"},
        "convolution": {"kind": "sequence", "need": "mix near tokens causally"},
        "mixer": {"kind": "sequence", "need": "mix tokens causally"},
        "mlp": {"kind": "token", "need": "transform each token by itself"},
    }

    def __init__(self, dim, *, norm, convolution, mixer, mlp):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = norm(dim), norm(dim), norm(dim)
        self.convolution, self.mixer, self.mlp = convolution(dim), mixer(dim), mlp(dim)

    def forward(self, x):
        x = x + self.convolution(self.norm_1(x))
        x = x + self.mixer(self.norm_2(x))
        return x + self.mlp(self.norm_3(x))

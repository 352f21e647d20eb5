import torch.nn as nn


class PreNorm(nn.Module):
    """x + mixer(norm(x)), then x + mlp(norm(x)): the residual block of GPT-2, with two norms of their own weights."""

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
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))

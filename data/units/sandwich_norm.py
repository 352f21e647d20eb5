import torch.nn as nn


class SandwichNorm(nn.Module):
    """x + norm(mixer(norm(x))), then x + norm(mlp(norm(x))): each branch is normalised before and after.

    x, y: (B, T, C). Ding et al. 2021 (CogView), arXiv:2105.13290; Gemma 2, arXiv:2408.00118. Four norms with their own
    weights.
    """

    SLOTS = {
        "norm": {"kind": "token", "need": "normalise the channels of each token"},
        "mixer": {"kind": "sequence", "need": "mix tokens causally"},
        "mlp": {"kind": "token", "need": "transform each token by itself"},
    }

    def __init__(self, dim, *, norm, mixer, mlp):
        super().__init__()
        self.before_1, self.after_1, self.before_2, self.after_2 = norm(dim), norm(dim), norm(dim), norm(dim)
        self.mixer, self.mlp = mixer(dim), mlp(dim)

    def forward(self, x):
        x = x + self.after_1(self.mixer(self.before_1(x)))
        return x + self.after_2(self.mlp(self.before_2(x)))

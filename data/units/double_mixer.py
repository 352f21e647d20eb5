import torch.nn as nn


class DoubleMixer(nn.Module):
    """x + mixer(norm(x)), then once more with weights of its own: a residual block of two mixers and no MLP.

    x, y: (B, T, C). The block of Mamba and its kin (Gu and Dao 2023, arXiv:2312.00752), whose mixers widen as an MLP does.
    """

    SLOTS = {
        "norm": {"kind": "token", "need": "normalise the channels of each token"},
        "mixer": {"kind": "sequence", "need": "mix tokens causally and transform each"},
    }

    def __init__(self, dim, *, norm, mixer):
        super().__init__()
        self.norm_1, self.norm_2 = norm(dim), norm(dim)
        self.mixer_1, self.mixer_2 = mixer(dim), mixer(dim)

    def forward(self, x):
        x = x + self.mixer_1(self.norm_1(x))
        return x + self.mixer_2(self.norm_2(x))

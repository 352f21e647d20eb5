import torch.nn as nn


class Series(nn.Module):
    """second(first(x)): for instance a short convolution before attention, as Hyena and Mamba have it.

    x, y: (B, T, C). Poli et al. 2023, arXiv:2302.10866.
    """

    SLOTS = {
        "first": {"kind": "sequence", "need": "prepare the input, for instance mix near tokens"},
        "second": {"kind": "sequence", "need": "mix tokens causally"},
    }

    def __init__(self, dim, *, first, second):
        super().__init__()
        self.first, self.second = first(dim), second(dim)

    def forward(self, x):
        return self.second(self.first(x))

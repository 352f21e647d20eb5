import torch
import torch.nn as nn


class GatedSum(nn.Module):
    """y = g * first(x) + (1 - g) * second(x), g = sigmoid(W x + b) for each token and channel.

    x, y: (B, T, C). A highway (Srivastava et al. 2015, arXiv:1505.00387) between two mixers; b = 0: half of each at first.
    """

    SLOTS = {
        "first": {"kind": "sequence", "need": "mix tokens causally, for instance far ones"},
        "second": {"kind": "sequence", "need": "mix tokens causally in another way, for instance near ones"},
    }

    def __init__(self, dim, *, first, second):
        super().__init__()
        self.first, self.second = first(dim), second(dim)
        self.gate = nn.Linear(dim, dim)
        nn.init.zeros_(self.gate.bias)

    def forward(self, x):
        return torch.lerp(self.second(x), self.first(x), torch.sigmoid(self.gate(x)))

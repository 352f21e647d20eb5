import torch.nn as nn


class ValueResidual(nn.Module):
    """The residual block of GPT-2 whose mixer is given the values of the first block's mixer, by `carry`.

    x, y, value: (B, T, C). Zhou et al. 2024 (ResFormer), arXiv:2410.17897. The mixer returns (y, its own values); in the
    first block it is given None.
    """

    SLOTS = {
        "norm": {"kind": "token", "need": "normalise the channels of each token"},
        "mixer": {"kind": "sequence", "in": ["value"], "out": ["value"],
                  "need": "mix tokens causally, with a share of the values of the first block"},
        "mlp": {"kind": "token", "need": "transform each token by itself"},
    }

    def __init__(self, dim, *, norm, mixer, mlp):
        super().__init__()
        self.norm_1, self.norm_2 = norm(dim), norm(dim)
        self.mixer, self.mlp = mixer(dim), mlp(dim)

    def forward(self, x, carry=None):
        first = None if carry is None else carry["value"]
        y, value = self.mixer(self.norm_1(x), value=first)
        x = x + y
        return x + self.mlp(self.norm_2(x)), {"value": value if first is None else first}

import torch.nn as nn


class Interleave(nn.Module):
    """`rare` in the last of each `every` blocks, `common` in the others: a hybrid of 1 : every - 1.

    x, y: (B, T, C). As in Lieber et al. 2024 (Jamba), arXiv:2403.19887; at every = 2 the two take turns. A block builds only
    the mixer that it uses. Where there are fewer than `every` blocks the last one is the rare one.
    """

    SLOTS = {
        "common": {"kind": "sequence", "need": "mix tokens causally in most blocks, for instance at little cost"},
        "rare": {"kind": "sequence", "need": "mix tokens causally in a few blocks, for instance exactly"},
    }

    def __init__(self, dim, *, common, rare, every=4, layer=0, n_layers=1):
        super().__init__()
        every = max(1, min(every, n_layers))
        self.mixer = rare(dim) if layer % every == every - 1 else common(dim)

    def forward(self, x):
        return self.mixer(x)

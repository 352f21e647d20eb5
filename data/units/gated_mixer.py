import torch.nn as nn
import torch.nn.functional as F


class GatedMixer(nn.Module):
    """y = mixer(x) * silu(W x), for each token and channel: any mixer with the gate of Mamba and RetNet after it.

    x, y: (B, T, C). Hua et al. 2022 (gated attention units), arXiv:2202.10447.
    """

    SLOTS = {"mixer": {"kind": "sequence", "need": "mix tokens causally"}}

    def __init__(self, dim, *, mixer):
        super().__init__()
        self.mixer = mixer(dim)
        self.gate = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        return self.mixer(x) * F.silu(self.gate(x))

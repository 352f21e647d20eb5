import torch
import torch.nn as nn
import torch.nn.functional as F


class ParallelMixers(nn.Module):
    """y = a * rms(first(x)) + b * rms(second(x)), a and b learned for each channel: neither mixer drowns the other.

    x, y: (B, T, C). Dong et al. 2024 (Hymba), arXiv:2411.13676; rms(y) is y over the root of its mean square.
    a = b = 1/2 at first.
    """

    SLOTS = {
        "first": {"kind": "sequence", "need": "mix tokens causally, for instance exactly"},
        "second": {"kind": "sequence", "need": "mix tokens causally in another way, for instance by a state"},
    }

    def __init__(self, dim, *, first, second):
        super().__init__()
        self.first, self.second = first(dim), second(dim)
        self.scale_1, self.scale_2 = nn.Parameter(torch.full((dim,), 0.5)), nn.Parameter(torch.full((dim,), 0.5))

    def forward(self, x):
        C = x.shape[-1]
        return F.rms_norm(self.first(x), (C,), self.scale_1, 1e-5) + F.rms_norm(self.second(x), (C,), self.scale_2, 1e-5)

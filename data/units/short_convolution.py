import torch.nn as nn
import torch.nn.functional as F


class ShortConvolution(nn.Module):
    """y_t = silu(Σ_{j<width} w_j * x_{t-j} + b), channel by channel: a causal depthwise convolution.

    x, y: (B, T, C). As before the projections of Mamba (Gu and Dao 2023, arXiv:2312.00752).
    """

    def __init__(self, dim, width=4):
        super().__init__()
        self.width = width
        self.convolution = nn.Conv1d(dim, dim, width, groups=dim)

    def forward(self, x):
        x = F.pad(x.transpose(1, 2), (self.width - 1, 0))
        return F.silu(self.convolution(x)).transpose(1, 2)

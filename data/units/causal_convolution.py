import torch.nn as nn
import torch.nn.functional as F


class CausalConvolution(nn.Module):
    """y_t = Σ_{j<width} w_j * x_{t-j} + b, channel by channel: a causal depthwise convolution and nothing after it.

    x, y: (B, T, C). As in the blocks of TTT-Linear (Sun et al. 2024, arXiv:2407.04620).
    """

    def __init__(self, dim, width=4):
        super().__init__()
        self.width = width
        self.convolution = nn.Conv1d(dim, dim, width, groups=dim)

    def forward(self, x):
        return self.convolution(F.pad(x.transpose(1, 2), (self.width - 1, 0))).transpose(1, 2)

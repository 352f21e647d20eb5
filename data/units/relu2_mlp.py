import torch.nn as nn
import torch.nn.functional as F


class ReLU2MLP(nn.Module):
    """y = W2 relu(W1 x)², without biases. So et al. 2021 (Primer), arXiv:2109.08668.

    x: (B, T, C). Inner width expand * dim, in steps of dim / 8 but no more than 16.
    """

    KIND = "token"
    FIT = {"expand": (0.25, 12.0)}

    def __init__(self, dim, dim_out=None, expand=4.0):
        super().__init__()
        step = min(16, max(1, dim // 8))
        width = max(step, round(expand * dim / step) * step)
        self.up = nn.Linear(dim, width, bias=False)
        self.down = nn.Linear(width, dim if dim_out is None else dim_out, bias=False)

    def forward(self, x):
        return self.down(F.relu(self.up(x)).square())

import torch.nn as nn
import torch.nn.functional as F


class MLP(nn.Module):
    """y = W2 gelu(W1 x + b1) + b2, gelu by its tanh form: GPT-2's own (Radford et al. 2019).

    x: (B, T, C). Hendrycks and Gimpel 2016, arXiv:1606.08415. Inner width expand * dim, in steps of dim / 8 but no more
    than 16.
    """

    KIND = "token"
    FIT = {"expand": (0.25, 12.0)}

    def __init__(self, dim, dim_out=None, expand=4.0):
        super().__init__()
        step = min(16, max(1, dim // 8))
        width = max(step, round(expand * dim / step) * step)
        self.up = nn.Linear(dim, width)
        self.down = nn.Linear(width, dim if dim_out is None else dim_out)

    def forward(self, x):
        return self.down(F.gelu(self.up(x), approximate="tanh"))

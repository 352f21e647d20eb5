import torch.nn as nn
import torch.nn.functional as F


class RetNetMLP(nn.Module):
    """y = W2 (a * silu(g)), [a, g] = W1 x, without biases: SwiGLU (Shazeer 2020, arXiv:2002.05202) of RetNet's width.

    x: (B, T, C). The width at expand = 4/3 is 256 ceil(floor(4 dim / 3) / 256), half of a SwiGLU's, because retention
    widens its values; at other values it is that times expand / (4/3), in steps of dim / 8 but no more than 16.
    """

    KIND = "token"
    FIT = {"expand": (0.125, 8.0)}

    def __init__(self, dim, dim_out=None, expand=4 / 3):
        super().__init__()
        reference = -(-(4 * dim // 3) // 256) * 256
        step = min(16, max(1, dim // 8))
        width = max(step, round(reference * expand * 3 / 4 / step) * step)
        self.up = nn.Linear(dim, 2 * width, bias=False)
        self.down = nn.Linear(width, dim if dim_out is None else dim_out, bias=False)

    def forward(self, x):
        a, g = self.up(x).chunk(2, dim=-1)
        return self.down(a * F.silu(g))

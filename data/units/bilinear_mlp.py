import torch.nn as nn


class BilinearMLP(nn.Module):
    """y = W2 (a * g), [a, g] = W1 x, without biases: no other nonlinearity. Shazeer 2020, arXiv:2002.05202.

    x: (B, T, C). As wide as SwiGLU: 128 ceil(floor(8 dim / 3) / 128) at expand = 8/3, else that times expand / (8/3),
    in steps of dim / 8 but no more than 16.
    """

    KIND = "token"
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, dim_out=None, expand=8 / 3):
        super().__init__()
        reference = -(-(8 * dim // 3) // 128) * 128
        step = min(16, max(1, dim // 8))
        width = max(step, round(reference * expand * 3 / 8 / step) * step)
        self.up = nn.Linear(dim, 2 * width, bias=False)
        self.down = nn.Linear(width, dim if dim_out is None else dim_out, bias=False)

    def forward(self, x):
        a, g = self.up(x).chunk(2, dim=-1)
        return self.down(a * g)

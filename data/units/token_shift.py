import torch
import torch.nn as nn
import torch.nn.functional as F


class TokenShift(nn.Module):
    """y_t = W (x_t + mu * (x_{t-1} - x_t)), x_{-1} = 0: each channel mixes the token with the one before by its own share.

    x: (B, T, C). Peng et al. 2023 (RWKV), arXiv:2305.13048. The shares mu are spread over 0 to 1 at first.
    """

    def __init__(self, dim, dim_out=None):
        super().__init__()
        self.mu = nn.Parameter(torch.linspace(0.0, 1.0, dim))
        self.out = nn.Linear(dim, dim if dim_out is None else dim_out, bias=False)

    def forward(self, x):
        return self.out(x + self.mu * (F.pad(x, (0, 0, 1, -1)) - x))

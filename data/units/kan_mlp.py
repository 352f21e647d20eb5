import torch
import torch.nn as nn
import torch.nn.functional as F


class Splines(nn.Module):
    """y_i = Σ_j f_ij(x_j), f_ij(x) = w_ij silu(x) + Σ_g c_ijg exp(-((x - g) / h)²), g on a grid of [-2, 2] with steps h."""

    def __init__(self, dim, dim_out, grid):
        super().__init__()
        self.grid = grid
        self.map = nn.Linear(dim * (grid + 1), dim_out, bias=False)

    def forward(self, x):
        centres = torch.linspace(-2.0, 2.0, self.grid, dtype=x.dtype, device=x.device)
        bumps = torch.exp(-((x.unsqueeze(-1) - centres) * ((self.grid - 1) / 4)).square())
        return self.map(torch.cat((F.silu(x).unsqueeze(-1), bumps), dim=-1).flatten(-2))


class KANMLP(nn.Module):
    """Two layers of learned functions of one number each, added up: a Kolmogorov-Arnold network in an MLP's place.

    x: (B, T, C). Liu et al. 2024, arXiv:2404.19756, with Gaussian bumps for B-splines as in Li 2024, arXiv:2405.06721. What
    enters a layer is divided by its root mean square, so that it stays on the grid; exp(-u²) cannot overflow. A layer is
    one matrix product over the values of all bumps. Inner width expand * dim, in steps of dim / 64.
    """

    KIND = "token"
    FIT = {"expand": (0.05, 3.0)}

    def __init__(self, dim, dim_out=None, expand=0.6, grid=8):
        super().__init__()
        step = max(1, dim // 64)
        width = max(step, round(expand * dim / step) * step)
        self.first = Splines(dim, width, max(2, grid))
        self.second = Splines(width, dim if dim_out is None else dim_out, max(2, grid))

    def forward(self, x):
        h = self.first(F.rms_norm(x, x.shape[-1:], eps=1e-5))
        return self.second(F.rms_norm(h, h.shape[-1:], eps=1e-5))

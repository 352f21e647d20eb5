import torch
import torch.nn as nn
import torch.nn.functional as F


class RWKVChannelMix(nn.Module):
    """y = sigmoid(W_r lerp_r(x)) * W_v relu(W_k lerp_k(x))², lerp_j(x)_t = x_t + mu_j * (x_{t-1} - x_t), x_{-1} = 0.

    x, y: (B, T, C). Peng et al. 2024, arXiv:2404.05892. The interpolations are plain, of one mu a channel, 0 at first. The
    inner width at expand = 3.5 is the reference's, 32 ceil(floor(3.5 dim) / 32); at other values it is that times
    expand / 3.5, in steps of dim / 8 but no more than 16.
    """

    FIT = {"expand": (0.25, 12.0)}

    def __init__(self, dim, expand=3.5):
        super().__init__()
        reference = -(-(7 * dim // 2) // 32) * 32
        step = min(16, max(1, dim // 8))
        width = max(step, round(reference * expand / 3.5 / step) * step)
        self.mu_k, self.mu_r = nn.Parameter(torch.zeros(dim)), nn.Parameter(torch.zeros(dim))
        self.key = nn.Linear(dim, width, bias=False)
        self.receptance = nn.Linear(dim, dim, bias=False)
        self.value = nn.Linear(width, dim, bias=False)

    def forward(self, x):
        change = F.pad(x, (0, 0, 1, -1)) - x
        k = F.relu(self.key(x + change * self.mu_k)).square()
        return torch.sigmoid(self.receptance(x + change * self.mu_r)) * self.value(k)

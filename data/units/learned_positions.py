import torch
import torch.nn as nn


class LearnedPositions(nn.Module):
    """y_t = x_t + W s_t, s_t = sin and cos of t / base^(i / pairs), i < pairs: learned positions for any length.

    x, y: (B, T, C). The sinusoids of Vaswani et al. 2017, arXiv:1706.03762, with a learned map in place of GPT-2's table,
    which ends with the context. It goes before a mixer, in series. The angles are made in float64.
    """

    def __init__(self, dim, pairs=16, base=10000.0):
        super().__init__()
        self.pairs, self.base = pairs, base
        self.map = nn.Linear(2 * pairs, dim, bias=False)

    def forward(self, x):
        i = torch.arange(self.pairs, dtype=torch.float64, device=x.device)
        position = torch.arange(x.shape[1], dtype=torch.float64, device=x.device)
        angle = position[:, None] * self.base ** (-i / self.pairs)
        return x + self.map(torch.cat((angle.sin(), angle.cos()), dim=-1).to(x.dtype))

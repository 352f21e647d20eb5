import torch
import torch.nn as nn
import torch.nn.functional as F


def scan(a, b):
    """h_t = a_t h_{t-1} + b_t along the second axis, h_{-1} = 0, in log2(T) steps over whole sequences.

    After the step of width s, (a_t, b_t) leads from h_{t-2s} to h_t. Only products of decays in [0, 1] are formed.
    """
    s = 1
    while s < b.shape[1]:
        b = b + a * F.pad(b, (0, 0, s, -s))
        a = a * F.pad(a, (0, 0, s, -s))
        s *= 2
    return b


def wide(t):
    """At least float32: products of decays over a whole past need it."""
    return t if t.dtype == torch.float64 else t.float()


class MinLSTM(nn.Module):
    """h_t = f/(f + i) h_{t-1} + i/(f + i) c_t, f = sigmoid(W_f x + b), i = sigmoid(W_i x), c = W_c x; y = W_o h.

    x, y: (B, T, C); h of width expand * C. Feng et al. 2024, arXiv:2410.01201, without the positive map on c that only their
    form in logarithms needs. The two shares are sigmoids of ±(log f - log i), so that neither quotient can be 0/0.
    """

    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=1.0):
        super().__init__()
        step = min(16, max(1, dim // 8))
        inner = max(step, round(expand * dim / step) * step)
        self.fic = nn.Linear(dim, 3 * inner, bias=False)
        # The channels remember 1 to 64 tokens at first.
        self.bias = nn.Parameter(torch.linspace(0.0, 6.0, inner) * 0.6931471805599453)
        self.out = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        f, i, c = wide(self.fic(x)).chunk(3, dim=-1)
        share = F.logsigmoid(f + self.bias) - F.logsigmoid(i)
        h = scan(torch.sigmoid(share), torch.sigmoid(-share) * c)
        return self.out(h.to(x.dtype))

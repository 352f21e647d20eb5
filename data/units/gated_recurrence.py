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


class GatedRecurrence(nn.Module):
    """h_t = (1 - z_t) h_{t-1} + z_t c_t, z = sigmoid(W_z x + b), c = W_c x; y = W_o (h * silu(W_g x)).

    x, y: (B, T, C). The gated linear recurrence of Feng et al. 2024, arXiv:2410.01201 (minGRU), with an output gate.
    """

    def __init__(self, dim):
        super().__init__()
        self.zcg = nn.Linear(dim, 3 * dim, bias=False)
        # The channels remember 1 to 64 tokens at first.
        self.bias = nn.Parameter(-torch.linspace(0.0, 6.0, dim) * 0.6931471805599453)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        z, c, g = self.zcg(x).chunk(3, dim=-1)
        z = z + self.bias
        h = scan(torch.sigmoid(-z), torch.sigmoid(z) * c)
        return self.out(h * F.silu(g))

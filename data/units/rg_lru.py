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


class RGLRU(nn.Module):
    """h_t = a_t h_{t-1} + sqrt(1 - a_t²) i_t * u_t, a_t = exp(-8 softplus(A) r_t); y = W_o (h * gelu(W_g x)).

    x, y: (B, T, C). The recurrent block of Griffin, De et al. 2024, arXiv:2402.19427: u is W_u x after a depthwise causal
    convolution of `width` tokens (0: none); the gates r, i = sigmoid(W u + b) have W in square blocks. Inner width
    expand * dim, in steps of a block: dim / 8 channels but no more than 16. exp(-8 softplus(A)) is spread over 0.9 to 0.999.
    """

    FIT = {"expand": (0.25, 6.0)}

    def __init__(self, dim, expand=4 / 3, width=4):
        super().__init__()
        block = min(16, max(1, dim // 8))
        n = max(1, round(expand * dim / block))
        self.up = nn.Linear(dim, 2 * n * block, bias=False)
        self.width = width
        if width:
            self.convolution = nn.Conv1d(n * block, n * block, width, groups=n * block)
        self.gate = nn.Parameter((2 * torch.rand(n, block, 2 * block) - 1) * block ** -0.5)
        self.gate_bias = nn.Parameter(torch.zeros(n, 1, 2 * block))
        self.decay = nn.Parameter(torch.log(torch.expm1(-torch.log(torch.linspace(0.9, 0.999, n * block)) / 8)))
        self.out = nn.Linear(n * block, dim, bias=False)

    def forward(self, x):
        B, T, _ = x.shape
        u, g = self.up(x).chunk(2, dim=-1)
        if self.width:
            u = self.convolution(F.pad(u.transpose(1, 2), (self.width - 1, 0))).transpose(1, 2)
        n, block = self.gate.shape[:2]
        r, i = (u.reshape(B * T, n, block).transpose(0, 1) @ self.gate + self.gate_bias).sigmoid().chunk(2, dim=-1)
        r, i = (t.transpose(0, 1).reshape(u.shape) for t in (r, i))
        if x.dtype != torch.float64:  # 1 - a² is small and h a running sum
            r, i, u = r.float(), i.float(), u.float()
        log_a = -8 * F.softplus(self.decay.to(r.dtype)) * r
        free = -torch.expm1(2 * log_a)  # 1 - a²
        h = scan(torch.exp(log_a), torch.sqrt(free.clamp(min=1e-12)) * i * u)
        return self.out(h.to(x.dtype) * F.gelu(g))

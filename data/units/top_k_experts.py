import torch
import torch.nn as nn
import torch.nn.functional as F


def wide(t):
    """At least float32: a choice between experts should not hang on rounding."""
    return t if t.dtype == torch.float64 else t.float()


class TopKExperts(nn.Module):
    """y = Σ p_e expert_e(x) over the k experts with the largest p = softmax(W x); an expert is a SwiGLU MLP.

    x: (B, T, C). Shazeer et al. 2017, arXiv:1701.06538; p is not normalised again, so that a token's only expert, k = 1,
    still teaches the router. An expert computes its own tokens alone: k / n_experts of the layer's products. All
    together are expand * dim wide, each in steps of dim / 64; there is no loss that balances them.
    """

    KIND = "token"
    FIT = {"expand": (0.25, 12.0)}

    def __init__(self, dim, dim_out=None, expand=8 / 3, n_experts=4, k=2):
        super().__init__()
        n_experts = max(2, n_experts)  # a choice of one teaches the router nothing
        step = max(1, dim // 64)
        width = max(step, round(expand * dim / n_experts / step) * step)
        self.k, self.dim_out = min(k, n_experts), dim if dim_out is None else dim_out
        self.router = nn.Linear(dim, n_experts, bias=False)
        self.up = nn.ModuleList(nn.Linear(dim, 2 * width, bias=False) for _ in range(n_experts))
        self.down = nn.ModuleList(nn.Linear(width, self.dim_out, bias=False) for _ in range(n_experts))

    def forward(self, x):
        tokens = x.flatten(0, -2)
        p = torch.softmax(F.linear(wide(tokens), wide(self.router.weight)), dim=-1)
        p, chosen = p.topk(self.k, dim=-1)
        y = tokens.new_zeros(tokens.shape[0], self.dim_out)
        for e, (up, down) in enumerate(zip(self.up, self.down)):
            token, place = (chosen == e).nonzero(as_tuple=True)
            a, g = up(tokens[token]).chunk(2, dim=-1)
            y = y.index_add(0, token, down(a * F.silu(g)) * p[token, place].to(x.dtype).unsqueeze(-1))
        return y.view(*x.shape[:-1], self.dim_out)

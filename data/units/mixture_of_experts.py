import torch
import torch.nn as nn
import torch.nn.functional as F


def wide(t):
    """At least float32: a choice between experts should not hang on rounding."""
    return t if t.dtype == torch.float64 else t.float()


class MixtureOfExperts(nn.Module):
    """y_t = Σ p_e expert_e(x_t) over those of the k experts with the largest p = softmax(W x_t) that have room.

    x, y: (B, T, C). Fedus, Zoph and Shazeer 2021, arXiv:2101.03961; an expert is a SwiGLU MLP. The capacity is causal: there
    is room for token t if fewer than capacity * k (t + 1) / n_experts earlier tokens of the same row chose the expert,
    whether they found room or not. A token that finds none is passed over, so that no expert can take all. An expert
    computes its own tokens alone. All together are expand * dim wide, each in steps of dim / 64.
    """

    FIT = {"expand": (0.25, 12.0)}

    def __init__(self, dim, dim_out=None, expand=8 / 3, n_experts=4, k=2, capacity=1.25):
        super().__init__()
        n_experts = max(2, n_experts)  # a choice of one teaches the router nothing
        step = max(1, dim // 64)
        width = max(step, round(expand * dim / n_experts / step) * step)
        self.k, self.dim_out = min(k, n_experts), dim if dim_out is None else dim_out
        self.room = capacity * self.k / n_experts
        self.router = nn.Linear(dim, n_experts, bias=False)
        self.up = nn.ModuleList(nn.Linear(dim, 2 * width, bias=False) for _ in range(n_experts))
        self.down = nn.ModuleList(nn.Linear(width, self.dim_out, bias=False) for _ in range(n_experts))

    def forward(self, x):
        B, T, C = x.shape
        p = torch.softmax(F.linear(wide(x), wide(self.router.weight)), dim=-1)
        taken = torch.zeros_like(p).scatter(-1, p.topk(self.k, dim=-1).indices, 1.0)
        earlier = taken.cumsum(dim=1) - taken
        room = self.room * torch.arange(1, T + 1, device=x.device, dtype=p.dtype).unsqueeze(-1)
        p = (p * taken * (earlier < room)).flatten(0, 1)
        tokens = x.reshape(B * T, C)
        y = tokens.new_zeros(B * T, self.dim_out)
        for e, (up, down) in enumerate(zip(self.up, self.down)):
            token = p[:, e].nonzero().squeeze(-1)
            a, g = up(tokens[token]).chunk(2, dim=-1)
            y = y.index_add(0, token, down(a * F.silu(g)) * p[token, e].to(x.dtype).unsqueeze(-1))
        return y.view(B, T, self.dim_out)

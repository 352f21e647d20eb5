"""Feature maps of linear attention."""

import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from fla.modules.activations import fast_gelu_impl, sigmoid, sqrelu, swish
from fla.modules.norm import layer_norm


def flatten_diag_outer_product(x, y):
    """The upper triangle of x y', flat."""
    z = x.unsqueeze(-1) * y.unsqueeze(-2)
    rows, columns = torch.triu_indices(z.shape[-1], z.shape[-1], 0, device=z.device)
    return z[..., rows, columns]


def flatten_diag_outer_product_off1(x, y):
    """The triangle above the diagonal, and the diagonal."""
    z = x.unsqueeze(-1) * y.unsqueeze(-2)
    rows, columns = torch.triu_indices(z.shape[-1], z.shape[-1], 1, device=z.device)
    return z[..., rows, columns], z.diagonal(dim1=-2, dim2=-1)


def is_power_of_2(n):
    return n & (n - 1) == 0 and n != 0


class HedgehogFeatureMap(nn.Module):
    """softmax of (2x, -2x), x a learned map begun as the identity. Zhang et al. 2024, arXiv:2402.04347."""

    def __init__(self, head_dim):
        super().__init__()
        self.layer = nn.Linear(head_dim, head_dim)
        self.init_weights_()

    def init_weights_(self):
        nn.init.eye_(self.layer.weight)
        nn.init.zeros_(self.layer.bias)

    def forward(self, x):
        y = 2 * self.layer(x)
        return torch.cat([y, -y], dim=-1).softmax(-1)


class T2RFeatureMap(nn.Module):
    def __init__(self, head_dim, dot_dim=None, bias=False):
        super().__init__()
        self.head_dim, self.dot_dim, self.bias = head_dim, head_dim if dot_dim is None else dot_dim, bias
        self.layer = nn.Linear(head_dim, self.dot_dim, bias=bias)

    def forward(self, x):
        return self.layer(x).relu()


class DPFPFeatureMap(nn.Module):
    """Products of relu(x, -x) with itself rolled by 1 .. nu. Schlag et al. 2021, arXiv:2102.11174."""

    def __init__(self, head_dim, nu=4):
        super().__init__()
        self.nu = nu

    def forward(self, x):
        x = torch.cat([x.relu(), (-x).relu()], dim=-1)
        rolled = torch.cat([x.roll(shifts=j, dims=-1) for j in range(1, self.nu + 1)], dim=-1)
        return torch.cat([x] * self.nu, dim=-1) * rolled


class HadamardFeatureMap(nn.Module):
    def __init__(self, head_dim):
        super().__init__()
        self.layer1 = nn.Linear(head_dim, head_dim)
        self.layer2 = nn.Linear(head_dim, head_dim)

    def forward(self, x):
        return self.layer1(x) * self.layer2(x)


class LearnableOuterProductFeatureMap(nn.Module):
    def __init__(self, head_dim, feature_dim):
        super().__init__()
        self.layer1 = nn.Linear(head_dim, feature_dim, bias=False)
        self.layer2 = nn.Linear(head_dim, feature_dim, bias=False)
        self.normalizer = feature_dim**-0.5

    def forward(self, x):
        return flatten_diag_outer_product(self.layer1(x), self.layer2(x))


class LearnablePolySketchNonNegativeFeatureMap(nn.Module):
    def __init__(self, head_dim, sketch_size=None, degree=2):
        super().__init__()
        assert is_power_of_2(degree) and degree >= 2, f"The degree {degree} must be a power of 2"
        sketch_size = head_dim if sketch_size is None else sketch_size
        self.head_dim, self.sketch_size, self.degree = head_dim, sketch_size, degree
        self.gamma = nn.Parameter(torch.ones(head_dim))
        self.beta = nn.Parameter(torch.zeros(head_dim))
        self.sketches1 = nn.ModuleList(self._sketches())
        self.sketches2 = nn.ModuleList(self._sketches())

    def _sketches(self):
        inner = range(int(math.log2(self.degree)) - 2)
        return [
            nn.Linear(self.head_dim, self.sketch_size, bias=False),
            *[nn.Linear(self.sketch_size, self.sketch_size, bias=False) for _ in inner]]

    def forward(self, x):
        x = layer_norm(x, self.gamma, self.beta)
        for i in range(max(1, int(math.log2(self.degree)) - 1)):
            x = self.sketches1[i](x) * self.sketches2[i](x) * self.head_dim**-0.5
        return flatten_diag_outer_product(x, x)


class TaylorFeatureMap(nn.Module):
    """Features whose product is 1 + s + s²/2. Arora et al. 2024, arXiv:2402.18668."""

    def __init__(self, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.r2, self.rd = math.sqrt(2), math.sqrt(head_dim)
        self.rrd = math.sqrt(self.rd)

    def forward(self, x):
        off, diagonal = flatten_diag_outer_product_off1(x, x)
        return torch.cat(
            [torch.ones_like(x[..., 0:1]), x / self.rrd, diagonal / (self.rd * self.r2), off / self.rd], dim=-1)


class RebasedFeatureMap(nn.Module):
    """Features whose product is the square of the product of normed vectors. arXiv:2402.10644."""

    def __init__(self, head_dim, use_gamma=True, use_beta=True, normalize=True):
        super().__init__()
        self.head_dim, self.use_gamma, self.use_beta, self.normalize = head_dim, use_gamma, use_beta, normalize
        self.gamma, self.beta = None, None
        if use_gamma:
            self.gamma = nn.Parameter(torch.ones(head_dim))
        if use_beta:
            self.beta = nn.Parameter(torch.zeros(head_dim))

    def forward(self, x, flatten=True):
        if self.use_beta and self.use_gamma and self.normalize:
            x = layer_norm(x, self.gamma, self.beta)
        elif self.normalize:
            x = F.layer_norm(x, (self.head_dim,), self.gamma, self.beta)
        elif self.use_gamma and self.use_beta:
            x = torch.addcmul(self.beta, x, self.gamma)
        elif self.use_gamma:
            x = x.mul(self.gamma)
        else:
            raise RuntimeError(
                f"Not supported combination of `use_gamma`, `use_beta` and `normalize`, which is currently set "
                f"as (`{self.use_gamma}`, `{self.use_beta}`, `{self.normalize}`)"
            )
        if not flatten:
            return x
        off, diagonal = flatten_diag_outer_product_off1(x, x)
        return torch.cat([diagonal * self.head_dim**-0.5, off * (2 / self.head_dim) ** 0.5], dim=-1)


class ReLUFeatureMap(nn.Module):
    def forward(self, x):
        return F.relu(x)


class SquaredReLUFeatureMap(nn.Module):
    def forward(self, x):
        return sqrelu(x)


class GELUFeatureMap(nn.Module):
    def forward(self, x):
        return fast_gelu_impl(x)


class SwishFeatureMap(nn.Module):
    def forward(self, x):
        return swish(x)


class SigmoidFeatureMap(nn.Module):
    def forward(self, x):
        return sigmoid(x)

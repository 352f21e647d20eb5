import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.init import trunc_normal_
import timm.layers as drop, timm.layers as mlp, timm.layers as weight_init, timm.layers as helpers, timm.layers as norm


def to_2tuple(x):
    return tuple(x) if isinstance(x, (list, tuple)) else (x, x)


def drop_path(x, drop_prob=0.0, training=False, scale_by_keep=True):
    """Whole rows of the batch set to zero. Huang et al. 2016, arXiv:1603.09382."""
    if drop_prob == 0.0 or not training:
        return x
    kept = x.new_empty((x.shape[0],) + (1,) * (x.dim() - 1)).bernoulli_(1 - drop_prob)
    return x * (kept / (1 - drop_prob) if scale_by_keep and drop_prob < 1.0 else kept)


class DropPath(nn.Module):
    def __init__(self, drop_prob=0.0, scale_by_keep=True):
        super().__init__()
        self.drop_prob, self.scale_by_keep = drop_prob, scale_by_keep

    def forward(self, x):
        return drop_path(x, self.drop_prob, self.training, self.scale_by_keep)

    def extra_repr(self):
        return f"drop_prob={round(self.drop_prob, 3):0.3f}"


class Mlp(nn.Module):
    def __init__(
        self, in_features, hidden_features=None, out_features=None, act_layer=nn.GELU, norm_layer=None, bias=True,
        drop=0.0, device=None, dtype=None
    ):
        super().__init__()
        out_features, hidden_features = out_features or in_features, hidden_features or in_features
        bias, drop = to_2tuple(bias), to_2tuple(drop)
        self.fc1 = nn.Linear(in_features, hidden_features, bias=bias[0], device=device, dtype=dtype)
        self.act = act_layer()
        self.drop1 = nn.Dropout(drop[0])
        self.norm = nn.Identity() if norm_layer is None else norm_layer(hidden_features)
        self.fc2 = nn.Linear(hidden_features, out_features, bias=bias[1], device=device, dtype=dtype)
        self.drop2 = nn.Dropout(drop[1])

    def forward(self, x):
        return self.drop2(self.fc2(self.norm(self.drop1(self.act(self.fc1(x))))))


class GluMlp(nn.Module):
    def __init__(
        self, in_features, hidden_features=None, out_features=None, act_layer=nn.Sigmoid, norm_layer=None, bias=True,
        drop=0.0, use_conv=False, gate_last=True, device=None, dtype=None
    ):
        super().__init__()
        out_features, hidden_features = out_features or in_features, hidden_features or in_features
        assert hidden_features % 2 == 0
        bias, drop, self.gate_last = to_2tuple(bias), to_2tuple(drop), gate_last
        self.fc1 = nn.Linear(in_features, hidden_features, bias=bias[0], device=device, dtype=dtype)
        self.act = act_layer()
        self.drop1 = nn.Dropout(drop[0])
        self.norm = nn.Identity() if norm_layer is None else norm_layer(hidden_features // 2)
        self.fc2 = nn.Linear(hidden_features // 2, out_features, bias=bias[1], device=device, dtype=dtype)
        self.drop2 = nn.Dropout(drop[1])

    def forward(self, x):
        first, second = self.fc1(x).chunk(2, dim=-1)
        x = first * self.act(second) if self.gate_last else self.act(first) * second
        return self.drop2(self.fc2(self.norm(self.drop1(x))))


class SwiGLU(nn.Module):
    def __init__(
        self, in_features, hidden_features=None, out_features=None, act_layer=nn.SiLU, norm_layer=None, bias=True,
        drop=0.0, align_to=0, device=None, dtype=None
    ):
        super().__init__()
        out_features, hidden_features = out_features or in_features, hidden_features or in_features
        hidden_features += -hidden_features % align_to if align_to else 0
        bias, drop = to_2tuple(bias), to_2tuple(drop)
        self.fc1_g = nn.Linear(in_features, hidden_features, bias=bias[0], device=device, dtype=dtype)
        self.fc1_x = nn.Linear(in_features, hidden_features, bias=bias[0], device=device, dtype=dtype)
        self.act = act_layer()
        self.drop1 = nn.Dropout(drop[0])
        self.norm = nn.Identity() if norm_layer is None else norm_layer(hidden_features)
        self.fc2 = nn.Linear(hidden_features, out_features, bias=bias[1], device=device, dtype=dtype)
        self.drop2 = nn.Dropout(drop[1])

    def forward(self, x):
        return self.drop2(self.fc2(self.norm(self.drop1(self.act(self.fc1_g(x)) * self.fc1_x(x)))))


class LayerScale(nn.Module):
    def __init__(self, dim, init_values=1e-5, inplace=False, device=None, dtype=None):
        super().__init__()
        self.init_values, self.inplace = init_values, inplace
        self.gamma = nn.Parameter(torch.full((dim,), float(init_values), device=device, dtype=dtype))

    def forward(self, x):
        return x.mul_(self.gamma) if self.inplace else x * self.gamma


class RmsNorm(nn.Module):
    def __init__(self, channels, eps=1e-6, affine=True, device=None, dtype=None):
        super().__init__()
        self.normalized_shape = (channels,) if isinstance(channels, int) else tuple(channels)
        self.eps, self.elementwise_affine = eps, affine
        if affine:
            self.weight = nn.Parameter(torch.ones(self.normalized_shape, device=device, dtype=dtype))
        else:
            self.register_parameter("weight", None)

    def forward(self, x):
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

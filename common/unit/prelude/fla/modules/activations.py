"""Activations computed in float32 and given back in the input's type."""

import math
import torch
import torch.nn.functional as F
import fla.modules.activations as ops


def sigmoid(x):
    return x.float().sigmoid().to(x.dtype)


def logsigmoid(x, temperature=1.0):
    return (F.logsigmoid(x.float()) / temperature).to(x.dtype)


def swish(x):
    return F.silu(x.float()).to(x.dtype)


def elu_p1(x):
    return torch.where(x >= 0, x + 1, x.clamp_max(0).exp()).to(x.dtype)


def fast_gelu_impl(x):
    return (x * 0.5 * (1.0 + torch.tanh(0.79788456 * x * (1 + 0.044715 * x * x)))).to(x.dtype)


def bias_gelu_impl(y, bias):
    return fast_gelu_impl(bias + y).to(y.dtype)


bias_gelu = bias_gelu_impl


def sqrelu(x):
    return F.relu(x.float()).square().to(x.dtype)


def swiglu(x, y):
    return (F.silu(x.float()) * y.float()).to(x.dtype)


def sigmoidglu(x, y):
    return (x.float().sigmoid() * y.float()).to(x.dtype)


def powglu(x, y, power=3.0):
    """g(x) y with g(x) = x^(m / (√x + 1)) σ(x) above 0 and x σ(x) below."""
    wide = x.float()
    safe = torch.where(wide > 0, wide, 1.0)
    g = torch.where(wide > 0, (power / (safe.sqrt() + 1.0) * safe.log()).exp(), wide) * wide.sigmoid()
    return (g * y.float()).to(x.dtype)


def swiglu_linear(x, y, weight, bias):
    return F.linear(swiglu(x, y), weight, bias)


def sigmoidglu_linear(x, y, weight, bias):
    return F.linear(sigmoidglu(x, y), weight, bias)


def powglu_linear(x, y, weight, bias, power=3.0):
    return F.linear(powglu(x, y, power), weight, bias)


ACT2FN = {
    "relu": F.relu, "sigmoid": sigmoid, "logsigmoid": logsigmoid, "silu": swish, "swish": swish, "sqrelu": sqrelu,
    "gelu": fast_gelu_impl, "bias_gelu": bias_gelu_impl}

"""Norms: statistics in float32 whatever the type, the output of the input's type, a residual added before."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import fla.modules.norm as layernorm, fla.modules.norm as fused_norm_gate
import fla.modules.norm as layernorm_gated


def _normalize(x, weight, bias, eps, rms, groups=1):
    if groups > 1:
        x = x.unflatten(-1, (groups, -1))
    if not rms:
        x = x - x.mean(-1, keepdim=True)
    x = x * (x.square().mean(-1, keepdim=True) + eps).rsqrt()
    if groups > 1:
        x = x.flatten(-2)
    if weight is not None:
        x = x * weight.float()
    return x if bias is None else x + bias.float()


def _norm(x, weight, bias, residual, eps, prenorm, residual_in_fp32, rms, groups=1, gate=None, activation="swish"):
    if x.shape[-1] % groups != 0:
        raise ValueError("num_channels must be divisible by num_groups")
    total = x.float()
    if residual is not None:
        assert residual.shape == x.shape
        total = total + residual.float()
    y = _normalize(total, weight, bias, eps, rms, groups)
    if gate is not None:
        y = y * (gate.float().sigmoid() if activation == "sigmoid" else F.silu(gate.float()))
    y = y.to(x.dtype)
    if not prenorm:
        return y
    return y, total.to(residual.dtype if residual is not None else torch.float32 if residual_in_fp32 else x.dtype)


def layer_norm(x, weight, bias, residual=None, eps=1e-5, prenorm=False, residual_in_fp32=False, is_rms_norm=False):
    return _norm(x, weight, bias, residual, eps, prenorm, residual_in_fp32, is_rms_norm)


def group_norm(
        x, weight, bias, residual=None, eps=1e-5, prenorm=False, residual_in_fp32=False, is_rms_norm=False,
        num_groups=1 ):
    return _norm(x, weight, bias, residual, eps, prenorm, residual_in_fp32, is_rms_norm, num_groups)


def rms_norm(x, weight, bias, residual=None, eps=1e-5, prenorm=False, residual_in_fp32=False):
    return _norm(x, weight, bias, residual, eps, prenorm, residual_in_fp32, True)


def layer_norm_ref(x, weight, bias, residual=None, eps=1e-5, prenorm=False, upcast=False):
    return _norm(x, weight, bias, residual, eps, prenorm, upcast, False)


def rms_norm_ref(
        x, weight, bias, residual=None, eps=1e-5, prenorm=False, upcast=False, z=None, group_size=None,
        norm_before_gate=True):
    if z is not None or group_size is not None:
        return rmsnorm_fn(x, weight, bias, z, eps, group_size, norm_before_gate)
    return _norm(x, weight, bias, residual, eps, prenorm, upcast, True)


def group_norm_ref(
        x, weight, bias, num_groups, residual=None, eps=1e-5, is_rms_norm=False, prenorm=False, upcast=False ):
    return _norm(x, weight, bias, residual, eps, prenorm, upcast, is_rms_norm, num_groups)


def _linear(y, weight, bias):
    y, rest = (y[0], y[1:]) if isinstance(y, tuple) else (y, ())
    y = F.linear(y.to(weight.dtype), weight, bias if bias is None else bias.to(weight.dtype))
    return (y, *rest) if rest else y


def layer_norm_linear(
        x, norm_weight, norm_bias, linear_weight, linear_bias, residual=None, eps=1e-5, prenorm=False,
        residual_in_fp32=False, is_rms_norm=False, num_groups=1):
    return _linear(
        _norm(x, norm_weight, norm_bias, residual, eps, prenorm, residual_in_fp32, is_rms_norm, num_groups),
        linear_weight, linear_bias)


def rms_norm_linear(
        x, norm_weight, norm_bias, linear_weight, linear_bias, residual=None, eps=1e-5, prenorm=False,
        residual_in_fp32=False):
    return layer_norm_linear(
        x, norm_weight, norm_bias, linear_weight, linear_bias, residual, eps, prenorm, residual_in_fp32, True)


group_norm_linear = layer_norm_linear


def layer_norm_gated(
        x, g, weight, bias, activation="swish", residual=None, prenorm=False, residual_in_fp32=False, eps=1e-6 ):
    return _norm(x, weight, bias, residual, eps, prenorm, residual_in_fp32, False, 1, g, activation)


def rms_norm_gated(
        x, g, weight, bias, activation="swish", residual=None, prenorm=False, residual_in_fp32=False, eps=1e-6 ):
    return _norm(x, weight, bias, residual, eps, prenorm, residual_in_fp32, True, 1, g, activation)


def layer_norm_swish_gate(x, o, weight, bias, residual=None, prenorm=False, residual_in_fp32=False, eps=1e-6):
    return _norm(x, weight, bias, residual, eps, prenorm, residual_in_fp32, False, 1, o)


def rms_norm_swish_gate(x, o, weight, bias, residual=None, prenorm=False, residual_in_fp32=False, eps=1e-6):
    return _norm(x, weight, bias, residual, eps, prenorm, residual_in_fp32, True, 1, o)


layer_norm_swish_gate_fn, rms_norm_swish_gate_fn = layer_norm_swish_gate, rms_norm_swish_gate
layer_norm_fn, rms_norm_fn, group_norm_fn = layer_norm, rms_norm, group_norm
layer_norm_linear_fn = layer_norm_linear


def layer_norm_swish_gate_linear(
        x, g, norm_weight, norm_bias, linear_weight, linear_bias, residual=None, prenorm=False, residual_in_fp32=False,
        eps=1e-6):
    return _linear(
        _norm(x, norm_weight, norm_bias, residual, eps, prenorm, residual_in_fp32, False, 1, g), linear_weight,
        linear_bias)


def rms_norm_swish_gate_linear(
        x, g, norm_weight, norm_bias, linear_weight, linear_bias, residual=None, prenorm=False, residual_in_fp32=False,
        eps=1e-6):
    return _linear(
        _norm(x, norm_weight, norm_bias, residual, eps, prenorm, residual_in_fp32, True, 1, g), linear_weight,
        linear_bias)


def layernorm_fn(x, weight, bias, z=None, eps=1e-6, group_size=None, norm_before_gate=True, is_rms_norm=False):
    """The norm of Mamba-2: silu(z) on the output, or on the input where norm_before_gate is false."""
    assert z is None or z.shape == x.shape
    total = x.float()
    if z is not None and not norm_before_gate:
        total = total * F.silu(z.float())
    if group_size is not None and x.shape[-1] % group_size != 0:
        raise AssertionError(f"{x.shape[-1]} channels are not divisible by group_size {group_size}")
    y = _normalize(total, weight, bias, eps, is_rms_norm, 1 if group_size is None else x.shape[-1] // group_size)
    if z is not None and norm_before_gate:
        y = y * F.silu(z.float())
    return y.to(x.dtype)


def rmsnorm_fn(x, weight, bias, z=None, eps=1e-6, group_size=None, norm_before_gate=True):
    return layernorm_fn(x, weight, bias, z, eps, group_size, norm_before_gate, True)


class _Norm(nn.Module):
    rms = True

    def __init__(self, hidden_size, elementwise_affine=True, bias=False, eps=1e-5, device=None, dtype=None):
        super().__init__()
        self.hidden_size, self.elementwise_affine, self.eps = hidden_size, elementwise_affine, eps
        self.register_parameter("weight", None)
        self.register_parameter("bias", None)
        if elementwise_affine:
            self.weight = nn.Parameter(torch.empty(hidden_size, device=device, dtype=dtype))
            if bias:
                self.bias = nn.Parameter(torch.empty(hidden_size, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self):
        if self.elementwise_affine:
            nn.init.ones_(self.weight)
            if self.bias is not None:
                nn.init.zeros_(self.bias)

    def _text(self):
        return f"{self.hidden_size}{'' if self.elementwise_affine else ', elementwise_affine=False'}, eps={self.eps}"

    def __repr__(self):
        return f"{type(self).__name__}({self._text()})"


class RMSNorm(_Norm):
    def forward(self, x, residual=None, prenorm=False, residual_in_fp32=False):
        return _norm(x, self.weight, self.bias, residual, self.eps, prenorm, residual_in_fp32, self.rms)


class LayerNorm(RMSNorm):
    rms = False


class RMSNormLinear(_Norm):
    def forward(self, x, weight, bias, residual=None, prenorm=False, residual_in_fp32=False):
        return layer_norm_linear(
            x, self.weight, self.bias, weight, bias, residual, self.eps, prenorm, residual_in_fp32, self.rms)


class LayerNormLinear(RMSNormLinear):
    rms = False


class _GroupNorm(_Norm):
    def __init__(
            self, num_groups, hidden_size, elementwise_affine=True, bias=False, eps=1e-5, is_rms_norm=False,
            device=None, dtype=None):
        if hidden_size % num_groups != 0:
            raise ValueError("num_channels must be divisible by num_groups")
        super().__init__(hidden_size, elementwise_affine, bias, eps, device, dtype)
        self.num_groups, self.is_rms_norm = num_groups, is_rms_norm

    def _text(self):
        return f"{self.num_groups}, {super()._text()}" + (", is_rms_norm=True" if self.is_rms_norm else "")


class GroupNorm(_GroupNorm):
    def forward(self, x, residual=None, prenorm=False, residual_in_fp32=False):
        return group_norm(
            x, self.weight, self.bias, residual, self.eps, prenorm, residual_in_fp32, self.is_rms_norm, self.num_groups)


GroupNormRef = GroupNorm


class GroupNormLinear(_GroupNorm):
    def forward(self, x, weight, bias, residual=None, prenorm=False, residual_in_fp32=False):
        return layer_norm_linear(
            x, self.weight, self.bias, weight, bias, residual, self.eps, prenorm, residual_in_fp32, self.is_rms_norm,
            self.num_groups)


class _GatedNorm(_Norm):
    def __init__(
            self, hidden_size, elementwise_affine=True, bias=False, activation="swish", eps=1e-5, device=None,
            dtype=None ):
        if activation not in ["swish", "silu", "sigmoid"]:
            raise ValueError(f"Unsupported activation: {activation}")
        super().__init__(hidden_size, elementwise_affine, bias, eps, device, dtype)
        self.activation = activation

    def _text(self):
        return f"{super()._text()}, activation={self.activation}"

    def forward(self, x, g, residual=None, prenorm=False, residual_in_fp32=False):
        return _norm(
            x, self.weight, self.bias, residual, self.eps, prenorm, residual_in_fp32, self.rms, 1, g, self.activation)


class FusedLayerNormGated(_GatedNorm):
    rms = False


class FusedRMSNormGated(_GatedNorm):
    def __init__(self, hidden_size, elementwise_affine=True, eps=1e-5, activation="swish", device=None, dtype=None):
        super().__init__(hidden_size, elementwise_affine, False, activation, eps, device, dtype)


class FusedLayerNormSwishGate(_GatedNorm):
    rms = False

    def __init__(self, hidden_size, elementwise_affine=True, bias=False, eps=1e-5, device=None, dtype=None):
        super().__init__(hidden_size, elementwise_affine, bias, "swish", eps, device, dtype)


class FusedRMSNormSwishGate(FusedRMSNormGated):
    def __init__(self, hidden_size, elementwise_affine=True, eps=1e-5, device=None, dtype=None):
        super().__init__(hidden_size, elementwise_affine, eps, "swish", device, dtype)


class FusedRMSNormGatedLinear(_Norm):
    def __init__(self, hidden_size, elementwise_affine=True, eps=1e-5, device=None, dtype=None):
        super().__init__(hidden_size, elementwise_affine, False, eps, device, dtype)

    def forward(self, x, g, weight=None, bias=None, residual=None, prenorm=False, residual_in_fp32=False):
        y = _norm(x, self.weight, self.bias, residual, self.eps, prenorm, residual_in_fp32, self.rms, 1, g)
        return _linear(y, weight, bias)


class FusedLayerNormGatedLinear(FusedRMSNormGatedLinear):
    rms = False


FusedRMSNormSwishGateLinear, FusedLayerNormSwishGateLinear = FusedRMSNormGatedLinear, FusedLayerNormGatedLinear


class LayerNormGated(nn.Module):
    def __init__(self, hidden_size, eps=1e-5, group_size=None, norm_before_gate=True, device=None, dtype=None):
        super().__init__()
        self.eps, self.group_size, self.norm_before_gate = eps, group_size, norm_before_gate
        self.weight = nn.Parameter(torch.empty(hidden_size, device=device, dtype=dtype))
        self.bias = nn.Parameter(torch.empty(hidden_size, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x, z=None):
        return layernorm_fn(x, self.weight, self.bias, z, self.eps, self.group_size, self.norm_before_gate)


class RMSNormGated(nn.Module):
    def __init__(self, hidden_size, eps=1e-5, group_size=None, norm_before_gate=False, device=None, dtype=None):
        super().__init__()
        self.eps, self.group_size, self.norm_before_gate = eps, group_size, norm_before_gate
        self.weight = nn.Parameter(torch.empty(hidden_size, device=device, dtype=dtype))
        self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.ones_(self.weight)

    def forward(self, x, z=None):
        return rmsnorm_fn(x, self.weight, self.bias, z, self.eps, self.group_size, self.norm_before_gate)


def l2_norm(x, eps=1e-6, output_dtype=None):
    """x over the root of its sum of squares + eps, along the last axis."""
    y = x.float()
    return (y * (y.square().sum(-1, keepdim=True) + eps).rsqrt()).to(output_dtype or x.dtype)


l2norm_fn = l2_norm


class L2Norm(nn.Module):
    def __init__(self, eps=1e-6, output_dtype=None):
        super().__init__()
        self.eps, self.output_dtype = eps, output_dtype

    def forward(self, x):
        return l2_norm(x, self.eps, self.output_dtype)

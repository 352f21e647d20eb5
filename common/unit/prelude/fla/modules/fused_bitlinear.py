"""Linear maps with weights of -1, 0, 1 times a scale and 8-bit inputs; gradients pass as if exact. arXiv:2402.17764."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from fla.modules.norm import RMSNorm


def activation_quant(x):
    scale = 127.0 / x.abs().max(dim=-1, keepdim=True).values.clamp_(min=1e-5)
    return (x * scale).round().clamp_(-128, 127) / scale


def weight_quant(w):
    scale = 1.0 / w.abs().mean().clamp_(min=1e-5)
    return (w * scale).round().clamp_(-1, 1) / scale


def bit_linear(x, weight, bias=None, norm_weight=None, norm_bias=None, eps=1e-8):
    from fla.modules.norm import rms_norm

    x = rms_norm(x, norm_weight, norm_bias, eps=eps)
    x = x + (activation_quant(x) - x).detach()
    return F.linear(x, weight + (weight_quant(weight) - weight).detach(), bias)


class BitLinear(nn.Linear):
    def __init__(self, in_features, out_features, bias=False, norm_eps=1e-8):
        super().__init__(in_features, out_features, bias=bias)
        self.norm = RMSNorm(in_features, eps=norm_eps, dtype=torch.float32)

    def forward(self, x):
        return bit_linear(x, self.weight, None, self.norm.weight, self.norm.bias, self.norm.eps)


class FusedBitLinear(BitLinear):
    def __init__(self, in_features, out_features, bias=False):
        super().__init__(in_features, out_features, bias=bias)

    def forward(self, x):
        return bit_linear(x, self.weight, self.bias, self.norm.weight, self.norm.bias, self.norm.eps)

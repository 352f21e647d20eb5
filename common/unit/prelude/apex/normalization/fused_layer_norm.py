import torch
import torch.nn as nn
import torch.nn.functional as F


def _wide(x, shape, weight, bias, eps, rms):
    y = x.float()
    weight, bias = [p if p is None else p.float() for p in (weight, bias)]
    y = F.rms_norm(y, shape, weight, eps) if rms else F.layer_norm(y, shape, weight, bias, eps)
    return y.to(x.dtype)


class FusedLayerNorm(nn.Module):
    rms = False

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True, memory_efficient=False):
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps, self.elementwise_affine, self.memory_efficient = eps, elementwise_affine, memory_efficient
        self.weight = nn.Parameter(torch.ones(self.normalized_shape)) if elementwise_affine else None
        if not self.rms:
            self.bias = nn.Parameter(torch.zeros(self.normalized_shape)) if elementwise_affine else None

    def reset_parameters(self):
        if self.elementwise_affine:
            nn.init.ones_(self.weight)
            if not self.rms:
                nn.init.zeros_(self.bias)

    def forward(self, input):
        return _wide(input, self.normalized_shape, self.weight, None if self.rms else self.bias, self.eps, self.rms)

    def extra_repr(self):
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class FusedRMSNorm(FusedLayerNorm):
    rms = True


class MixedFusedLayerNorm(FusedLayerNorm):
    def __init__(self, normalized_shape, eps=1e-5, **options):
        super().__init__(normalized_shape, eps, True)


class MixedFusedRMSNorm(FusedRMSNorm):
    def __init__(self, normalized_shape, eps=1e-5, **options):
        super().__init__(normalized_shape, eps, True)


def fused_layer_norm(input, normalized_shape, eps=1e-6, memory_efficient=False):
    return _wide(input, normalized_shape, None, None, eps, False)


def fused_layer_norm_affine(input, weight, bias, normalized_shape, eps=1e-6, memory_efficient=False):
    return _wide(input, normalized_shape, weight, bias, eps, False)


def fused_rms_norm(input, normalized_shape, eps=1e-6, memory_efficient=False):
    return _wide(input, normalized_shape, None, None, eps, True)


def fused_rms_norm_affine(input, weight, normalized_shape, eps=1e-6, memory_efficient=False):
    return _wide(input, normalized_shape, weight, None, eps, True)

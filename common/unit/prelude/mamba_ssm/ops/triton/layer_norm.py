import torch
import torch.nn as nn
import torch.nn.functional as F
from fla.modules.norm import _normalize


def layer_norm_fn(
        x, weight, bias, residual=None, x1=None, weight1=None, bias1=None, eps=1e-6, dropout_p=0.0, rowscale=None,
        prenorm=False, residual_in_fp32=False, is_rms_norm=False, return_dropout_mask=False):
    """A norm after dropout, a second input and a residual, all optional; with weight1 a second output."""
    if return_dropout_mask:
        raise NotImplementedError("layer_norm_fn: return_dropout_mask is not part of this language")
    total = x.float()
    if rowscale is not None:
        total = total * rowscale.float()[..., None]
    if dropout_p > 0.0:
        total = F.dropout(total, dropout_p)
    if x1 is not None:
        total = total + (F.dropout(x1.float(), dropout_p) if dropout_p > 0.0 else x1.float())
    if residual is not None:
        total = total + residual.float()
    outs = [_normalize(total, weight, bias, eps, is_rms_norm).to(x.dtype)]
    if weight1 is not None:
        outs.append(_normalize(total, weight1, bias1, eps, is_rms_norm).to(x.dtype))
    if prenorm:
        outs.append(
            total.to(residual.dtype if residual is not None else torch.float32 if residual_in_fp32 else x.dtype))
    return outs[0] if len(outs) == 1 else tuple(outs)


def rms_norm_fn(
        x, weight, bias, residual=None, x1=None, weight1=None, bias1=None, eps=1e-6, dropout_p=0.0, rowscale=None,
        prenorm=False, residual_in_fp32=False, return_dropout_mask=False):
    return layer_norm_fn(
        x, weight, bias, residual, x1, weight1, bias1, eps, dropout_p, rowscale, prenorm, residual_in_fp32, True,
        return_dropout_mask)


def layer_norm_ref(
        x, weight, bias, residual=None, x1=None, weight1=None, bias1=None, eps=1e-6, dropout_p=0.0, rowscale=None,
        prenorm=False, dropout_mask=None, dropout_mask1=None, upcast=False):
    return layer_norm_fn(x, weight, bias, residual, x1, weight1, bias1, eps, dropout_p, rowscale, prenorm)


def rms_norm_ref(
        x, weight, bias, residual=None, x1=None, weight1=None, bias1=None, eps=1e-6, dropout_p=0.0, rowscale=None,
        prenorm=False, dropout_mask=None, dropout_mask1=None, upcast=False):
    return rms_norm_fn(x, weight, bias, residual, x1, weight1, bias1, eps, dropout_p, rowscale, prenorm)


def layer_norm_linear_fn(
        x, norm_weight, norm_bias, linear_weight, linear_bias, residual=None, eps=1e-6, prenorm=False,
        residual_in_fp32=False, is_rms_norm=False):
    y = layer_norm_fn(
        x, norm_weight, norm_bias, residual, eps=eps, prenorm=prenorm, residual_in_fp32=residual_in_fp32,
        is_rms_norm=is_rms_norm)
    y, rest = (y[0], y[1:]) if prenorm else (y, ())
    y = F.linear(y.to(linear_weight.dtype), linear_weight, linear_bias)
    return (y, *rest) if rest else y


class RMSNorm(nn.Module):
    def __init__(self, hidden_size, eps=1e-5, dropout_p=0.0, device=None, dtype=None):
        super().__init__()
        self.eps = eps
        self.drop = nn.Dropout(dropout_p) if dropout_p > 0.0 else None
        self.weight = nn.Parameter(torch.empty(hidden_size, device=device, dtype=dtype))
        self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.ones_(self.weight)

    def forward(self, x, residual=None, prenorm=False, residual_in_fp32=False):
        dropped = self.drop.p if self.drop is not None and self.training else 0.0
        return rms_norm_fn(
            x, self.weight, self.bias, residual, eps=self.eps, dropout_p=dropped, prenorm=prenorm,
            residual_in_fp32=residual_in_fp32)

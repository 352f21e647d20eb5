"""xformers.ops for the unit language: attention over (B, T, H, D) or (B, T, D)."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import xformers.ops as fmha, xformers.ops as attn_bias


class AttentionBias:
    pass


class LowerTriangularMask(AttentionBias):
    def materialize(self, shape, dtype=torch.float32, device="cpu"):
        return torch.full(shape, float("-inf"), dtype=torch.float32, device=device).triu(1).to(dtype)

    def add_bias(self, bias):
        return LowerTriangularMaskWithTensorBias(bias)


class LowerTriangularMaskWithTensorBias(LowerTriangularMask):
    def __init__(self, bias):
        self._bias = bias

    def materialize(self, shape, dtype=torch.float32, device="cpu"):
        return super().materialize(shape, dtype, device) + self._bias


class LowerTriangularFromBottomRightMask(LowerTriangularMask):
    def materialize(self, shape, dtype=torch.float32, device="cpu"):
        hidden = torch.full(shape, float("-inf"), dtype=torch.float32, device=device)
        return hidden.triu(1 + shape[-1] - shape[-2]).to(dtype)


def memory_efficient_attention(query, key, value, attn_bias=None, p=0.0, scale=None, *, op=None, output_dtype=None):
    flat = query.dim() == 3
    if flat:
        query, key, value = [t.unsqueeze(2) for t in (query, key, value)]
    q, k, v = [t.transpose(1, 2) for t in (query, key, value)]
    if isinstance(attn_bias, AttentionBias):
        attn_bias = attn_bias.materialize((*q.shape[:3], k.shape[2]), q.dtype, q.device)
    elif attn_bias is not None and flat and attn_bias.dim() == 3:
        attn_bias = attn_bias.unsqueeze(1)
    y = F.scaled_dot_product_attention(q, k, v, attn_mask=attn_bias, dropout_p=p, scale=scale).transpose(1, 2)
    return y.squeeze(2) if flat else y


def unbind(x, dim):
    return x.unbind(dim)


class SwiGLU(nn.Module):
    def __init__(self, in_features, hidden_features, out_features=None, bias=True, *, _pack_weights=True):
        super().__init__()
        out_features = in_features if out_features is None else out_features
        if _pack_weights:
            self.w12 = nn.Linear(in_features, 2 * hidden_features, bias=bias)
        else:
            self.w12 = None
            self.w1 = nn.Linear(in_features, hidden_features, bias=bias)
            self.w2 = nn.Linear(in_features, hidden_features, bias=bias)
        self.w3 = nn.Linear(hidden_features, out_features, bias=bias)
        self.hidden_features, self.out_features, self.in_features = hidden_features, out_features, in_features

    def forward(self, x):
        gate, up = self.w12(x).chunk(2, dim=-1) if self.w12 is not None else (self.w1(x), self.w2(x))
        return self.w3(F.silu(gate) * up)

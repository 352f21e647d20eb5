import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from flash_attn.layers.rotary import RotaryEmbedding


class MHA(nn.Module):
    """Attention with grouped heads, rotary embedding, a short convolution and a gated MLP beside it, all optional."""

    def __init__(
            self, embed_dim, num_heads, num_heads_kv=None, head_dim=None, mlp_dim=0, qkv_proj_bias=True,
            out_proj_bias=True, softmax_scale=None, causal=False, layer_idx=None, d_conv=0, rotary_emb_dim=0,
            rotary_emb_base=10000.0, rotary_emb_interleaved=False, device=None, dtype=None):
        factory = {"device": device, "dtype": dtype}
        super().__init__()
        self.embed_dim, self.layer_idx, self.d_conv, self.rotary_emb_dim = embed_dim, layer_idx, d_conv, rotary_emb_dim
        self.softmax_scale, self.causal, self.num_heads = softmax_scale, causal, num_heads
        self.num_heads_kv = num_heads if num_heads_kv is None else num_heads_kv
        assert num_heads % self.num_heads_kv == 0, "num_heads must be divisible by num_heads_kv"
        if head_dim is None:
            assert embed_dim % num_heads == 0, "embed_dim must be divisible by num_heads"
        self.head_dim = embed_dim // num_heads if head_dim is None else head_dim
        self.mlp_dim = math.ceil(mlp_dim / 256) * 256
        qkv_dim = self.head_dim * (num_heads + 2 * self.num_heads_kv)
        if rotary_emb_dim > 0:
            self.rotary_emb = RotaryEmbedding(
                rotary_emb_dim, base=rotary_emb_base, interleaved=rotary_emb_interleaved, device=device)
        self.in_proj = nn.Linear(embed_dim, qkv_dim + self.mlp_dim, bias=qkv_proj_bias, **factory)
        if d_conv > 0:
            self.conv1d = nn.Conv1d(qkv_dim, qkv_dim, d_conv, padding=d_conv - 1, groups=qkv_dim, **factory)
        self.out_proj = nn.Linear(
            self.head_dim * num_heads + self.mlp_dim // 2, embed_dim, bias=out_proj_bias, **factory)

    def forward(self, x, inference_params=None):
        if inference_params is not None:
            raise NotImplementedError("MHA: generation with inference_params is not part of this language")
        qkv = self.in_proj(x)
        if self.mlp_dim > 0:
            qkv, mlp = qkv.split([qkv.shape[-1] - self.mlp_dim, self.mlp_dim], dim=-1)
            up, gate = mlp.chunk(2, dim=-1)
            mlp = up * F.silu(gate)
        if self.d_conv > 0:
            qkv = self.conv1d(qkv.transpose(1, 2))[..., : -(self.d_conv - 1) or None].transpose(1, 2)
        q, kv = qkv.split([self.num_heads * self.head_dim, self.num_heads_kv * 2 * self.head_dim], dim=-1)
        q = q.unflatten(-1, (-1, self.head_dim))
        kv = kv.unflatten(-1, (2, -1, self.head_dim))
        if self.rotary_emb_dim > 0:
            q, kv = self.rotary_emb(q, kv)
        k, v = kv.unbind(dim=-3)
        k, v = [t.repeat_interleave(self.num_heads // self.num_heads_kv, dim=2).transpose(1, 2) for t in (k, v)]
        y = F.scaled_dot_product_attention(q.transpose(1, 2), k, v, is_causal=self.causal, scale=self.softmax_scale)
        y = y.transpose(1, 2).flatten(2)
        return self.out_proj(torch.cat([y, mlp], dim=-1) if self.mlp_dim > 0 else y)

import torch
import torch.nn as nn
import torch.nn.functional as F
from einops import rearrange

from model_discovery.model.utils.modules import GAUBase, UnitDecl


class MHA(GAUBase):
    """Causal softmax attention with rotary positions; q and k travel to the rotary unit through Z."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, num_heads=8, causal=True,
                 out_proj_bias=True, qkv_proj_bias=True, softmax_scale=None, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        assert embed_dim % num_heads == 0, "embed_dim must be divisible by num_heads"
        self.num_heads, self.head_dim = num_heads, embed_dim // num_heads
        self.causal, self.softmax_scale = causal, softmax_scale
        kwarg_all["rotary_emb_dim"] = self.head_dim
        self.rotary_emb = RotaryPositionalEmbeddings(
            embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all, **self.factory_kwargs,
            **self.kwarg_all)
        self.in_proj = nn.Linear(embed_dim, 3 * embed_dim, bias=qkv_proj_bias, **self.factory_kwargs)
        self.out_proj = nn.Linear(embed_dim, embed_dim, bias=out_proj_bias, **self.factory_kwargs)

    def _forward(self, X, **Z):
        q, k, v = rearrange(self.in_proj(X), "b t (n h d) -> n b t h d", n=3, h=self.num_heads)
        Z["input_emb"] = q
        _, Z = self.rotary_emb(X, **Z)
        q = Z["output_emb"]
        Z["input_emb"] = k
        _, Z = self.rotary_emb(X, **Z)
        k = Z["output_emb"]
        y = F.scaled_dot_product_attention(
            q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), is_causal=self.causal, scale=self.softmax_scale)
        return self.out_proj(rearrange(y, "b h t d -> b t (h d)")), Z


CHILDREN_DECLARATIONS = [
    UnitDecl(unitname="RotaryPositionalEmbeddings", requirements="positions", inputs=["X", "input_emb"],
             outputs=["Y", "output_emb"]),
]

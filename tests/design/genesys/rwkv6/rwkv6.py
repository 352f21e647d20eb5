# The reference's RWKV6 seed in its dialect, written anew, with its fault: the attention leaves low_rank_dim = 64 in the
# hyper-parameters that all units share, so the feed-forward's interpolations, built after it, become LoRAs of rank 64.
import torch
import torch.nn as nn

from model_discovery.model.utils.modules import GAUBase, UnitDecl


class RWKV6(GAUBase):
    """x + Att(LN(x)), then x + FFN(LN(x))."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, norm_bias=True, norm_eps=1e-5,
                 **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        self.attn_norm = nn.LayerNorm(embed_dim, bias=norm_bias, eps=norm_eps, **self.factory_kwargs)
        self.attn = RWKV6Attention(
            embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all, **self.factory_kwargs,
            **self.kwarg_all)
        self.ffn_norm = nn.LayerNorm(embed_dim, bias=norm_bias, eps=norm_eps, **self.factory_kwargs)
        self.ffn = RWKV6FeedForward(
            embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all, **self.factory_kwargs,
            **self.kwarg_all)

    def _forward(self, X, **Z):
        H, Z = self.attn(self.attn_norm(X), **Z)
        X = X + H
        H, Z = self.ffn(self.ffn_norm(X), **Z)
        return X + H, Z


CHILDREN_DECLARATIONS = [
    UnitDecl(unitname="RWKV6Attention", requirements="", inputs=["X"], outputs=["Y"]),
    UnitDecl(unitname="RWKV6FeedForward", requirements="", inputs=["X"], outputs=["Y"]),
]

import torch
import torch.nn as nn

from model_discovery.model.utils.modules import GAUBase, UnitDecl


class Conv(GAUBase):
    """Depthwise causal convolution of RMSNorm(x)."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, conv_kernel=4, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        self.norm = RMSNorm(
            embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all, **self.factory_kwargs,
            **self.kwarg_all)
        self.conv = nn.Conv1d(embed_dim, embed_dim, conv_kernel, groups=embed_dim, padding=conv_kernel - 1,
                              **self.factory_kwargs)

    def _forward(self, X, **Z):
        H, Z = self.norm(X, **Z)
        return self.conv(H.transpose(1, 2))[..., : X.shape[1]].transpose(1, 2), Z


CHILDREN_DECLARATIONS = [UnitDecl(unitname="RMSNorm", requirements="", inputs=["X"], outputs=["Y"])]

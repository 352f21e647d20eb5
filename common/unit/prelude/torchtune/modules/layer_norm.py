import torch.nn as nn
import torch.nn.functional as F


class Fp32LayerNorm(nn.LayerNorm):
    def forward(self, x):
        weight, bias = [p if p is None else p.float() for p in (self.weight, self.bias)]
        return F.layer_norm(x.float(), self.normalized_shape, weight, bias, self.eps).type_as(x)

import torch
import torch.nn as nn
from fla.modules.norm import rms_norm as _rms_norm


def rms_norm(x, weight, epsilon):
    return _rms_norm(x, weight, None, eps=epsilon)


class RMSNorm(nn.Module):
    def __init__(self, hidden_size, eps=1e-5, device=None, dtype=None):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(hidden_size, device=device, dtype=dtype))
        self.register_parameter("bias", None)

    def reset_parameters(self):
        nn.init.ones_(self.weight)

    def forward(self, x):
        return rms_norm(x, self.weight, self.eps)

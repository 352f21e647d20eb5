import torch
import torch.nn as nn
import torch.nn.functional as F


class GroupRMSNorm(nn.Module):
    """y = weight * x / sqrt(mean(x²) + eps), the mean over each group of about group_dim channels by itself.

    x: (B, T, C). Wu and He 2018, arXiv:1803.08494, without the mean, for each token as RetNet has it on its heads (Sun et
    al. 2023, arXiv:2307.08621). Where the groups would not be alike, the next smaller number of them is taken.
    """

    KIND = "token"

    def __init__(self, dim, group_dim=16, eps=1e-5):
        super().__init__()
        groups = max(1, dim // group_dim)
        while dim % groups:
            groups -= 1
        self.groups, self.eps = groups, eps
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x):
        y = x.unflatten(-1, (self.groups, -1))
        return self.weight * F.rms_norm(y, (y.shape[-1],), eps=self.eps).flatten(-2)

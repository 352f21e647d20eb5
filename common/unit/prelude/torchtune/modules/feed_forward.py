import torch.nn as nn


class FeedForward(nn.Module):
    def __init__(self, *, gate_proj, down_proj, up_proj=None, activation=nn.SiLU()):
        super().__init__()
        self.w1 = gate_proj
        self.w2 = down_proj
        self.w3 = up_proj
        self.activation = activation

    def forward(self, x):
        h = self.activation(self.w1(x))
        return self.w2(h if self.w3 is None else h * self.w3(x))

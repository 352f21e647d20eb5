"""The mixing layers of RWKV-6 and -7. Peng et al. 2024, arXiv:2404.05892."""
import math
import torch
import torch.nn as nn
from fla.modules.token_shift import token_shift


class LoRA(nn.Module):
    def __init__(self, input_dim, output_dim, low_rank_dim, bias=True, activation="tanh"):
        super().__init__()
        known = {None: nn.Identity, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}
        if activation not in known:
            raise ValueError(f"no activation {activation!r}")
        self.input_dim, self.output_dim, self.low_rank_dim, self.bias = input_dim, output_dim, low_rank_dim, bias
        self.activation = known[activation]()
        self.lora = nn.Sequential(
            nn.Linear(input_dim, low_rank_dim, bias=False),
            self.activation,
            nn.Linear(low_rank_dim, output_dim, bias=bias),
        )
        nn.init.zeros_(self.lora[0].weight)
        gain = math.sqrt(low_rank_dim / output_dim) if low_rank_dim > output_dim else 1
        nn.init.orthogonal_(self.lora[2].weight, gain=gain * 0.1)
        if bias:
            nn.init.zeros_(self.lora[2].bias)

    def set_bias_value(self, value):
        if self.bias:
            with torch.no_grad():
                self.lora[2].bias.copy_(torch.as_tensor(value).to(self.lora[2].bias.dtype))

    def forward(self, x):
        return self.lora(x)


class DDLerpLinear(nn.Module):
    """A linear map, or LoRA, of x + mu (the token before - x), mu given."""

    def __init__(self, input_dim, output_dim, low_rank_dim=None):
        super().__init__()
        self.input_dim, self.output_dim, self.low_rank_dim = input_dim, output_dim, low_rank_dim
        self.time_shift = nn.ZeroPad2d((0, 0, 1, -1))
        if low_rank_dim is None:
            self.linear = nn.Linear(input_dim, output_dim, bias=False)
        else:
            self.linear = LoRA(input_dim, output_dim, low_rank_dim)

    def forward(self, x, mu, delta=None, cu_seqlens=None):
        return self.linear(x + (token_shift(x, cu_seqlens) if delta is None else delta) * mu)


class LerpLinear(DDLerpLinear):
    """The same with mu learned."""

    def __init__(self, input_dim, output_dim, low_rank_dim=None):
        super().__init__(input_dim, output_dim, low_rank_dim)
        self.mu = nn.Parameter(torch.zeros(input_dim))

    def forward(self, x, delta=None, cu_seqlens=None):
        return super().forward(x, self.mu, delta, cu_seqlens)

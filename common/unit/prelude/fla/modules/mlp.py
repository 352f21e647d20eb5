import torch
import torch.nn as nn
from fla.modules.activations import powglu, powglu_linear, swiglu, swiglu_linear


class SwiGLULinear(nn.Module):
    def forward(self, x, y, weight, bias):
        return swiglu_linear(x, y, weight, bias)


class GatedMLP(nn.Module):
    def __init__(
            self, hidden_size, hidden_ratio=None, intermediate_size=None, hidden_act="swish", fuse_swiglu=True,
            powglu_power=3.0):
        super().__init__()
        hidden_ratio = 4 if hidden_ratio is None else hidden_ratio
        if intermediate_size is None:
            intermediate_size = 256 * ((int(hidden_size * hidden_ratio * 2 / 3) + 255) // 256)
        self.hidden_size, self.hidden_ratio, self.intermediate_size = hidden_size, hidden_ratio, intermediate_size
        self.hidden_act, self.fuse_swiglu, self.powglu_power = hidden_act, fuse_swiglu, powglu_power
        if hidden_act not in ("swish", "powlu"):
            raise ValueError(f"Unsupported hidden_act: {hidden_act}")
        self.gate_proj = nn.Linear(hidden_size, intermediate_size, bias=False)
        self.up_proj = nn.Linear(hidden_size, intermediate_size, bias=False)
        self.down_proj = nn.Linear(intermediate_size, hidden_size, bias=False)
        if fuse_swiglu and hidden_act == "swish":
            self.swiglu_linear = SwiGLULinear()

    def forward(self, x, **kwargs):
        gate, y = self.gate_proj(x), self.up_proj(x)
        if self.hidden_act == "powlu":
            return self.down_proj(powglu(gate, y, self.powglu_power))
        return self.down_proj(swiglu(gate, y))

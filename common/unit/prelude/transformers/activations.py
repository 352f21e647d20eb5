import functools
import math
from collections import OrderedDict
import torch
import torch.nn as nn
import torch.nn.functional as F


def _tanh_gelu(x):
    return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))))


class GELUTanh(nn.Module):
    def __init__(self, use_gelu_tanh_python=False):
        super().__init__()
        self.act = _tanh_gelu if use_gelu_tanh_python else functools.partial(F.gelu, approximate="tanh")

    def forward(self, input):
        return self.act(input)


PytorchGELUTanh = GELUTanh


class NewGELUActivation(nn.Module):
    def forward(self, input):
        return _tanh_gelu(input)


class GELUActivation(nn.Module):
    def __init__(self, use_gelu_python=False):
        super().__init__()
        self.act = (lambda x: x * 0.5 * (1.0 + torch.erf(x / math.sqrt(2.0)))) if use_gelu_python else F.gelu

    def forward(self, input):
        return self.act(input)


class SiLUActivation(nn.Module):
    def forward(self, input):
        return F.silu(input)


class FastGELUActivation(nn.Module):
    def forward(self, input):
        return 0.5 * input * (1.0 + torch.tanh(input * 0.7978845608 * (1.0 + 0.044715 * input * input)))


class QuickGELUActivation(nn.Module):
    def forward(self, input):
        return input * torch.sigmoid(1.702 * input)


class ClippedGELUActivation(nn.Module):
    def __init__(self, min, max):
        if min > max:
            raise ValueError(f"min should be < max (got min: {min}, max: {max})")
        super().__init__()
        self.min, self.max = min, max

    def forward(self, x):
        return torch.clip(F.gelu(x), self.min, self.max)


class AccurateGELUActivation(nn.Module):
    def __init__(self):
        super().__init__()
        self.precomputed_constant = math.sqrt(2 / math.pi)

    def forward(self, input):
        return 0.5 * input * (1 + torch.tanh(self.precomputed_constant * (input + 0.044715 * torch.pow(input, 3))))


class MishActivation(nn.Module):
    def forward(self, input):
        return F.mish(input)


class LinearActivation(nn.Module):
    def forward(self, input):
        return input


class LaplaceActivation(nn.Module):
    """Ma et al. 2022, arXiv:2209.10655."""

    def forward(self, input, mu=0.707107, sigma=0.282095):
        return 0.5 * (1.0 + torch.erf((input - mu).div(sigma * math.sqrt(2.0))))


class ReLUSquaredActivation(nn.Module):
    def forward(self, input):
        return torch.square(F.relu(input))


class SqrtSoftplusActivation(nn.Module):
    def forward(self, input):
        return F.softplus(input).sqrt()


class XIELUActivation(nn.Module):
    """Huang 2024, arXiv:2411.13010."""

    def __init__(
            self, alpha_p_init=0.8, alpha_n_init=0.8, beta=0.5, eps=-1e-6, dtype=torch.bfloat16,
            with_vector_loads=False ):
        super().__init__()

        def inverse_softplus(a):
            return nn.Parameter(torch.log(torch.expm1(torch.tensor(a, dtype=dtype))).unsqueeze(0))

        self.alpha_p = inverse_softplus(alpha_p_init)
        self.alpha_n = inverse_softplus(alpha_n_init - beta)
        self.register_buffer("beta", torch.tensor(beta, dtype=dtype))
        self.register_buffer("eps", torch.tensor(eps, dtype=dtype))

    def forward(self, x):
        above = F.softplus(self.alpha_p)
        below = self.beta + F.softplus(self.alpha_n)
        return torch.where(
            x > 0, above * x * x + self.beta * x, (torch.expm1(torch.min(x, self.eps)) - x) * below + self.beta * x)


class ClassInstantier(OrderedDict):
    """A name gives a new module, made from its class or (class, keywords)."""

    def __getitem__(self, key):
        content = super().__getitem__(key)
        cls, kwargs = content if isinstance(content, tuple) else (content, {})
        return cls(**kwargs)


ACT2CLS = {
    "gelu": GELUActivation, "gelu_10": (ClippedGELUActivation, {"min": -10, "max": 10}),
    "gelu_fast": FastGELUActivation, "gelu_new": NewGELUActivation,
    "gelu_python": (GELUActivation, {"use_gelu_python": True}), "gelu_pytorch_tanh": GELUTanh,
    "gelu_python_tanh": (GELUTanh, {"use_gelu_tanh_python": True}), "gelu_accurate": AccurateGELUActivation,
    "hardswish": nn.Hardswish, "laplace": LaplaceActivation, "leaky_relu": nn.LeakyReLU, "linear": LinearActivation,
    "mish": MishActivation, "quick_gelu": QuickGELUActivation, "relu": nn.ReLU, "relu2": ReLUSquaredActivation,
    "relu6": nn.ReLU6, "sigmoid": nn.Sigmoid, "silu": SiLUActivation, "sqrtsoftplus": SqrtSoftplusActivation,
    "swish": nn.SiLU, "tanh": nn.Tanh, "prelu": nn.PReLU, "xielu": XIELUActivation}
ACT2FN = ClassInstantier(ACT2CLS)


def get_activation(activation_string):
    if activation_string in ACT2FN:
        return ACT2FN[activation_string]
    raise KeyError(f"function {activation_string} not found in ACT2FN mapping {list(ACT2FN.keys())}")


gelu_python = get_activation("gelu_python")
gelu_new = get_activation("gelu_new")
gelu = get_activation("gelu")
gelu_fast = get_activation("gelu_fast")
gelu_pytorch_tanh = get_activation("gelu_pytorch_tanh")
quick_gelu = get_activation("quick_gelu")
silu = get_activation("silu")
mish = get_activation("mish")
linear_act = get_activation("linear")

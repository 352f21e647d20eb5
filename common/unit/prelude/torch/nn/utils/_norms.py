"""weight_norm and spectral_norm as they were before parametrizations: NAME_g, NAME_v and NAME_orig on the module itself."""
import _torch
import torch
from torch.nn import functional as F
from torch.nn.parameter import Parameter


def _becomes(module, name, read):
    cls = type(module)
    derived = type(cls.__name__, (cls,), {"_before_norm": cls, "__module__": cls.__module__})
    setattr(derived, name, property(read))
    _torch.module_become(module, derived)


def weight_norm(module, name="weight", dim=0):
    dim = -1 if dim is None else dim
    weight = getattr(module, name)
    delattr(module, name)
    module.register_parameter(name + "_g", Parameter(torch.norm_except_dim(weight, 2, dim).data))
    module.register_parameter(name + "_v", Parameter(weight.data))
    _becomes(module, name, lambda self: _torch._weight_norm(getattr(self, name + "_v"), getattr(self, name + "_g"), dim))
    return module


def remove_weight_norm(module, name="weight"):
    if name + "_g" not in module._parameters:
        raise ValueError(f"weight_norm of '{name}' not found in {module}")
    weight = getattr(module, name)
    _torch.module_become(module, type(module)._before_norm)
    delattr(module, name + "_g")
    delattr(module, name + "_v")
    setattr(module, name, Parameter(weight.data))
    return module


def _matrix(weight, dim):
    if dim != 0:
        weight = weight.permute(dim, *[d for d in range(weight.dim()) if d != dim])
    return weight.reshape(weight.size(0), -1)


def spectral_norm(module, name="weight", n_power_iterations=1, eps=1e-12, dim=None):
    if dim is None:
        dim = 1 if type(module).__name__.startswith("ConvTranspose") else 0
    weight = getattr(module, name)
    matrix = _matrix(weight.detach(), dim)
    u = F.normalize(weight.new_empty(matrix.size(0)).normal_(0, 1), dim=0, eps=eps)
    v = F.normalize(weight.new_empty(matrix.size(1)).normal_(0, 1), dim=0, eps=eps)
    delattr(module, name)
    module.register_parameter(name + "_orig", weight)
    module.register_buffer(name + "_u", u.detach())
    module.register_buffer(name + "_v", v.detach())

    def read(self):
        weight, u, v = (getattr(self, name + end) for end in ("_orig", "_u", "_v"))
        matrix = _matrix(weight, dim)
        if self.training:
            with torch.no_grad():
                for _ in range(n_power_iterations):
                    v.copy_(F.normalize(torch.mv(matrix.t(), u), dim=0, eps=eps))
                    u.copy_(F.normalize(torch.mv(matrix, v), dim=0, eps=eps))
                u, v = u.clone(), v.clone()
        return weight / torch.dot(u, torch.mv(matrix, v))
    _becomes(module, name, read)
    return module


def remove_spectral_norm(module, name="weight"):
    weight = module._parameters[name + "_orig"]
    value = getattr(module, name).detach()
    _torch.module_become(module, type(module)._before_norm)
    for end in ("_orig", "_u", "_v"):
        delattr(module, name + end)
    setattr(module, name, Parameter(value))
    return module

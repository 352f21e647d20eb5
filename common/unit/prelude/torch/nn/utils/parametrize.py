"""Parametrizations of tensors of a module: the module's class becomes one with a property of the tensor's name."""
from contextlib import contextmanager

import _torch
import torch
from torch import nn
from torch.nn.parameter import Parameter


class ParametrizationList(nn.ModuleList):
    def __init__(self, modules, original, unsafe=False):
        super().__init__(modules)
        self.unsafe = unsafe
        with torch.no_grad():
            new = original
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    new = module.right_inverse(new)
        self.is_tensor = isinstance(new, torch.Tensor)
        if self.is_tensor:
            if not isinstance(original, Parameter):
                self.register_buffer("original", new)
            elif new is original:
                self.original = original
            else:
                self.original = Parameter(new.detach(), requires_grad=original.requires_grad)
        else:
            self.ntensors = len(new)
            for i, tensor in enumerate(new):
                if isinstance(original, Parameter):
                    setattr(self, f"original{i}", Parameter(tensor.detach().clone(), requires_grad=original.requires_grad))
                else:
                    self.register_buffer(f"original{i}", tensor)

    def forward(self):
        steps = list(self)
        if self.is_tensor:
            x = steps[0](self.original)
        else:
            x = steps[0](*[getattr(self, f"original{i}") for i in range(self.ntensors)])
        for step in steps[1:]:
            x = step(x)
        return x


_cache = {}
_depth = [0]


@contextmanager
def cached():
    _depth[0] += 1
    try:
        yield
    finally:
        _depth[0] -= 1
        if not _depth[0]:
            _cache.clear()


def _property(name):
    def read(self):
        if not _depth[0]:
            return self.parametrizations[name]()
        key = (id(self), name)
        if key not in _cache:
            _cache[key] = self.parametrizations[name]()
        return _cache[key]
    return property(read)


def is_parametrized(module, tensor_name=None):
    found = getattr(module, "parametrizations", None)
    if not isinstance(found, nn.ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


def register_parametrization(module, tensor_name, parametrization, *, unsafe=False):
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        module.parametrizations[tensor_name].append(parametrization)
        return module
    if tensor_name not in module._parameters and tensor_name not in module._buffers:
        raise ValueError(f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name '{tensor_name}'")
    original = getattr(module, tensor_name)
    steps = ParametrizationList([parametrization], original, unsafe=unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        cls = type(module)
        _torch.module_become(module, type("Parametrized" + cls.__name__, (cls,), {"_unparametrized": cls}))
        module.parametrizations = nn.ModuleDict()
    setattr(type(module), tensor_name, _property(tensor_name))
    module.parametrizations[tensor_name] = steps
    return module


def remove_parametrizations(module, tensor_name, leave_parametrized=True):
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    steps = module.parametrizations[tensor_name]
    if leave_parametrized:
        with torch.no_grad():
            value = getattr(module, tensor_name).detach().clone()
        value = Parameter(value) if list(steps._parameters) else value
    else:
        if not steps.is_tensor:
            raise ValueError("Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a sequence of tensors.")
        value = steps.original
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        _torch.module_become(module, type(module)._unparametrized)
    if isinstance(value, Parameter):
        module.register_parameter(tensor_name, value)
    else:
        module.register_buffer(tensor_name, value)
    return module


def type_before_parametrizations(module):
    return type(module)._unparametrized if is_parametrized(module) else type(module)

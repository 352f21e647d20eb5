"""Jacobians and products by torch.func."""
from torch.func import hessian as _hessian, jacrev, vjp as _vjp


def jacobian(func, inputs, create_graph=False, strict=False, vectorize=False, strategy="reverse-mode"):
    if isinstance(inputs, tuple):
        return tuple([jacrev(func, k)(*inputs) for k in range(len(inputs))])
    return jacrev(func)(inputs)


def hessian(func, inputs, create_graph=False, strict=False, vectorize=False):
    return _hessian(func)(inputs)


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    out, pull = _vjp(func, *(inputs if isinstance(inputs, tuple) else (inputs,)))
    grads = pull(v)
    return out, grads if isinstance(inputs, tuple) else grads[0]

"""torch.func: vmap by a loop, gradients by autograd."""
import _torch
import torch
from torch._python import vmap
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten


def functional_call(module, parameter_and_buffer_dicts, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """module(*args, **kwargs) with other parameters and buffers for the time of the call."""
    given = parameter_and_buffer_dicts
    if isinstance(given, (list, tuple)):
        given = {k: v for one in given for k, v in one.items()}
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    names = {path: module for path, module in module.named_modules()}
    before = []
    try:
        for path, tensor in given.items():
            owner, _, name = path.rpartition(".")
            before.append((names[owner], name, _torch.module_swap(names[owner], name, tensor)))
        return module(*args, **(kwargs or {}))
    finally:
        for owner, name, tensor in reversed(before):
            _torch.module_swap(owner, name, tensor)


def grad_and_value(func, argnums=0, has_aux=False):
    numbers = (argnums,) if isinstance(argnums, int) else argnums

    def wrapped(*args, **kwargs):
        with torch.enable_grad():
            args, leaves = list(args), []
            for n in numbers:
                flat, spec = tree_flatten(args[n])
                flat = [(x if x.requires_grad else x.detach()).view_as(x).requires_grad_() for x in flat]
                args[n] = tree_unflatten(flat, spec)
                leaves.append((flat, spec))
            out = func(*args, **kwargs)
            value, aux = out if has_aux else (out, None)
            every = [x for flat, _ in leaves for x in flat]
            found = torch.autograd.grad(value, every, create_graph=torch.is_grad_enabled(), allow_unused=True)
        found = [torch.zeros_like(x) if g is None else g for g, x in zip(found, every)]
        grads = []
        for flat, spec in leaves:
            grads.append(tree_unflatten(found[:len(flat)], spec))
            found = found[len(flat):]
        result = grads[0] if isinstance(argnums, int) else tuple(grads)
        return (result, (value, aux)) if has_aux else (result, value)
    return wrapped


def grad(func, argnums=0, has_aux=False):
    both = grad_and_value(func, argnums, has_aux)

    def wrapped(*args, **kwargs):
        result, value = both(*args, **kwargs)
        return (result, value[1]) if has_aux else result
    return wrapped


def vjp(func, *primals, has_aux=False):
    primals = [p.view_as(p) if p.requires_grad else p.detach().requires_grad_() for p in primals]
    out = func(*primals)
    out, aux = out if has_aux else (out, None)

    def pull(cotangent):
        found = torch.autograd.grad(out, primals, cotangent, retain_graph=True, create_graph=True, allow_unused=True)
        return tuple([torch.zeros_like(p) if g is None else g for g, p in zip(found, primals)])
    return (out, pull, aux) if has_aux else (out, pull)


def jacrev(func, argnums=0):
    def wrapped(*args):
        args = list(args)
        x = args[argnums]
        x = args[argnums] = x.view_as(x) if x.requires_grad else x.detach().requires_grad_()
        out = func(*args)
        rows = [torch.autograd.grad(v, x, retain_graph=True, create_graph=True, allow_unused=True)[0] for v in out.reshape(-1)]
        return torch.stack([torch.zeros_like(x) if row is None else row for row in rows]).reshape(tuple(out.shape) + tuple(x.shape))
    return wrapped


jacfwd = jacrev


def hessian(func, argnums=0):
    return jacrev(jacrev(func, argnums), argnums)


def stack_module_state(models):
    parameters = [dict(m.named_parameters()) for m in models]
    buffers = [dict(m.named_buffers()) for m in models]
    return tuple({k: torch.stack([one[k].detach() for one in every]) for k in every[0]} for every in (parameters, buffers))

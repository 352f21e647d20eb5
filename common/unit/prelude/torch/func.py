# torch.func over the same autograd: what is differentiated stays in the outer graph, so that these nest.
import torch
from torch._python import vmap
from torch.nn.utils.stateless import functional_call
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten


def _fresh(tree):
    """The tensors of a tree, each a leaf or a view of its own to differentiate at."""
    def one(x):
        if not isinstance(x, torch.Tensor):
            raise RuntimeError(f"Expected to be able to differentiate with respect to a Tensor, but got {type(x)}")
        return x.view_as(x) if x.requires_grad else x.detach().requires_grad_()
    return tree_map(one, tree)


def _gradients(outputs, inputs, cotangents):
    leaves, spec = tree_flatten(inputs)
    recording = torch.is_grad_enabled()
    grads = torch.autograd.grad(outputs, leaves, cotangents, create_graph=True, materialize_grads=True)
    return tree_unflatten(grads if recording else [g.detach() for g in grads], spec)


def grad_and_value(func, argnums=0, has_aux=False):
    def wrapper(*args, **kwargs):
        several = isinstance(argnums, (tuple, list))
        numbers = tuple(argnums) if several else (argnums,)
        recording = torch.is_grad_enabled()
        with torch.enable_grad():
            args = list(args)
            for i in numbers:
                args[i] = _fresh(args[i])
            result = func(*args, **kwargs)
        value, aux = result if has_aux else (result, None)
        if not isinstance(value, torch.Tensor):
            raise RuntimeError("Expected f(*args) to return a tensor, "
                               f"got value of type {type(value)}")
        if value.dim() != 0:
            raise RuntimeError("Expected f(*args) to return a scalar tensor, "
                               f"got tensor with {value.dim()} dims. Maybe you wanted to use the vjp or jacrev APIs instead?")
        if value.requires_grad:
            grads = _gradients([value], tuple(args[i] for i in numbers), None)
        else:
            grads = tree_map(torch.zeros_like, tuple(args[i] for i in numbers))
        if not recording:
            value = value.detach()
        found = grads if several else grads[0]
        return found, ((value, aux) if has_aux else value)
    return wrapper


def grad(func, argnums=0, has_aux=False):
    both = grad_and_value(func, argnums, has_aux)

    def wrapper(*args, **kwargs):
        found, value = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found
    return wrapper


def vjp(func, *primals, has_aux=False):
    with torch.enable_grad():
        inputs = tuple(_fresh(p) for p in primals)
        result = func(*inputs)
    outputs, aux = result if has_aux else (result, None)

    def pull(cotangents):
        pairs = [(o, c) for o, c in zip(tree_flatten(outputs)[0], tree_flatten(cotangents)[0]) if o.requires_grad]
        if not pairs:
            return tree_map(torch.zeros_like, inputs)
        leaves, spec = tree_flatten(inputs)
        grads = torch.autograd.grad([o for o, _ in pairs], leaves, [c for _, c in pairs], retain_graph=True,
                                    create_graph=torch.is_grad_enabled(), materialize_grads=True)
        return tree_unflatten(grads, spec)
    return (outputs, pull, aux) if has_aux else (outputs, pull)


def jacrev(func, argnums=0, *, has_aux=False, chunk_size=None):
    def wrapper(*args):
        several = isinstance(argnums, (tuple, list))
        numbers = tuple(argnums) if several else (argnums,)

        def partial_of(*chosen):
            given = list(args)
            for i, x in zip(numbers, chosen):
                given[i] = x
            return func(*given)
        out = vjp(partial_of, *(args[i] for i in numbers), has_aux=has_aux)
        value, pull = out[0], out[1]
        rows = []
        for k in range(value.numel()):
            unit = torch.zeros(value.numel(), dtype=value.dtype)
            unit[k] = 1
            rows.append(pull(unit.reshape(value.shape)))
        found = tuple(torch.stack([r[i] for r in rows]).reshape(*value.shape, *args[n].shape) for i, n in enumerate(numbers))
        found = found if several else found[0]
        return (found, out[2]) if has_aux else found
    return wrapper


jacfwd = jacrev


def stack_module_state(models):
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    def stacked(named):
        columns = [dict(named(m)) for m in models]
        return {k: torch.stack([c[k].detach() for c in columns]) for k in columns[0]}
    parameters = stacked(lambda m: m.named_parameters())
    return {k: v.requires_grad_() for k, v in parameters.items()}, stacked(lambda m: m.named_buffers())

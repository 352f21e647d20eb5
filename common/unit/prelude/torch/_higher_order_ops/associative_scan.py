# The scan as its definition, one step after the other.
import torch
from torch.utils._pytree import tree_flatten, tree_unflatten


def associative_scan(combine_fn, xs, dim, reverse=False, combine_mode="pointwise"):
    leaves, spec = tree_flatten(xs)
    if not leaves:
        raise ValueError("Expected at least 1 xs leaf")
    steps = [list(step) for step in zip(*[leaf.unbind(dim) for leaf in leaves])]
    if reverse:
        steps.reverse()
    found = steps[:1]
    for step in steps[1:]:
        found.append(tree_flatten(combine_fn(tree_unflatten(found[-1], spec), tree_unflatten(step, spec)))[0])
    if reverse:
        found.reverse()
    return tree_unflatten([torch.stack(column, dim) for column in zip(*found)], spec)

def tree_map(function, tree, *rest):
    if isinstance(tree, dict):
        return {k: tree_map(function, v, *(r[k] for r in rest)) for k, v in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(tree_map(function, *v) for v in zip(tree, *rest)))
    if isinstance(tree, list):
        return [tree_map(function, *v) for v in zip(tree, *rest)]
    if isinstance(tree, tuple):
        return tuple(tree_map(function, *v) for v in zip(tree, *rest))
    return function(tree, *rest)


def tree_leaves(tree):
    leaves = []
    tree_map(leaves.append, tree)
    return leaves


def tree_flatten(tree):
    return tree_leaves(tree), tree


def tree_unflatten(leaves, spec):
    leaves = iter(leaves)
    return tree_map(lambda _: next(leaves), spec)

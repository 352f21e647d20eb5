def _kind(tree):
    if isinstance(tree, dict):
        return dict
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return "namedtuple"
    return list if isinstance(tree, list) else tuple if isinstance(tree, tuple) else None


def tree_map(function, tree, *rests, is_leaf=None):
    if is_leaf is not None and is_leaf(tree):
        return function(tree, *rests)
    kind = _kind(tree)
    if kind is None:
        return function(tree, *rests)
    for rest in rests:
        if _kind(rest) is not kind and _kind(rest) != kind:
            raise ValueError(f"Node type mismatch; expected {type(tree)!r}, but got {type(rest)!r}.")
        if len(rest) != len(tree):
            raise ValueError(f"Node arity mismatch; expected {len(tree)}, but got {len(rest)}.")
    if kind is dict:
        mapped = [(k, tree_map(function, v, *[r[k] for r in rests], is_leaf=is_leaf)) for k, v in tree.items()]
        return dict(mapped) if type(tree) is dict else _like(tree, mapped)
    mapped = [tree_map(function, *v, is_leaf=is_leaf) for v in zip(tree, *rests)]
    return type(tree)(*mapped) if kind == "namedtuple" else mapped if kind is list else tuple(mapped)


def _like(tree, items):
    if hasattr(tree, "default_factory"):
        return type(tree)(tree.default_factory, items)
    return type(tree)(items)


def tree_leaves(tree, is_leaf=None):
    leaves = []
    tree_map(leaves.append, tree, is_leaf=is_leaf)
    return leaves


class TreeSpec:
    def __init__(self, tree):
        self.tree = tree
        self.num_leaves = len(tree_leaves(tree))

    def unflatten(self, leaves):
        return tree_unflatten(leaves, self)

    def __eq__(self, other):
        return isinstance(other, TreeSpec) and self.tree == other.tree

    def __repr__(self):
        return f"TreeSpec({self.tree})"


PyTreeSpec = TreeSpec


class _Leaf:
    def __eq__(self, other):
        return isinstance(other, _Leaf)

    def __repr__(self):
        return "*"


def tree_structure(tree, is_leaf=None):
    return TreeSpec(tree_map(lambda _: _Leaf(), tree, is_leaf=is_leaf))


def tree_flatten(tree, is_leaf=None):
    return tree_leaves(tree, is_leaf), tree_structure(tree, is_leaf)


def tree_unflatten(leaves, treespec):
    leaves = list(leaves)
    if len(leaves) != treespec.num_leaves:
        raise ValueError(f"tree_unflatten(leaves, treespec): `leaves` has length {len(leaves)} but the spec refers to a pytree that "
                         f"holds {treespec.num_leaves} items ({treespec}).")
    rest = iter(leaves)
    return tree_map(lambda _: next(rest), treespec.tree)


def tree_map_only(kinds, function, tree=None, is_leaf=None):
    def mapped(t):
        return tree_map(lambda x: function(x) if isinstance(x, kinds) else x, t, is_leaf=is_leaf)
    return mapped(tree)


def tree_map_(function, tree, *rests, is_leaf=None):
    tree_map(function, tree, *rests, is_leaf=is_leaf)
    return tree


def tree_any(predicate, tree, is_leaf=None):
    return any([predicate(x) for x in tree_leaves(tree, is_leaf)])


def tree_all(predicate, tree, is_leaf=None):
    return all([predicate(x) for x in tree_leaves(tree, is_leaf)])


def tree_iter(tree, is_leaf=None):
    return iter(tree_leaves(tree, is_leaf))


def register_pytree_node(cls, flatten_fn, unflatten_fn, **options):
    raise NotImplementedError("register_pytree_node: trees are of dicts, lists, tuples and namedtuples")

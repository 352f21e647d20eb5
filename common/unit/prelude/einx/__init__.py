# einx, the part that model code uses: elementwise operations, reductions, softmax, rearrangements, get_at and dot.
# An expression is a list of dimensions, a dimension a list of axes: names, lengths, "..."; brackets mark axes.
import math

import torch

_any = any  # before einx's own


def _expression(text):
    dimensions, marked, group, in_brackets = [], set(), None, False
    for c in "()[]":
        text = text.replace(c, f" {c} ")
    for token in text.split():
        if token == "(":
            group = []
        elif token == ")":
            dimensions.append(group)
            group = None
        elif token in "[]":
            in_brackets = token == "["
        else:
            if in_brackets:
                marked.add(token)
            if group is None:
                dimensions.append([token])
            else:
                group.append(token)
    return dimensions, marked


def _parse(description, tensors, parameters):
    """Expressions of the inputs and of the output (None where there is none), with `...` spelt out, and all lengths."""
    left, arrow, right = description.partition("->")
    inputs = [_expression(e) for e in left.split(",")]
    output = _expression(right) if arrow else None
    if len(inputs) != len(tensors):
        raise ValueError(f"Expected {len(inputs)} input tensors for '{description}', got {len(tensors)}")
    hidden = [t.dim() - len(e) + 1 for (e, _), t in zip(inputs, tensors)
              if isinstance(t, torch.Tensor) and ["..."] in e]
    spelt = [f"...{i}" for i in range(max(hidden, default=0))]
    lengths = dict(parameters)

    def spell(expression, n):
        found = []
        for dimension in expression:
            found += [[a] for a in spelt[len(spelt) - n:]] if dimension == ["..."] else [dimension]
        return found
    parsed = []
    for (expression, marked), t in zip(inputs, tensors):
        shape = t.shape if isinstance(t, torch.Tensor) else ()
        expression = spell(expression, len(shape) - len(expression) + 1)
        if len(expression) != len(shape):
            raise ValueError(f"'{description}': an expression has {len(expression)} dimensions, its tensor {len(shape)}")
        for dimension, size in zip(expression, shape):
            unknown = [a for a in dimension if not a.isdigit() and a not in lengths]
            known = math.prod([int(a) if a.isdigit() else lengths[a] for a in dimension if a not in unknown])
            if len(unknown) == 1 and size % max(known, 1) == 0:
                lengths[unknown[0]] = size // max(known, 1)
            elif unknown or known != size:
                raise ValueError(f"'{description}': cannot make a dimension of {size} of {' '.join(dimension)}")
        parsed.append((expression, marked))
    if output is not None:
        output = (spell(output[0], len(spelt)), output[1])
    return parsed, output, lengths


def _flat(expression):
    return [a for dimension in expression for a in dimension]


def _sizes(axes, lengths):
    return [int(a) if a.isdigit() else lengths[a] for a in axes]


def _aligned(t, expression, axes, lengths):
    """t with the dimensions `axes`, of length 1 where it has none of them."""
    if not isinstance(t, torch.Tensor):
        return t
    own = _flat(expression)
    t = t.reshape(_sizes(own, lengths))
    keep = [i for i, a in enumerate(own) if not (a == "1" and a not in axes)]
    t = t.reshape([t.shape[i] for i in keep])
    own = [own[i] for i in keep]
    missing = [a for a in own if a not in axes]
    if missing:
        raise ValueError(f"axis '{missing[0]}' is not in the output")
    t = t.permute([own.index(a) for a in axes if a in own])
    shape = iter(t.shape)
    return t.reshape([next(shape) if a in own else 1 for a in axes])


def _elementwise(function):
    def apply(description, *tensors, **parameters):
        inputs, output, lengths = _parse(description, tensors, parameters)
        if output is None:
            every = {a for e, _ in inputs for a in _flat(e)}
            whole = [e for e, _ in inputs if set(_flat(e)) == every]
            if not whole or _any(e != whole[0] for e in whole):
                raise ValueError(f"'{description}': no input has all axes: write the output")
            output = (whole[0], set())
        axes = _flat(output[0])
        result = function(*[_aligned(t, e, axes, lengths) for t, (e, _) in zip(tensors, inputs)])
        result = result.expand(_sizes(axes, lengths))
        return result.reshape([math.prod(_sizes(dimension, lengths)) for dimension in output[0]])
    return apply


def _folded(function):
    def over(*tensors):
        result = tensors[0]
        for t in tensors[1:]:
            result = function(result, t)
        return result
    return _elementwise(over)


add, multiply = _folded(lambda a, b: a + b), _folded(lambda a, b: a * b)
logical_and, logical_or = _folded(torch.logical_and), _folded(torch.logical_or)
maximum, minimum, logaddexp = _folded(torch.maximum), _folded(torch.minimum), _folded(torch.logaddexp)
subtract, divide = _elementwise(lambda a, b: a - b), _elementwise(lambda a, b: a / b)
true_divide, floor_divide, mod = divide, _elementwise(lambda a, b: a // b), _elementwise(lambda a, b: a % b)
less, less_equal = _elementwise(lambda a, b: a < b), _elementwise(lambda a, b: a <= b)
greater, greater_equal = _elementwise(lambda a, b: a > b), _elementwise(lambda a, b: a >= b)
equal, not_equal = _elementwise(lambda a, b: a == b), _elementwise(lambda a, b: a != b)
where = _elementwise(torch.where)
id = rearrange = _elementwise(lambda a: a)


def _reduction(function):
    def apply(description, tensor, keepdims=False, **parameters):
        ((expression, marked),), output, lengths = _parse(description, (tensor,), parameters)
        axes = _flat(expression)
        if output is None:
            output = ([[("1" if a in marked else a) for a in dimension] for dimension in expression
                       if keepdims or not set(dimension) <= marked], set())
        kept = [a for a in _flat(output[0]) if a in axes and a not in marked]
        lost = [a for a in axes if a not in kept]
        aligned = _aligned(tensor, expression, kept + lost, lengths)
        result = function(aligned, tuple(range(len(kept), len(kept) + len(lost)))) if lost else aligned
        return _elementwise(lambda a: a)(f"{' '.join(kept)} -> {_text(output[0])}", result, **lengths) \
            if not _any(a.startswith("...") for a in kept) \
            else result.reshape([math.prod(_sizes(dimension, lengths)) for dimension in output[0]])
    return apply


def _text(expression):
    return " ".join([d[0] if len(d) == 1 else f"({' '.join(d)})" for d in expression])


sum, mean = _reduction(lambda x, dims: x.sum(dims)), _reduction(lambda x, dims: x.mean(dims))
amax, amin = _reduction(lambda x, dims: x.amax(dims)), _reduction(lambda x, dims: x.amin(dims))
logsumexp, any, all = (_reduction(lambda x, dims: x.logsumexp(dims)), _reduction(lambda x, dims: x.any(dims)),
                       _reduction(lambda x, dims: x.all(dims)))
var = _reduction(lambda x, dims: x.var(dims, correction=0))
std = _reduction(lambda x, dims: x.std(dims, correction=0))
prod = _reduction(lambda x, dims: x.flatten(dims[0]).prod(dims[0]))


def _over_marked(function):
    def apply(description, tensor, **parameters):
        ((expression, marked),), _, lengths = _parse(description, (tensor,), parameters)
        axes = _flat(expression)
        kept, over = [a for a in axes if a not in marked], [a for a in axes if a in marked]
        x = _aligned(tensor, expression, kept + over, lengths)
        x = function(x.flatten(len(kept))).reshape(x.shape)
        return x.permute([(kept + over).index(a) for a in axes]).reshape(tensor.shape)
    return apply


softmax, log_softmax = _over_marked(lambda x: x.softmax(-1)), _over_marked(lambda x: x.log_softmax(-1))


def get_at(description, tensor, *indices, **parameters):
    inputs, output, lengths = _parse(description, (tensor, *indices), parameters)
    (expression, marked), at = inputs[0], list(zip(indices, inputs[1:]))
    axes = _flat(output[0])
    coordinates = []
    for index, (e, coordinate) in at:
        if coordinate:  # [2]: an axis of coordinates, one for each marked axis
            i = _flat(e).index(next(iter(coordinate)))
            e = [d for k, d in enumerate(e) if k != i]
            coordinates += [(part, e) for part in index.unbind(i)]
        else:
            coordinates.append((index, e))
    coordinates = iter([_aligned(index, e, axes, lengths) for index, e in coordinates])
    grid = []
    for a in _flat(expression):
        if a in marked:
            grid.append(next(coordinates))
        else:
            grid.append(torch.arange(lengths[a]).reshape([-1 if b == a else 1 for b in axes]))
    result = tensor.reshape(_sizes(_flat(expression), lengths))[tuple(grid)].expand(_sizes(axes, lengths))
    return result.reshape([math.prod(_sizes(dimension, lengths)) for dimension in output[0]])


def dot(description, *tensors, **parameters):
    inputs, output, lengths = _parse(description, tensors, parameters)
    numbers = {}
    for e, _ in inputs:
        for a in _flat(e):
            numbers.setdefault(a, len(numbers))
    letters = {a: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[n] for a, n in numbers.items()}
    terms = ["".join([letters[a] for a in _flat(e)]) for e, _ in inputs]
    axes = _flat(output[0])
    result = torch.einsum(",".join(terms) + "->" + "".join([letters[a] for a in axes]),
                          *[t.reshape(_sizes(_flat(e), lengths)) for t, (e, _) in zip(tensors, inputs)])
    return result.reshape([math.prod(_sizes(dimension, lengths)) for dimension in output[0]])

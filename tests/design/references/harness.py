"""Holds a unit of data/units to its slow reference, in stock PyTorch and in our own interpreter alike.

A reference, NAME.py beside this file, says the law of data/units/NAME.py again: in plain loops over tokens, apart from
the unit's own code, reading only the unit's parameters.

    reference(unit, x)      the same results as unit(x); for other inputs:
    inputs(T, dim)          optional: a tuple of tensors; default one of (2, T, dim)
    call(unit, *inputs)     optional: how the unit is called; default unit(*inputs)
    DIM, LENGTHS            optional: width, and lengths around the unit's chunk
    ARGUMENTS               optional: list of keyword arguments of the constructor, one build each
    FILLERS                 optional: slot to the unit that fills it
    BFLOAT16                optional: largest relative error in bfloat16, by norm; None where the unit has no such run
"""
import math
from functools import partial

import torch
import torch.nn as nn

LENGTHS = (1, 2, 3, 31, 63, 64, 65, 130)
FILLERS = {
    "norm": "rms_norm", "rotary": "rotary", "mlp": "swiglu", "token": "swiglu",
    "function": "rotary", "sequence": "short_convolution",
}


def data(*shape, seed=1, scale=1.0):
    """Numbers in (-scale, scale) that are the same everywhere."""
    n = torch.arange(math.prod(shape), dtype=torch.float64)
    return ((2 * ((torch.sin(n * 12.9898 + seed * 78.233) * 43758.5453) % 1.0) - 1) * scale).reshape(shape)


def unit_of(module):
    """The last nn.Module class at the top level of a unit's file."""
    return [v for v in vars(module).values() if isinstance(v, type) and issubclass(v, nn.Module)][-1]


def factory(units, name, fillers):
    slots = getattr(units[name], "SLOTS", {})
    kinds = {slot: spec.get("kind", "sequence") for slot, spec in slots.items()}
    chosen = {slot: fillers.get(slot) or FILLERS.get(slot) or FILLERS[kind] for slot, kind in kinds.items()}
    return partial(units[name], **{slot: factory(units, filler, {}) for slot, filler in chosen.items()})


def perturb(unit):
    """Moves parameters off their initial values, so that what starts at zero or one counts."""
    with torch.no_grad():
        for i, p in enumerate(unit.parameters()):
            p.add_(data(*p.shape, seed=i + 2, scale=0.1).to(p.dtype))
    return unit


def results(call, unit, inputs, dtype):
    """Outputs, and the gradients of a weighted sum of them, all in float64."""
    inputs = [x.to(dtype).requires_grad_() for x in inputs]
    outputs = call(unit, *inputs)
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    loss = sum((y.double() * data(*y.shape, seed=99 + i)).sum() for i, y in enumerate(outputs))
    leaves = inputs + list(unit.parameters())
    gradients = torch.autograd.grad(loss, leaves, allow_unused=True)
    return ([y.detach().double() for y in outputs],
            [torch.zeros_like(p).double() if g is None else g.double() for p, g in zip(leaves, gradients)])


def apart(a, b, by_norm):
    """How far two lists of tensors are apart: the largest difference of any number, or, by norm, of any tensor against
    its own size and a little of the whole list's (what is far smaller than its fellows is made of their rounding)."""
    worst, whole = 0.0, sum(y.square().sum() for y in b) ** 0.5
    for x, y in zip(a, b):
        assert x.shape == y.shape, f"{tuple(x.shape)}, not {tuple(y.shape)}"
        if x.numel() == 0:
            continue
        assert bool(x.isfinite().all()), "not finite"
        gap = (x - y).norm() / (y.norm() + 0.05 * whole + 1e-9) if by_norm \
            else (x - y).abs().max() / max(1.0, y.abs().max().item())
        worst = max(worst, gap.item())
    return worst


def hold(units, name, law):
    """Largest differences by dtype; AssertionError with the place of the first that is too large."""
    limits = {torch.float64: 1e-10, torch.float32: 1e-4, torch.bfloat16: getattr(law, "BFLOAT16", 0.05)}
    call = getattr(law, "call", lambda unit, *x: unit(*x))
    inputs = getattr(law, "inputs", lambda T, dim: (data(2, T, dim, seed=T),))
    dim, worst = getattr(law, "DIM", 32), {}
    for arguments in getattr(law, "ARGUMENTS", [{}]):
        make = partial(factory(units, name, getattr(law, "FILLERS", {})), **arguments)
        exact = perturb(make(dim).double())
        for dtype, limit in limits.items():
            if limit is None:
                continue
            unit = make(dim).to(dtype)
            unit.load_state_dict(exact.state_dict())
            rounded = make(dim).double()
            rounded.load_state_dict(unit.state_dict())
            lengths = getattr(law, "LENGTHS", LENGTHS)
            for T in lengths if dtype == torch.float64 else (lengths[0], lengths[-1]):
                x = [i.to(dtype).double() for i in inputs(T, dim)]
                slow = results(law.reference, rounded, x, torch.float64)
                fast = results(call, unit, x, dtype)
                for what, a, b in zip(("output", "gradient"), fast, slow):
                    gap = apart(a, b, dtype == torch.bfloat16)
                    assert gap <= limit, f"{name} {arguments} {dtype} T = {T}: {what} {gap:.1e} apart"
                    worst[dtype] = max(worst.get(dtype, 0.0), gap)
    return ", ".join(f"{str(dtype)[6:]} {gap:.1e}" for dtype, gap in worst.items())

"""The canaries of data/canaries under stock PyTorch, judged by naive loops that share nothing with the gate.

    python3 tests/check/canaries_peer.py [NAME…]

Honest blocks must run forward and backward at many lengths, be causal at every cut of T = 48, give prefixes of their
own outputs, and treat rows alike, in train and eval mode. Cheats of causality must leak in some configuration: type,
mode, gradient, rows, length, inputs; it is printed. Cheats must run too, but for those that are to be refused for it.
Exits 1 when one fails.
"""
import importlib.util
import inspect
import itertools
import pathlib
import sys

import torch
import torch.nn as nn

ROOT = pathlib.Path(__file__).parents[2] / "data" / "canaries"
DIM, LAYERS, CONTEXT = 16, 3, 128
FAULTS = []
torch.set_num_threads(1)


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    blocks = [v for v in vars(module).values()
              if isinstance(v, type) and issubclass(v, nn.Module) and v.__module__ == path.stem]
    return blocks[-1], module.__doc__


class Model(nn.Module):
    """LAYERS blocks with the carry between them; weights moved off their start."""

    def __init__(self, cls, dtype=torch.float64, context=CONTEXT):
        super().__init__()
        torch.manual_seed(1)
        names = inspect.signature(cls.__init__).parameters
        given = lambda i: {k: v for k, v in (("layer", i), ("n_layers", LAYERS), ("context", context)) if k in names}
        self.blocks = nn.ModuleList([cls(DIM, **given(i)) for i in range(LAYERS)])
        self.carries = "carry" in inspect.signature(cls.forward).parameters
        with torch.no_grad():
            for p in self.parameters():
                p.add_(0.1 * torch.randn_like(p))
        self.to(dtype)

    def forward(self, x):
        carry = None
        for block in self.blocks:
            if self.carries:
                x, carry = block(x, carry)
            else:
                x = block(x)
        return x


def run(cls, x, train=False, grad=False, dtype=torch.float64, model=None):
    """A new model unless one is given, so that state of calls before is no cause; the same draws in train mode."""
    model = (model or Model(cls, dtype)).train(train)
    torch.manual_seed(2)
    with torch.set_grad_enabled(grad):
        y = model(x.clone().requires_grad_(grad))
    return y.detach()


def size(a, b):
    """Largest difference over the largest value; what is not finite in one alone counts as large."""
    finite = a.isfinite() & b.isfinite()
    if (a.isfinite() != b.isfinite()).any():
        return float("inf")
    a, b = a[finite].double(), b[finite].double()
    return ((a - b).abs().max() / b.abs().max().clamp(min=1e-30)).item() if a.numel() else 0.0


def draw(rows, length, dtype=torch.float64, kind="normal"):
    g = torch.Generator().manual_seed(7)
    x = torch.randn(rows, length, DIM, generator=g, dtype=torch.float64)
    if kind == "repeated":
        x = x[:, torch.arange(length) // 3]
    if kind == "large":
        x = 30.0 * x
    return x.to(dtype)


def check_honest(name, cls):
    def fault(what, value):
        FAULTS.append(f"{name}: {what}: {value}")

    for length in (1, 2, 3, 17, 64, 2 * CONTEXT):
        model = Model(cls).train()
        x = draw(2, length).requires_grad_()
        y = model(x)
        if y.shape != x.shape or not y.isfinite().all():
            fault(f"T = {length}", "shape or value")
        y.square().mean().backward()
        if length == 64:
            dead = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.isfinite().all() or not p.grad.any()]
            if dead:
                fault("no gradient", dead)
    x, model = draw(2, 48), Model(cls)
    for train in (False, True):
        base = run(cls, x, train, model=model)
        worst = 0.0
        for cut in range(1, 48):
            other = x.clone()
            other[:, cut:] = torch.randn_like(other[:, cut:])
            worst = max(worst, size(run(cls, other, train, model=model)[:, :cut], base[:, :cut]))
            if not train and cut % 5 == 0:
                worst = max(worst, size(run(cls, x[:, :cut], model=model), base[:, :cut]))
        # In train mode the draws of a shorter text differ, so only equal lengths are compared.
        if worst > 1e-9:
            fault("leak" + (" in train mode" if train else ""), worst)
    base = run(cls, x)
    for what, y in (("row alone", run(cls, x[:1])), ("row beside another", run(cls, torch.cat((x[:1], -x[:1])))[:1]),
                    ("three rows", run(cls, torch.cat((x, x)))[:1])):
        if size(y, base[:1]) > 1e-9:
            fault(what, size(y, base[:1]))
    model = Model(cls).eval()
    with torch.no_grad():
        first = model(x)
        model(draw(3, 96))
        if size(model(x), first) > 0:
            fault("state", size(model(x), first))


def find_leak(cls):
    """The first configuration in which outputs before a cut change with what is after it, or with the length."""
    kinds = ("normal", "repeated", "large")
    for length, kind, dtype, train, grad, rows in itertools.product(
            (48, CONTEXT), kinds, (torch.float64, torch.float32), (False, True), (False, True), (1, 2)):
        x = draw(rows, length, dtype, kind)
        base = run(cls, x, train, grad, dtype)
        limit = 1e-9 if dtype == torch.float64 else 1e-4
        plainest = kind == "normal" and dtype == torch.float64 and not train and not grad  # all cuts; of others some
        where = f"T {length} {kind} {dtype} {'train' if train else 'eval'} {'grad' if grad else 'no grad'} B {rows}"
        some = {2, 16, 18, 31, 41, length - 20, length - 1} & set(range(1, length))
        for cut in sorted(some) + [t for t in range(1, length) if plainest and t not in some]:
            for future in ("fresh",) if plainest else ("fresh", "same", "large"):
                other = x.clone()
                tail = torch.randn(other[:, cut:].shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64).to(dtype)
                other[:, cut:] = tail if future == "fresh" else 100.0 * tail
                if future == "same":
                    other[:, cut:] = x[:, cut - 1 : cut]
                change = size(run(cls, other, train, grad, dtype)[:, :cut], base[:, :cut])
                if change > limit:
                    return f"{change:.1e} at cut {cut}, {future}, {where}"
            if not train and size(run(cls, x[:, :cut], train, grad, dtype), base[:, :cut]) > limit:
                return f"prefix of {cut}, {where}"
    model = Model(cls).train()
    x = draw(2, 48).requires_grad_()
    (gradient,) = torch.autograd.grad(model(x)[:, 20].sum(), x)
    if gradient[:, 21:].abs().max() > 1e-9:
        return "gradient alone"
    model = Model(cls).eval()
    with torch.no_grad():
        x, other = draw(2, 48), draw(2, 48)
        other[:, 24:] = -2.0
        for call in range(60):
            if size(model(x)[:, :24], model(other)[:, :24]) > 1e-9:
                return f"after {2 * call} calls"
    return ""


def main(names):
    for path in sorted(ROOT.glob("*/*.py"), reverse=True):
        kind, name = path.parent.name, path.stem
        if names and name not in names:
            continue
        torch.manual_seed(0)
        try:
            cls, doc = load(path)
            if kind == "honest":
                before = len(FAULTS)
                check_honest(name, cls)
                print(f"honest/{name}", "ok" if len(FAULTS) == before else FAULTS[before:], sep="\t", flush=True)
                continue
            refused = next(line for line in doc.splitlines() if line.startswith("Refused by: "))[12:].split("|")
            if refused[0] == "causality":
                how = find_leak(cls)
                if not how:
                    FAULTS.append(f"{name}: no leak found")
                print(f"cheat/{name}", how or "no leak found", sep="\t", flush=True)
            elif not {"memory", "time", "cost", "fit"} & set(refused):
                Model(cls)(draw(2, 48)).square().mean().backward()
                print(f"cheat/{name}", "runs", sep="\t", flush=True)
        except Exception as error:
            text = f"{type(error).__name__}: {error}".replace("\n", " ")
            FAULTS.append(f"{name}: {text}")
            print(f"{kind}/{name}", text, sep="\t", flush=True)
    print(f"{len(FAULTS)} faults", *FAULTS, sep="\n  ", file=sys.stderr)
    return 1 if FAULTS else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

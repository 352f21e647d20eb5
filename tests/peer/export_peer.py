"""Exported designs under stock PyTorch against what the interpreter made of the same weights: logits, loss, gradients.

Usage: export_peer.py DIR; DIR holds NAME.py, NAME.safetensors and NAME.expected.safetensors (tests/design/export_test.cpp).
"""

import copy
import importlib.util
import pathlib
import sys

import torch

# Largest difference over largest magnitude, float32; a gradient beyond it must be as near float64 as PyTorch's.
LIMIT = 1e-5


def relative(got, want):
    return ((got - want).abs().max() / want.abs().max().clamp_min(1e-30)).item()


def results(model, expected):
    """Logits, loss and every parameter's gradient."""
    model.zero_grad()
    logits = model(expected["tokens"])
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), expected["targets"].flatten())
    loss.backward()
    return {"logits": logits, "loss": loss} | {name: p.grad for name, p in model.named_parameters()}


def compare(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.load(path.with_suffix(".safetensors"))
    expected = module.read_safetensors(path.with_suffix(".expected.safetensors"))
    names = {name for name, _ in model.named_parameters()}
    assert names == {n.removeprefix("gradient.") for n in expected if n.startswith("gradient.")}, "other parameters"
    ours = {name.removeprefix("gradient."): t for name, t in expected.items() if name not in ("tokens", "targets")}
    theirs = results(model, expected)
    worst = {name: relative(ours[name], theirs[name]) for name in theirs}
    faults = [name for name in worst if worst[name] > LIMIT]
    if faults:  # of a law that magnifies rounding? By how much shows in float64
        exact = results(copy.deepcopy(model).double(), expected)
        allowed = LIMIT + 3 * max(relative(theirs[name].double(), exact[name]) for name in exact)
        faults = [name for name in faults
                  if name in ("logits", "loss") or relative(ours[name].double(), exact[name]) > allowed]
    name = max(worst, key=worst.get)
    print(f"export {path.stem}: {len(names)} parameters, worst {worst[name]:.1e} ({name})"
          + (f"; too far from float64: {', '.join(faults)}" if faults else ""))
    return not faults


def main(directory):
    files = sorted(path for path in pathlib.Path(directory).glob("*.py"))
    assert files, f"no exported file in {directory}"
    return 0 if all([compare(path) for path in files]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

"""Exported designs under stock PyTorch against what the interpreter made of the same weights: logits, loss, gradients.

Usage: export_peer.py DIR; DIR holds NAME.py, NAME.safetensors and NAME.expected.safetensors (tests/design/export_test.cpp).
"""

import importlib.util
import pathlib
import sys

import torch

LIMIT = 1e-5  # largest difference over largest magnitude, float32


def relative(got, want):
    return ((got - want).abs().max() / want.abs().max().clamp_min(1e-30)).item()


def compare(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.load(path.with_suffix(".safetensors"))
    expected = module.read_safetensors(path.with_suffix(".expected.safetensors"))
    names = {name for name, _ in model.named_parameters()}
    assert names == {n.removeprefix("gradient.") for n in expected if n.startswith("gradient.")}, "other parameters"
    logits = model(expected["tokens"])
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), expected["targets"].flatten())
    loss.backward()
    worst = {"logits": relative(logits, expected["logits"]), "loss": relative(loss, expected["loss"])}
    for name, parameter in model.named_parameters():
        worst[name] = relative(parameter.grad, expected["gradient." + name])
    name = max(worst, key=worst.get)
    print(f"export {path.stem}: {len(names)} parameters, worst {worst[name]:.1e} ({name})")
    return worst[name] <= LIMIT


def main(directory):
    files = sorted(path for path in pathlib.Path(directory).glob("*.py"))
    assert files, f"no exported file in {directory}"
    return 0 if all([compare(path) for path in files]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

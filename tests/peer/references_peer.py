"""Every unit of data/units under stock PyTorch: held to its slow reference (tests/design/references), causal,
bounded, token-wise where it says so, no parameter unused.

    python3 tests/peer/references_peer.py [NAME…]

One line a unit; exits 1 when one fails or has no reference.
"""
import importlib.util
import pathlib
import sys
import time

import torch

ROOT = pathlib.Path(__file__).parents[2]
REFERENCES = ROOT / "tests" / "design" / "references"


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


harness = load(REFERENCES / "harness.py")
UNITS = {p.stem: harness.unit_of(load(p)) for p in sorted((ROOT / "data" / "units").glob("*.py"))}


def see_no_future(make, dim, lengths):
    unit = harness.perturb(make(dim).double())
    for T in lengths:
        x = harness.data(2, T, dim, seed=3)
        y = unit(x)
        assert y.shape[:2] == x.shape[:2]
        for t in {0, T // 2, T - 2} & set(range(T - 1)):
            for future in (100 * harness.data(2, T - t - 1, dim, seed=4), torch.zeros(2, T - t - 1, dim).double()):
                gap = (unit(torch.cat((x[:, :t + 1], future), dim=1)) - y)[:, :t + 1].abs().max().item()
                assert gap < 1e-9, f"position {t} of {T} sees the future: {gap:.1e}"
            gap = (unit(x[:, :t + 1]) - y[:, :t + 1]).abs().max().item()
            assert gap < 1e-9, f"prefix {t + 1} of {T} differs: {gap:.1e}"


def mix_nothing(make, dim):
    """What says that it is token-wise treats the tokens backwards as it treats them forwards."""
    unit, x = harness.perturb(make(dim).double()), harness.data(2, 9, dim, seed=5)
    gap = (unit(x.flip(1)).flip(1) - unit(x)).abs().max().item()
    assert gap < 1e-12, f"mixes tokens: {gap:.1e}"


def use_everything(make, dim, length):
    unit, x = harness.perturb(make(dim).double()), harness.data(2, length, dim, seed=6)
    y = unit(x)
    (y * harness.data(*y.shape, seed=7)).sum().backward()
    unused = [name for name, p in unit.named_parameters() if p.grad is None or not p.grad.abs().max() > 0]
    assert not unused, f"no gradient reaches {unused}"


def stay_finite(make, dim):
    unit = make(dim)
    y = unit(30 * torch.randn(2, 256, dim))
    y.sum().backward()
    assert y.isfinite().all(), "large inputs overflow"
    for name, p in unit.named_parameters():
        assert p.grad is None or p.grad.isfinite().all(), f"large inputs overflow the gradient of {name}"


def main(names):
    torch.set_num_threads(1)
    failed = 0
    for name in names or UNITS:
        start = time.time()
        torch.manual_seed(0)
        try:
            law = load(REFERENCES / f"{name}.py")
            line = harness.hold(UNITS, name, law)
            if not hasattr(law, "inputs"):
                make = harness.factory(UNITS, name, getattr(law, "FILLERS", {}))
                for dim in (16, 48, 64):
                    lengths = getattr(law, "LENGTHS", harness.LENGTHS)
                    see_no_future(make, dim, lengths)
                    use_everything(make, dim, lengths[-1])
                    if getattr(UNITS[name], "KIND", "sequence") == "token":
                        mix_nothing(make, dim)
                stay_finite(make, 64)
            print(f"{name:28} {line}  ({time.time() - start:.1f} s)")
        except Exception as error:  # report all units
            failed += 1
            print(f"{name:28} FAILED: {type(error).__name__}: {error}")
    count = len(names or UNITS)
    print(f"{count - failed} of {count} units equal their slow references under PyTorch {torch.__version__}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

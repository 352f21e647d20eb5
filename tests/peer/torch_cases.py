"""Runs the cases of a table in stock PyTorch: torch_cases.py CASES.tsv ROOT OUT. See README.md beside it."""
import csv
import json
import math
import os
import sys
import traceback
import types
from pathlib import Path

os.environ["TORCHDYNAMO_DISABLE"] = "1"  # torch.compile changes no result and takes minutes

import h5py
import numpy as np
import torch


def hashed(k, n):
    """v(k, i) for i in 0 … n-1, in float64."""
    x = np.arange(n, dtype=np.uint64) + 0x9E3779B9 * (k + 1)
    mask = np.uint64(0xFFFFFFFF)
    x &= mask
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x7FEB352D)) & mask
    x ^= x >> np.uint64(15)
    x = (x * np.uint64(0x846CA68B)) & mask
    x ^= x >> np.uint64(16)
    return 2 * ((x >> np.uint64(8)).astype(np.float64) / 2.0 ** 24) - 1


def tensor(values, shape):
    return torch.from_numpy(values.astype(np.float32)).reshape(shape)


def set_weights(module, noise=False):
    with torch.no_grad():
        for k, (name, p) in enumerate(module.named_parameters()):
            v = hashed(k, p.numel())
            last = name.rsplit(".", 1)[-1]
            if p.dim() <= 1:
                v = 1 + 0.1 * v if last in ("weight", "scale") else 0.1 * v
            else:
                v = v / math.sqrt(math.prod(p.shape[1:]))
            v = v.astype(np.float32)
            if noise:
                v = (v.astype(np.float64) * (1 + 2.0 ** -22 * hashed(3000 + k, p.numel()))).astype(np.float32)
            p.copy_(tensor(v, p.shape))


def make_input(spec):
    shape, rule = spec["shape"], spec.get("rule", "uniform")
    dtype = getattr(torch, spec.get("dtype", "float32").removeprefix("torch."))
    if rule == "uniform":
        return tensor(spec.get("scale", 1.5) * hashed(1000 + spec.get("seed", 0), math.prod(shape)), shape).to(dtype)
    last = torch.arange(shape[-1]).expand(shape).clone()
    if rule == "arange":
        return last.to(dtype)
    lengths = torch.tensor(spec["lengths"]).reshape(-1, *[1] * (len(shape) - 1))
    if rule == "causal":
        seen = (last >= shape[-1] - lengths) & (last <= torch.arange(shape[-2]).unsqueeze(-1))
        return seen if dtype == torch.bool else torch.where(seen, 0.0, -1e9).to(dtype)
    return (last >= shape[-1] - lengths).to(dtype)


def constructor(j):
    if isinstance(j, list):
        return tuple(constructor(x) for x in j)
    if isinstance(j, dict):
        return {k: constructor(v) for k, v in j.items()}
    return j


def filled(j, inputs):
    if isinstance(j, str) and j.startswith("$"):
        return inputs[j[1:]]
    if isinstance(j, list):
        return [filled(x, inputs) for x in j]
    if isinstance(j, dict):
        return {k: filled(v, inputs) for k, v in j.items()}
    return j


def select(value, path):
    for step in path:
        value = value[step] if isinstance(step, int) or isinstance(value, dict) else getattr(value, step)
    return value


def run_mode(cls, row, training, seed, noise=False):
    torch.manual_seed(seed)
    run, call = json.loads(row["run"] or "{}"), json.loads(row["call"] or "{}")
    module = cls(**constructor(json.loads(row["ctor"] or "{}")))
    set_weights(module, noise)
    module.train(training)
    inputs = {name: make_input(spec) for name, spec in json.loads(row["inputs"] or "{}").items()}
    if "dtype" in run:
        dtype = getattr(torch, run["dtype"])
        module.to(dtype)
        inputs = {k: v.to(dtype) if v.is_floating_point() else v for k, v in inputs.items()}
    for v in inputs.values():
        v.requires_grad_(v.is_floating_point())
    before = {k: v.detach().clone() for k, v in module.named_buffers()}
    args, kwargs = filled(call.get("args", []), inputs), filled(call.get("kwargs", {}), inputs)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled="autocast" in run):
        out = module(*args, **kwargs)
    out = select(out, json.loads(row["output"] or "[]"))
    flat = out.float().reshape(-1)
    if flat.requires_grad:
        (tensor(hashed(2000, flat.numel()), flat.shape) * flat).sum().backward()
    result = {"out": out.detach()}
    names = [n for n, _ in module.named_parameters()]
    without = [n for n, p in module.named_parameters() if p.grad is None]
    result.update({f"grad/{n}": p.grad for n, p in module.named_parameters() if p.grad is not None})
    result.update({f"grad_input/{n}": v.grad for n, v in inputs.items() if v.grad is not None})
    for n, b in module.named_buffers():
        if n in before and (b.shape != before[n].shape or not torch.equal(b, before[n])):
            result[f"buffer/{n}"] = b
    return result, names, without


def run_case(row, root, path):
    module = sys.modules["unit"] = types.ModuleType("unit")  # where dataclasses look for what annotations name
    namespace = vars(module)
    for file in row["files"].split():
        exec(compile((root / file).read_text(), str(root.resolve() / file), "exec"), namespace)  # scripting reads it again
    cls = namespace[row["class"]]
    modes = {"eval": run_mode(cls, row, False, 1), "train": run_mode(cls, row, True, 1)}
    again = run_mode(cls, row, True, 2)[0]["out"]
    out = modes["train"][0]["out"]
    random = not torch.equal(out, again) and not out.isnan().any()
    stored = {}
    for mode in ("eval",) if random else ("eval", "train"):
        result = modes[mode][0]
        stored.update({f"{mode}/{k}": v for k, v in result.items() if k == "out" or mode == "train" or random})
    # The noise of the case: weights a rounding apart, another GEMM back end.
    noisy = {}
    with torch.backends.mkldnn.flags(enabled=False):
        for mode in ("eval",) if random else ("eval", "train"):
            noisy.update({f"{mode}/{k}": v for k, v in run_mode(cls, row, mode == "train", 1, True)[0].items()})
    with h5py.File(path, "w") as f:
        for k, v in stored.items():
            f[k] = v.detach().float().numpy()
            if k in noisy and noisy[k].shape == v.shape:
                a, b = v.detach().double(), noisy[k].detach().double()
                scale = a.abs().max().item() if a.numel() else 0
                f[k].attrs["noise"] = (a - b).abs().max().item() / scale if scale > 0 else 0.0
        kind = h5py.string_dtype()
        _, names, without = modes["eval" if random else "train"]  # of the mode whose gradients are stored
        f.attrs.create("params", names, dtype=kind, shape=(len(names),))
        f.attrs.create("no_grad", without, dtype=kind, shape=(len(without),))


def main(table, root, out):
    torch.set_num_threads(1)
    csv.field_size_limit(1 << 24)
    with open(table, newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows:
        base = Path(out) / row["id"]
        base.parent.mkdir(parents=True, exist_ok=True)
        for end in (".h5", ".txt"):
            base.with_name(base.name + end).unlink(missing_ok=True)
        try:
            run_case(row, Path(root), base.with_name(base.name + ".h5"))
        except Exception:
            base.with_name(base.name + ".txt").write_text(traceback.format_exc())


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The measures of check_driver in stock PyTorch, eager: language.py MODEL.py BATCH_TOKENS CONTEXT; name, milliseconds."""

import importlib.util
import statistics
import sys
import time

import torch

torch.set_num_threads(1)


def loop(a, b):
    h = torch.zeros_like(a[:, 0])
    out = []
    for t in range(a.shape[1]):
        h = a[:, t] * h + b[:, t]
        out.append(h)
    return torch.stack(out, 1)


def measure(name, rounds, f):
    times = []
    for i in range(rounds + 2):
        start = time.perf_counter()
        f()
        times.append(1000 * (time.perf_counter() - start))
    print(f"{name}\t{statistics.median(times[2:]):.4f}")


a, b = (torch.rand(1, 1024, 16, requires_grad=True) for _ in range(2))
measure("loop forward", 21, lambda: loop(a, b))
measure("loop forward and backward", 21, lambda: loop(a, b).sum().backward())

path, batch_tokens, context = sys.argv[1], *map(int, sys.argv[2:4])
spec = importlib.util.spec_from_file_location("exported", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
model = module.LanguageModel()
tokens = torch.randint(0, 256, (batch_tokens // context, context))


def step():
    model.hidden(tokens).sum().backward()


def seconds(precision):
    torch.set_float32_matmul_precision(precision)
    step()
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


torch.set_float32_matmul_precision(min(("highest", "medium"), key=seconds))
measure("nano step", 31, step)

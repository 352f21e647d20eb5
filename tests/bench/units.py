"""Milliseconds of an exported design's blocks forward and backward in stock PyTorch, eager, one thread, tuned as language.py.

units.py DIR BATCH_TOKENS CONTEXT; a line a file of DIR: name, median of 7.
"""

import importlib.util
import pathlib
import statistics
import sys
import time

import torch

torch.set_num_threads(1)
directory, batch_tokens, context = pathlib.Path(sys.argv[1]), *map(int, sys.argv[2:4])
tokens = torch.randint(0, 256, (batch_tokens // context, context))


def seconds(model, precision):
    torch.set_float32_matmul_precision(precision)
    start = time.perf_counter()
    model.hidden(tokens).sum().backward()
    return time.perf_counter() - start


for path in sorted(directory.glob("*.py")):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.LanguageModel()
    seconds(model, "highest")
    precision = min(("highest", "medium"), key=lambda p: seconds(model, p))
    times = [seconds(model, precision) for _ in range(8)][1:]
    print(f"{path.stem}\t{1000 * statistics.median(times):.3f}", flush=True)

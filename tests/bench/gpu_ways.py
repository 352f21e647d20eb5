"""A training step of the GPT2 seed's shape in stock PyTorch on a GPU: bfloat16 autocast, fused AdamW, micro-batches.

Usage: gpu_ways.py WAY D BLOCKS VOCABULARY CONTEXT BATCH MICRO STEPS. WAY: eager, compile, or graphs (compile with
mode="reduce-overhead"). BATCH and MICRO: sequences of a step and of a micro-batch. Prints milliseconds a step (median),
tokens a second, and the memory that tensors took.
"""

import sys
import time

import step_ways
import torch
from torch import nn


def main(way, d, blocks, vocabulary, context, batch, micro, steps):
    step_ways.BLOCKS, step_ways.V = blocks, vocabulary
    torch.manual_seed(0)
    with torch.device("cuda"):
        model = step_ways.Model(d, context)
        tokens = torch.randint(0, vocabulary, (batch, context + 1))
    model.cos, model.sin = model.cos.bfloat16(), model.sin.bfloat16()  # else rotary positions are float32
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    run = model
    if way != "eager":
        run = torch.compile(model, mode="reduce-overhead" if way == "graphs" else None)
    times = []
    for _ in range(steps + 3):
        torch.cuda.synchronize()
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        for part in tokens.split(micro):
            with torch.autocast("cuda", torch.bfloat16):
                loss = run(part[:, :-1], part[:, 1:]) * (micro / batch)
            loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    seconds = sorted(times[3:])[steps // 2]
    n = sum(p.numel() for p in model.parameters())
    memory = torch.cuda.max_memory_allocated() / 2**30
    print(f"{way}\t{n}\t{1e3 * seconds:.1f}\t{batch * context / seconds:.0f}\t{memory:.1f}")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:9]))

"""Milliseconds a training step of the GPT2 seed's shape in stock PyTorch: forward, loss, backward, clip, AdamW.

Usage: step_ways.py WAY D CONTEXT BATCH THREADS STEPS. WAY: eager or compile as installed; with -tuned fused AdamW and
(set by the caller) a malloc that keeps its pages; with -onednn the other matrix back end; with -bf16 autocast.
"""

import math
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

V, BLOCKS, HEADS = 32000, 6, 8


class Block(nn.Module):
    def __init__(self, d):
        super().__init__()
        hidden = 128 * -(-(8 * d // 3) // 128)
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.up, self.down = nn.Linear(d, 2 * hidden, bias=False), nn.Linear(hidden, d, bias=False)
        self.first, self.second = nn.Parameter(torch.ones(d)), nn.Parameter(torch.ones(d))

    def forward(self, x, cos, sin):
        B, T, C = x.shape
        y = F.rms_norm(x, (C,), self.first, 1e-5)
        q, k, v = self.qkv(y).view(B, T, 3, HEADS, C // HEADS).permute(2, 0, 3, 1, 4).unbind(0)

        def turn(a):
            even, odd = a[..., 0::2], a[..., 1::2]
            return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)

        y = F.scaled_dot_product_attention(turn(q), turn(k), v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(B, T, C))
        a, g = self.up(F.rms_norm(x, (C,), self.second, 1e-5)).chunk(2, -1)
        return x + self.down(a * F.silu(g))


class Model(nn.Module):
    def __init__(self, d, T):
        super().__init__()
        self.embedding = nn.Embedding(V, d)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.blocks = nn.ModuleList([Block(d) for _ in range(BLOCKS)])
        self.norm = nn.Parameter(torch.ones(d))
        angle = torch.arange(T)[:, None] * 10000.0 ** (-torch.arange(0, d // HEADS, 2) / (d // HEADS))
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())

    def forward(self, tokens, targets):
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        x = F.rms_norm(x, (x.shape[-1],), self.norm, 1e-5)
        return F.cross_entropy((x @ self.embedding.weight.T).flatten(0, 1).float(), targets.flatten())


def peak_gflops():
    a, b = torch.rand(2048, 2048), torch.rand(2048, 2048)
    best = 0
    for precision in ("highest", "medium"):
        torch.set_float32_matmul_precision(precision)
        torch.mm(a, b)
        for _ in range(5):
            start = time.perf_counter()
            torch.mm(a, b)
            best = max(best, 2e-9 * 2048**3 / (time.perf_counter() - start))
    return best


def main(way, d, T, B, threads, steps):
    torch.set_num_threads(threads)
    peak = peak_gflops()
    torch.set_float32_matmul_precision("medium" if "onednn" in way else "highest")
    model = Model(d, T)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), fused="tuned" in way)
    run = torch.compile(model) if way.startswith("compile") else model
    tokens = torch.randint(0, V, (B, T + 1))
    times = []
    for _ in range(steps + 3):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled="bf16" in way):
            loss = run(tokens[:, :-1], tokens[:, 1:])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        times.append(1e3 * (time.perf_counter() - start))
    assert math.isfinite(loss.item())
    ms = sorted(times[3:])[steps // 2]
    hidden = 128 * -(-(8 * d // 3) // 128)
    flops = 3 * B * T * (2 * (BLOCKS * (4 * d * d + 3 * d * hidden) + V * d) + 2 * T * d * BLOCKS)
    print(f"step\t{ms:.2f}\nmemory_mb\t{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")
    print(f"share_of_peak\t{1e-6 * flops / ms / peak:.3f}")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:7]))

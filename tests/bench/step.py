"""Milliseconds a training step of an exported model in stock PyTorch, eager: forward, loss, backward, clip, fused AdamW.

Usage: step.py MODEL.py BATCH_TOKENS CONTEXT STEPS; prints the mean over STEPS steps after five to warm up.
"""

import importlib.util
import sys
import time

import torch
import torch.nn.functional as F

path, batch_tokens, context, steps = sys.argv[1], *map(int, sys.argv[2:5])
torch.set_num_threads(1)
spec = importlib.util.spec_from_file_location("exported", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
model = module.LanguageModel()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
tokens = torch.randint(0, 256, (batch_tokens // context, context + 1))


def step():
    optimizer.zero_grad()
    logits = model(tokens[:, :-1])
    F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten()).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


for _ in range(5):
    step()
start = time.perf_counter()
for _ in range(steps):
    step()
print(f"{1000 * (time.perf_counter() - start) / steps:.1f}")

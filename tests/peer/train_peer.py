"""Training against a plain PyTorch loop: the same initial weights and batches, AdamW and clip as PyTorch has them.

Usage: train_peer.py DUMP.h5 LOG.jsonl [MODEL.py]; the first two from tests/train/driver.cpp; the model, where it is not
the one below, as bin/export writes it. Holds first-step gradients to 1e-5 (largest difference over largest magnitude of
each tensor), the loss of the first steps to 1e-5 and of all to 1e-4; beyond that, to three times PyTorch's own distance
from float64.
"""

import importlib.util
import json
import math
import sys

import h5py
import numpy
import torch
import torch.nn.functional as F


FIRST = 5  # steps


class Attention(torch.nn.Module):
    def __init__(self, d, heads=8):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = torch.nn.Linear(d, 3 * d), torch.nn.Linear(d, d)

    def rotate(self, x):
        w = x.shape[-1]
        rate = 10000.0 ** (-torch.arange(0, w, 2, dtype=torch.float64) / w)
        angle = torch.outer(torch.arange(x.shape[-2], dtype=torch.float64), rate)
        c, s = angle.cos().float(), angle.sin().float()
        even, odd = x[..., ::2], x[..., 1::2]
        return torch.stack([even * c - odd * s, even * s + odd * c], -1).flatten(-2)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        scores = self.rotate(q) @ self.rotate(k).transpose(-1, -2) / math.sqrt(d // self.heads)
        scores = scores.masked_fill(torch.ones(t, t, dtype=torch.bool).triu(1), -math.inf)
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, d))


class MLP(torch.nn.Module):
    def __init__(self, d, width):
        super().__init__()
        self.up, self.down = torch.nn.Linear(d, 2 * width, bias=False), torch.nn.Linear(width, d, bias=False)

    def forward(self, x):
        a, g = self.up(x).chunk(2, -1)
        return self.down(a * F.silu(g))


class Block(torch.nn.Module):
    def __init__(self, d, width):
        super().__init__()
        self.norm_1, self.norm_2 = torch.nn.RMSNorm(d, eps=1e-5), torch.nn.RMSNorm(d, eps=1e-5)
        self.mixer, self.mlp = Attention(d), MLP(d, width)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))


class Model(torch.nn.Module):
    def __init__(self, vocabulary, d, n_blocks, width):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, d)
        self.blocks = torch.nn.ModuleList(Block(d, width) for _ in range(n_blocks))
        self.norm = torch.nn.RMSNorm(d, eps=1e-5)

    def forward(self, tokens):
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.embedding.weight.T


def build(weights, path):
    if path:
        spec = importlib.util.spec_from_file_location("exported", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        model = module.LanguageModel()
        model.load_state_dict({name: torch.from_numpy(w[()]) for name, w in weights.items()}, strict=False)
        assert {name for name, _ in model.named_parameters()} == set(weights), "other parameters"
        return model
    vocabulary, d = weights["embedding.weight"].shape
    n_blocks = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("blocks."))
    model = Model(vocabulary, d, n_blocks, weights["blocks.0.mlp.down.weight"].shape[1])
    model.load_state_dict({name: torch.from_numpy(w[()]) for name, w in weights.items()})
    return model


def losses(file, path, dtype):
    """Of every step, and the largest difference of a first gradient from ours over its largest magnitude."""
    model = build(file["weights"], path).to(dtype)
    tokens, rates = torch.from_numpy(file["tokens"][()]), file["learning_rates"][()]
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}],
                                  betas=(0.9, 0.95), eps=1e-8)
    worst, out = 0.0, []
    for batch, rate in zip(tokens, rates):
        for group in optimizer.param_groups:
            group["lr"] = float(rate)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())
        loss.backward()
        if not out:
            for name, p in model.named_parameters():
                theirs = p.grad.numpy()
                difference = numpy.abs(theirs - file["gradients"][name][()]).max() / numpy.abs(theirs).max()
                worst = max(worst, float(difference))
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        out.append(loss.item())
    return out, worst


def main(dump, log, path=None):
    torch.set_num_threads(1)
    file = h5py.File(dump)
    ours = [line["loss"] for line in map(json.loads, open(log)) if "loss" in line]
    theirs, worst_gradient = losses(file, path, torch.float32)
    assert len(ours) == len(theirs) == len(file["tokens"]), "other numbers of steps"
    gaps = [abs(a - b) for a, b in zip(ours, theirs)]
    print(f"train: {len(ours)} steps from {ours[0]:.4f} to {ours[-1]:.4f}: loss within {max(gaps[:FIRST]):.1e} in {FIRST} "
          f"steps, {max(gaps):.1e} in all, first gradients within {worst_gradient:.1e}", end="")
    good = worst_gradient <= 1e-5 and max(gaps[:FIRST]) <= 1e-5
    if max(gaps) > 1e-4:  # of a law that magnifies rounding? By how much shows in float64
        exact, _ = losses(file, path, torch.float64)
        allowed = 3 * max(abs(a - b) for a, b in zip(theirs, exact))
        apart = max(abs(a - b) for a, b in zip(ours, exact))
        print(f"; from float64 {apart:.1e} where PyTorch's float32 is {allowed / 3:.1e}", end="")
        good = good and apart <= allowed
    print()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

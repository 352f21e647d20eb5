"""The GPT2 seed written again in plain PyTorch, from its formulas and not from its units (rotation by complex numbers,
softmax spelled out), against what the interpreter made of the same weights.

Usage: gpt2_peer.py DIR; DIR holds gpt2_NAME.safetensors and gpt2_NAME.expected.safetensors.
"""

import json
import math
import pathlib
import struct
import sys

import torch

LIMIT = 1e-5  # largest difference over largest magnitude, float32


def read(path):
    types = {"F32": torch.float32, "I64": torch.int64}
    data = path.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        begin, end = (start + offset for offset in entry["data_offsets"])
        tensors[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=types[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def rms(x, weight):
    return weight * x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-5)


def rotate(x):  # (B, T, H, D)
    T, D = x.shape[1], x.shape[3]
    angle = torch.arange(T, dtype=torch.float64)[:, None] / 10000.0 ** (torch.arange(0, D, 2, dtype=torch.float64) / D)
    turn = torch.polar(torch.ones_like(angle), angle).to(torch.complex64)[None, :, None]
    return torch.view_as_real(torch.view_as_complex(x.reshape(*x.shape[:3], D // 2, 2)) * turn).flatten(-2)


def attention(x, w, at, heads=8):
    B, T, C = x.shape
    q, k, v = (x @ w[at + "qkv.weight"].T + w[at + "qkv.bias"]).split(C, -1)
    q, k, v = (rotate(t.reshape(B, T, heads, -1)) if t is not v else t.reshape(B, T, heads, -1) for t in (q, k, v))
    scores = torch.einsum("bthd,bshd->bhts", q, k) / math.sqrt(C // heads)
    scores = scores.masked_fill(torch.ones(T, T).triu(1).bool(), -math.inf)
    y = torch.einsum("bhts,bshd->bthd", scores.softmax(-1), v).reshape(B, T, C)
    return y @ w[at + "out.weight"].T + w[at + "out.bias"]


def forward(tokens, w):
    x = w["embedding.weight"][tokens]
    for k in range(sum(name.endswith("mixer.qkv.weight") for name in w)):
        at = f"blocks.{k}."
        x = x + attention(rms(x, w[at + "norm_1.weight"]), w, at + "mixer.")
        a, g = (rms(x, w[at + "norm_2.weight"]) @ w[at + "mlp.up.weight"].T).chunk(2, -1)
        x = x + (a * g * torch.sigmoid(g)) @ w[at + "mlp.down.weight"].T
    return rms(x, w["norm.weight"]) @ w["embedding.weight"].T


def compare(path):
    weights = {name: t.requires_grad_() for name, t in read(path).items()}
    expected = read(path.with_suffix(".expected.safetensors"))
    logits = forward(expected["tokens"], weights)
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), expected["targets"].flatten())
    loss.backward()
    pairs = {"logits": (logits, expected["logits"]), "loss": (loss, expected["loss"])}
    pairs |= {name: (t.grad, expected["gradient." + name]) for name, t in weights.items()}
    worst = {n: ((a - b).abs().max() / b.abs().max().clamp_min(1e-30)).item() for n, (a, b) in pairs.items()}
    name = max(worst, key=worst.get)
    print(f"gpt2 {path.stem}: {len(weights)} parameters, worst {worst[name]:.1e} ({name})")
    return worst[name] <= LIMIT


if __name__ == "__main__":
    files = sorted(p for p in pathlib.Path(sys.argv[1]).glob("gpt2_*.safetensors") if ".expected" not in p.name)
    assert files, f"nothing to compare in {sys.argv[1]}"
    sys.exit(0 if all([compare(path) for path in files]) else 1)

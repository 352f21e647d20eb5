"""Designs exported for transformers: each folder is loaded by AutoModelForCausalLM with trust_remote_code, and its logits,
loss and greedy text are held to our interpreter's logits and to a loop over them.

Usage: hub_peer.py DIR            folders DIR/NAME with DIR/NAME.expected.safetensors (tests/design/peer_files.h)
       hub_peer.py FOLDER STOCK.safetensors TEXT.h5 TOKENS.h5   an export of the tool, with its tokenizer
"""

import pathlib
import sys
import tempfile

import h5py
import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

logging.disable_progress_bar()
LIMIT = 1e-5  # largest difference over largest magnitude, float32


def load(folder):
    model, told = AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True, output_loading_info=True)
    assert not any(told[kind] for kind in told if kind.endswith("_keys")), told
    return model.eval()


@torch.no_grad()
def greedy(model, tokens, n):
    for _ in range(n):
        tokens = torch.cat([tokens, model(tokens).logits[:, -1].argmax(-1, keepdim=True)], 1)
    return tokens


@torch.no_grad()
def compare(folder):
    expected = load_file(folder.with_suffix(".expected.safetensors"))
    model, tokens = load(folder), expected["tokens"]
    logits = model(tokens).logits
    worst = ((logits - expected["logits"]).abs().max() / expected["logits"].abs().max()).item()
    mean = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())
    assert abs(model(tokens, labels=tokens).loss - mean) < 1e-6, "loss"
    start = tokens[:, :9]
    model.generation_config.eos_token_id = None
    said = model.generate(start, max_new_tokens=4, do_sample=False, attention_mask=torch.ones_like(start))
    assert torch.equal(said, greedy(model, start, 4)), "generate"
    try:
        model(start, attention_mask=torch.tensor([[0] + [1] * 8] * 2))
        raise AssertionError("padding on the left is taken")
    except ValueError:
        pass
    with tempfile.TemporaryDirectory() as again:  # what transformers saves, it loads
        model.save_pretrained(again)
        assert torch.equal(load(again)(tokens).logits, logits), "saved and loaded"
    fresh = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder, trust_remote_code=True),
                                             trust_remote_code=True)
    assert all(p.isfinite().all() for p in fresh.parameters()) and fresh.eval()(tokens).logits.isfinite().all(), "fresh"
    half = AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True, dtype=torch.bfloat16)
    assert next(half.parameters()).dtype == torch.bfloat16, "bfloat16"
    print(f"hub {folder.name}: {len(list(model.parameters()))} parameters, logits {worst:.1e}")
    return worst <= LIMIT


@torch.no_grad()
def compare_tool(folder, stock, text, tokens):
    model, tokenizer = load(folder), AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    weights = load_file(stock)
    assert all(torch.equal(p, weights[name]) for name, p in model.state_dict().items()), "other weights"
    with h5py.File(text) as t, h5py.File(tokens) as ours:
        data, ends = t["bytes"][:].tobytes(), t["offsets"][:]
        documents = [data[a:b].decode() for a, b in zip(ends[:-1], ends[1:])]
        n = 0
        for split in ours.values():
            all_tokens, bounds = split["tokens"][:].tolist(), split["offsets"][:]
            for number, a, b in zip(split["document"][:], bounds[:-1], bounds[1:]):
                ids = tokenizer(documents[number])["input_ids"]
                assert ids + [tokenizer.eos_token_id] == all_tokens[a:b], f"document {number}: other tokens"
                assert tokenizer.decode(ids) == documents[number], "text does not come back"
                n += 1
    assert n == len(documents), f"{n} of {len(documents)} documents"
    with tempfile.TemporaryDirectory() as again:
        tokenizer.save_pretrained(again)
        assert AutoTokenizer.from_pretrained(again, trust_remote_code=True)(documents[0])["input_ids"] == tokenizer(documents[0])["input_ids"]
    special = f"a {tokenizer.eos_token} b"
    assert tokenizer.decode(tokenizer(special)["input_ids"]) == special, "a special token's spelling is not text"
    print(f"hub {folder.name}: {n} documents tokenized alike")


if __name__ == "__main__":
    torch.manual_seed(0)
    if len(sys.argv) > 2:
        compare_tool(*map(pathlib.Path, sys.argv[1:]))
        sys.exit(0)
    folders = sorted(path.parent for path in pathlib.Path(sys.argv[1]).glob("*/config.json"))
    assert folders, f"no exported folder in {sys.argv[1]}"
    passed = [compare(folder) for folder in folders]
    print(f"{len(folders)} designs load in transformers with equal logits" if all(passed) else "logits differ")
    sys.exit(0 if all(passed) else 1)

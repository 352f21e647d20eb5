"""Tasks scored by `evaluate --task` against lm-evaluation-harness 0.4.13 on the same weights: each item's
log-likelihoods and greedy flags, each metric and its error.

Usage: eval_peer.py MODEL.safetensors TOKENIZER.model RUN-tasks.yaml RUN-tasks.h5 CONTEXT DATA LIMIT TASK.yaml…
What the harness has of a task is taken from its own file, Python hooks and all, over the same rows; else from ours.
The seed's weights go into a Hugging Face Llama: q and k rows in its order of rotary pairs. The tokenizer is the
sentencepiece library itself with nothing added. Keys of ours that the harness does not know are taken out.
"""

import functools
import json
import os
import pathlib
import sys
import tempfile
import time

os.environ.update(HF_DATASETS_OFFLINE="1", HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", DISABLE_MULTIPROC="1")
os.environ.setdefault("HF_HOME", tempfile.mkdtemp(prefix="gradus-hf."))

import h5py
import numpy
import sentencepiece
import torch
import yaml
from safetensors.torch import load_file
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizer

RELATIVE, NATS = 1e-4, 1e-3  # an item's sum agrees within the one or the other
OWN_FILES = ["lambada/lambada_openai", "hellaswag/hellaswag", "piqa/piqa", "arc/arc_easy", "arc/arc_challenge",
             "winogrande/default", "openbookqa/openbookqa", "mathqa/mathqa", "sciq/sciq", "swag/swag", "wsc273/default",
             "qa4mre/qa4mre_2011", "qa4mre/qa4mre_2012", "qa4mre/qa4mre_2013", "triviaqa/default", "glue/cola/default",
             "glue/mnli/default", "glue/mnli/mismatch", "glue/mrpc/default", "glue/qqp/default", "glue/rte/default",
             "glue/sst2/default", "glue/wnli/default"]
SKIP = {"mc2": "acc", "contains": "exact_match"}  # hooks there; what to let it compute instead
OURS = ("needs", "keep_file", "keep_list", "keep_field", "where", "columns")


class Pieces(PreTrainedTokenizer):
    model_input_names = ["input_ids", "attention_mask"]

    def __init__(self, path, **kwargs):
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(path))
        super().__init__(eos_token="</s>", unk_token="<unk>", pad_token="<unk>", **kwargs)

    @property
    def vocab_size(self):
        return self.pieces.get_piece_size()

    def get_vocab(self):
        return {self.pieces.id_to_piece(i): i for i in range(self.vocab_size)}

    def _tokenize(self, text, **kwargs):
        return self.pieces.encode(text, out_type=str)

    def _convert_token_to_id(self, token):
        return self.pieces.piece_to_id(token)

    def _convert_id_to_token(self, index):
        return self.pieces.id_to_piece(index)

    def convert_tokens_to_string(self, tokens):
        return tokens[0] if tokens in (["</s>"], ["<unk>"]) else self.pieces.decode(tokens)


def llama(weights, context, heads=8):
    vocabulary, width = weights["embedding.weight"].shape
    blocks = sum(name.endswith("mixer.qkv.weight") for name in weights)
    inner = weights["blocks.0.mlp.down.weight"].shape[1]
    config = LlamaConfig(vocab_size=vocabulary, hidden_size=width, intermediate_size=inner, num_hidden_layers=blocks,
                         num_attention_heads=heads, num_key_value_heads=heads, max_position_embeddings=context,
                         rms_norm_eps=1e-5, attention_bias=True, tie_word_embeddings=True, bos_token_id=None,
                         eos_token_id=1, pad_token_id=0,
                         rope_parameters={"rope_type": "default", "rope_theta": 10000.0})
    model = LlamaForCausalLM(config)
    size = width // heads
    order = torch.cat([torch.arange(0, size, 2), torch.arange(1, size, 2)])
    rows = torch.cat([head * size + order for head in range(heads)])  # (2i, 2i + 1) to (i, i + size / 2)
    state = {"model.embed_tokens.weight": weights["embedding.weight"], "model.norm.weight": weights["norm.weight"],
             "lm_head.weight": weights["embedding.weight"]}
    for k in range(blocks):
        ours, theirs = f"blocks.{k}.", f"model.layers.{k}."
        for kind in ("weight", "bias"):
            q, key, v = weights[ours + f"mixer.qkv.{kind}"].split(width, 0)
            state[theirs + f"self_attn.q_proj.{kind}"] = q[rows]
            state[theirs + f"self_attn.k_proj.{kind}"] = key[rows]
            state[theirs + f"self_attn.v_proj.{kind}"] = v
            state[theirs + f"self_attn.o_proj.{kind}"] = weights[ours + f"mixer.out.{kind}"]
        up, gate = weights[ours + "mlp.up.weight"].chunk(2, 0)
        state[theirs + "mlp.gate_proj.weight"], state[theirs + "mlp.up_proj.weight"] = gate, up
        state[theirs + "mlp.down_proj.weight"] = weights[ours + "mlp.down.weight"]
        state[theirs + "input_layernorm.weight"] = weights[ours + "norm_1.weight"]
        state[theirs + "post_attention_layernorm.weight"] = weights[ours + "norm_2.weight"]
    model.load_state_dict(state)
    return model.eval()


def resolved(node, folder):
    """A task file with what it includes."""
    if "include" not in node:
        return node
    below = resolved(yaml.safe_load((folder / node["include"]).read_text()), folder)
    return {**below, **{key: value for key, value in node.items() if key != "include"}}


@functools.cache
def own_files():
    """The harness's own task files, by name."""
    from lm_eval.tasks._yaml_loader import load_yaml

    root = pathlib.Path(sys.modules["lm_eval"].__file__).parent / "tasks"
    loaded = (load_yaml(root / f"{name}.yaml", resolve_func=True) for name in OWN_FILES)
    return {config["task"]: config for config in loaded}


def configs(path, data):
    node = resolved(yaml.safe_load(path.read_text()), path.parent)
    members = [resolved(m, path.parent) for m in node["task"]] if isinstance(node["task"], list) else [node]
    for member in members:
        files, name = member["dataset_kwargs"]["data_files"], member.pop("dataset_name", "")
        filled = {split: str(data / file.replace("{{dataset_name}}", name)) for split, file in files.items()}
        kind = "csv" if "sv'}" in str(filled) else "json"
        tabs = {"sep": "\t", "quoting": 3} if ".tsv'}" in str(filled) else {}
        config = {key: value for key, value in own_files().get(member["task"], member).items() if key not in OURS}
        asked = config.get("test_split") or config.get("validation_split")
        if len(filled) == 1:  # by whatever name its split has there
            filled = {asked: list(filled.values())[0]}
        for split in ("training_split", "validation_split", "test_split"):
            if config.get(split) not in filled:
                config[split] = None
        config["metric_list"] = [{**m, "metric": SKIP.get(m["metric"], m["metric"])} for m in config["metric_list"]]
        config["dataset_name"] = None
        yield {**config, "dataset_path": kind, "dataset_kwargs": {"data_files": filled, **tabs}}


def compare(name, samples, items):
    """Largest difference in nats, how many items, greedy flags or answers differ, greedy hits, sums or answers."""
    worst = wrong = 0
    if f"{name}/answers" in items:
        mine = [json.loads(line) for line in bytes(items[f"{name}/answers"][:]).decode().splitlines()]
        by_item = {sample["doc_id"]: sample["resps"][0][0] for sample in samples}  # a sample for each filter
        theirs = [by_item[number] for number in sorted(by_item)]
        for a, b in zip(mine, theirs, strict=True):
            if a.strip() != b.strip():  # Hugging Face's tokenizer drops the first space
                wrong += 1
                print(f"  ours {a!r}\n  want {b!r}")
        return 0, wrong, 0, len(mine)
    nats, greedy, item = (items[f"{name}/{key}"][:] for key in ("nats", "greedy", "item"))
    for number, sample in enumerate(sorted(samples, key=lambda s: s["doc_id"])):
        here = item == number
        theirs = [response[0] for response in sample["resps"]]
        if not isinstance(theirs[0], (list, tuple)):  # a whole text: windows are one sum there
            theirs = [(theirs[0], all(greedy[here]))]
            nats[here] = nats[here].sum()
            here = numpy.flatnonzero(here)[:1]
        for mine, flag, (value, likeliest) in zip(nats[here], greedy[here], theirs, strict=True):
            gap = abs(mine - float(value))
            worst = max(worst, gap)
            wrong += gap > max(NATS, RELATIVE * abs(mine)) or bool(flag) != bool(likeliest)
    return worst, wrong, int(greedy.sum()), len(nats)


def main():
    weights, tokenizer, result, items, context, data, limit = sys.argv[1:8]
    import lm_eval
    import lm_eval.utils
    from lm_eval.models.huggingface import HFLM

    tasks = [task for path in sys.argv[8:] for task in configs(pathlib.Path(path), pathlib.Path(data).absolute())]
    model = HFLM(pretrained=llama(load_file(weights), int(context)), tokenizer=Pieces(tokenizer), batch_size=64,
                 max_length=int(context), dtype="float32", device="cpu")
    started = time.time()
    got = lm_eval.simple_evaluate(model=model, tasks=tasks, limit=int(limit) or None, log_samples=True,
                                  bootstrap_iters=int(os.environ.get("BOOTSTRAP", "1000")), verbosity="ERROR")
    seconds = time.time() - started
    ours, file = yaml.safe_load(pathlib.Path(result).read_text()), h5py.File(items)
    faults = greedy = 0
    for task in tasks:
        name = task["task"]
        scored, lines = ours["tasks"][name], []
        worst, wrong, hits, n = compare(name, got["samples"][name], file)
        for key, metric in scored["metrics"].items():
            theirs = got["results"][name]
            metric_name, _, filtered = key.partition(",")
            if metric_name in SKIP:
                continue
            key = f"{metric_name},{filtered or 'none'}"
            value, error = theirs[key], theirs.get(key.replace(",", "_stderr,"), "N/A")
            equal = abs(metric["value"] - value) <= 1e-4 * max(1, abs(value))
            if isinstance(error, float) and scored["items"] > 1:
                equal = equal and abs(metric["standard_error"] - error) <= 1e-3 * max(1e-3, abs(error))
            wrong += not equal
            error = error if error == "N/A" else f"{error:.3g}"
            lines.append(f"{key} {metric['value']:.5g} ± {metric['standard_error']:.3g} / {value:.5g} ± {error}")
        faults += wrong
        greedy += hits
        print(f"{name}: {n} sums, {hits} greedy, worst {worst:.1e} nats, {wrong} differ;", "; ".join(lines))
    print(f"eval: {len(tasks)} tasks, {greedy} greedy hits, {faults} differ from lm_eval {lm_eval.__version__}"
          f" ({seconds:.0f} s of it)")
    return 1 if faults or not greedy else 0


if __name__ == "__main__":
    sys.exit(main())

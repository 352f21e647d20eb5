"""Slices classes of installed packages, with all they need, into standalone files, and makes cases of them.

    extract.py WHEELS.tsv OUT       OUT/FILE.py and OUT/CASES.tsv, for run_cases and torch_cases.py

A slice is foreign text: test input below OUT, never kept. See README.md.
"""

import ast
import collections
import csv
import importlib
import inspect
import json
import sys
from pathlib import Path

from slices import Slice, prepare, simple, source

CONFIG = """

inf = float("inf")


class Config:
    def __init__(self, values):
        for k, v in values.items():
            setattr(self, k, v)

    def get_text_config(self, *args, **kwargs):
        return self

    def standardize_rope_params(self):
        pass


def make_case(attention=None, **kwargs):
    config = {values}
    if attention is not None:
        config._attn_implementation = attention
    return {name}({arguments}**kwargs)
"""


def literal(config):
    """A configuration object as the text of an equal one, properties included."""
    values = {}
    names = {n for n in dir(config) if not n.startswith("_") or n == "_attn_implementation"} | set(
        getattr(config, "attribute_map", {})
    )
    for n in sorted(names - {"id2label", "label2id", "attribute_map", "base_model_tp_plan", "base_model_pp_plan"}):
        try:
            v = getattr(config, n)
        except Exception:
            continue
        if type(v).__name__.endswith("Config") and "Generation" not in type(v).__name__:
            values[n] = literal(v)
        elif simple(v, finite=False) and len(repr(v)) < 4000:
            values[n] = repr(v)
    return "Config({" + ", ".join(f"{k!r}: {v}" for k, v in values.items()) + "})"


# Sizes by the names that configurations and constructors give them.
SIZES = {
    32: (
        "hidden_size d_model n_embd dim embed_dim emb_dim hidden_dim encoder_hidden_size decoder_hidden_size"
        " in_features channels embedding_size in_channels num_channels_in planes query_dim inner_dim num_features"
        " model_dim width in_dim out_dim out_channels out_features output_dim input_dim d_in hidden_channels dim_in"
        " in_chs out_chs dim_out embedding_dim normalized_shape num_embeddings n_channels feat_channels conv_dim"
        " feature_size lru_width intermediate_dim"
    ),
    48: (
        "intermediate_size ffn_dim d_ff encoder_ffn_dim decoder_ffn_dim n_inner ffn_hidden_size dim_feedforward "
        "encoder_intermediate_size mlp_dim hidden_features feedforward_dim"
    ),
    24: "moe_intermediate_size shared_expert_intermediate_size expert_ffn_hidden_size",
    4: (
        "num_attention_heads n_head n_heads num_heads encoder_attention_heads decoder_attention_heads heads num_experts"
        " num_local_experts n_routed_experts moe_num_experts linear_num_value_heads patch_size mamba_n_heads"
        " attention_heads"
    ),
    2: (
        "num_key_value_heads num_kv_heads num_hidden_layers n_layer n_layers num_layers encoder_layers decoder_layers"
        " num_experts_per_tok moe_top_k moe_k moe_topk top_k linear_num_key_heads kv_heads depth num_query_groups"
        " multi_query_group_num"
    ),
    8: (
        "head_dim d_kv state_size mamba_d_state d_state ssm_state_size qk_nope_head_dim qk_rope_head_dim v_head_dim"
        " dim_head linear_key_head_dim linear_value_head_dim attention_head_dim dim_key qk_head_dim rotary_dim"
        " mamba_d_head mamba_head_dim mamba_headdim head_size d_head block_size chunk_size mamba_chunk_size"
    ),
    16: "q_lora_rank kv_lora_rank image_size time_step_rank mamba_dt_rank input_size rank lora_rank",
    64: (
        "vocab_size max_position_embeddings n_positions max_seq_len max_position max_len max_sequence_length"
        " num_positions"
    ),
    1: "n_group topk_group n_groups layer_idx layer_id n_shared_experts num_shared_experts layer_number",
    3: "num_channels kernel_size in_chans",
    6: "seq_len num_patches num_tokens seq_length",
}
SIZE = {name: size for size, names in SIZES.items() for name in names.split()}
SIZE |= {
    "eps": 1e-6,
    "layer_norm_eps": 1e-6,
    "bias": True,
    "dropout": 0.0,
    "drop_path": 0.0,
    "drop_prob": 0.0,
    "activation": "gelu",
    "hidden_act": "silu",
    "is_decoder": False,
    "scale": 1.0,
    "hidden_sizes": [16, 32],
    "depths": [1, 1],
    "num_groups": 4,
    "padding_idx": 0,
    "embed_scale": 2.0,
    "num_classes": 3,
    "pooler_dropout": 0.0,
    "size": 32,
    "nx": 32,
    "nf": 32,
    "cin": 32,
    "cout": 32,
    "d_hidden": 32,
    "d_inner": 48,
    "d_out": 32,
    "mlp_ratio": 2.0,
    "num_blocks": 2,
    "groups": 4,
    "elementwise_affine": True,
    "theta": 10000.0,
    "base": 10000.0,
    "p": 0.0,
    "stride": 1,
    "window_size": 4,
    "act_layer": None,
}
CONFIG_SIZE = {
    k: v
    for k, v in SIZE.items()
    if isinstance(v, int)
    and k
    not in "kernel_size conv_dim layer_idx layer_id window_size bias is_decoder num_groups stride in_chans".split()
}

# Inputs by name: what `$name` stands for, and the parameters that may take it, the likeliest first.
T, C = 6, 32
INPUTS = {
    "x": {"shape": [2, T, C], "seed": 1},
    "y": {"shape": [2, T, C], "seed": 2},
    "gate": {"shape": [2, T, C], "seed": 3},
    "flat": {"shape": [12, C], "seed": 4},
    "vector": {"shape": [2, C], "seed": 5},
    "channels": {"shape": [2, C, T], "seed": 6},
    "grid": {"shape": [2, C, 8, 8], "seed": 7},
    "last": {"shape": [2, 8, 8, C], "seed": 8},
    "image": {"shape": [2, 3, 16, 16], "seed": 9},
    "wave": {"shape": [2, 64], "seed": 10},
    "wide": {"shape": [2, T, 48], "seed": 11},
    "half": {"shape": [2, T, 16], "seed": 12},
    "double": {"shape": [2, T, 64], "seed": 13},
    "small": {"shape": [2, T, 8], "seed": 14},
    "heads": {"shape": [2, 4, T, 8], "seed": 15},
    "heads2": {"shape": [2, T, 4, 8], "seed": 16},
    "square": {"shape": [2, 16, C], "seed": 17},
    "grid16": {"shape": [2, 16, 8, 8], "seed": 18},
    "video": {"shape": [2, 3, 4, 16, 16], "seed": 19},
    "pair": {"shape": [2, T, T, C], "seed": 20},
    "ids": {"shape": [2, T], "dtype": "int64", "rule": "arange"},
    "positions": {"shape": [2, T], "dtype": "int64", "rule": "arange"},
    "position1": {"shape": [T], "dtype": "int64", "rule": "arange"},
    "time": {"shape": [2], "seed": 21},
    "cos": {"shape": [2, T, 8], "seed": 22},
    "sin": {"shape": [2, T, 8], "seed": 23},
    "cos1": {"shape": [T, 8], "seed": 22},
    "sin1": {"shape": [T, 8], "seed": 23},
    "cos4": {"shape": [2, T, 4], "seed": 24},
    "sin4": {"shape": [2, T, 4], "seed": 25},
    "cos2": {"shape": [1, T, 2], "seed": 24},
    "sin2": {"shape": [1, T, 2], "seed": 25},
    "alibi": {"shape": [8, 1, T], "seed": 26},
    "alibi4": {"shape": [1, 4, T, T], "seed": 26},
    "experts": {"shape": [12, 2], "dtype": "int64", "rule": "arange"},
    "expert_weights": {"shape": [12, 2], "seed": 27},
    "keys": {"shape": [2, 4, T, 8], "seed": 28},
    "values": {"shape": [2, 4, T, 8], "seed": 29},
    "keys2": {"shape": [2, T, 4, 8], "seed": 28},
    "values2": {"shape": [2, T, 4, 8], "seed": 29},
    "per_head": {"shape": [2, T, 4], "seed": 30},
    "one": {"shape": [2, 1, C], "seed": 31},
    "wave1": {"shape": [2, 1, 64], "seed": 32},
    "gates": {"shape": [2, 4, T], "seed": 33},
    "padding16": {"shape": [2, 16], "dtype": "float32", "rule": "leftpad", "lengths": [16, 11]},
    "padding16_bool": {"shape": [2, 16], "dtype": "bool", "rule": "leftpad", "lengths": [16, 11]},
    "bert_mask": {"shape": [2, 1, 1, T], "dtype": "float32", "rule": "leftpad", "lengths": [6, 4]},
    "padding": {"shape": [2, T], "dtype": "int64", "rule": "leftpad", "lengths": [6, 4]},
    "padding_bool": {"shape": [2, T], "dtype": "bool", "rule": "leftpad", "lengths": [6, 4]},
    "causal": {"shape": [2, 1, T, T], "rule": "causal", "lengths": [6, 4]},
    "causal_bool": {"shape": [2, 1, T, T], "dtype": "bool", "rule": "causal", "lengths": [6, 4]},
}
MODES = ("base", "masked", "autocast", "bfloat16")


def find_config(module, name, sizes):
    m = source(module).module
    cls = getattr(m, name, None)
    if cls is None:
        folder = module.rpartition(".")[0]
        for f in sorted(Path(m.__file__).parent.glob("configuration_*.py")):
            cls = cls or getattr(importlib.import_module(f"{folder}.{f.stem}"), name, None)
    fields = set(getattr(cls, "__dataclass_fields__", ())) | set(inspect.signature(cls.__init__).parameters)
    return cls(**{k: v for k, v in (CONFIG_SIZE | sizes).items() if k in fields})


def config_parameter(cls):
    """The constructor's parameter that takes the configuration, None where there is none."""
    return next(
        (p for p in list(inspect.signature(cls.__init__).parameters)[1:] if p == "config" or p.endswith("_config")),
        None,
    )


def expressions(row):
    """Constructor arguments that are no JSON: "=nn.Linear(32, 32)"."""
    return {k: v[1:] for k, v in json.loads(row["ctor"]).items() if isinstance(v, str) and v.startswith("=")}


def write_slice(row, path):
    cls, given = row["class"], expressions(row)
    known = vars(source(row["module"]).module)
    names = {n.id for e in given.values() for n in ast.walk(ast.parse(e)) if isinstance(n, ast.Name) and n.id in known}
    text = str(Slice(row["module"], cls, *sorted(names - {cls})))
    arguments = "".join(f"{k}={v}, " for k, v in given.items())
    if row["config"] != ".":
        values = literal(find_config(row["module"], row["config"], json.loads(row["sizes"])))
        arguments += f"{config_parameter(known[cls])}=config, "
        text += CONFIG.replace("{values}", values).replace("{name}", cls).replace("{arguments}", arguments)
    else:
        text += f"\n\ndef make_case(**kwargs):\n    return {cls}({arguments}**kwargs)\n"
    path.write_text(text)


def variant(row):
    return f"_{row['variant']}" if row.get("variant") else ""


def file_name(row):
    package, _, rest = row["module"].partition(".")
    return f"{package}_{rest.rpartition('.')[2]}_{row['class']}{variant(row)}.py"


def cases_of(row):
    """The rows of CASES.tsv that a row of WHEELS.tsv stands for."""
    call, masked = json.loads(row["call"]), json.loads(row["masked"])
    broken = row["broken"].split(",")
    for mode in MODES:
        kwargs = dict(call["kwargs"])
        ctor = {k: v for k, v in json.loads(row["ctor"]).items() if k not in expressions(row)}
        if mode == "masked":
            if masked is None:
                continue
            kwargs |= masked
            if row["config"] != "." and "hidden_states" not in masked:
                ctor = {"attention": "sdpa"} | ctor
        text = json.dumps([call["args"], kwargs])
        inputs = {n: {"rule": "uniform"} | spec for n, spec in INPUTS.items() if f'"${n}"' in text}
        run = {"autocast": {"autocast": "bfloat16"}, "bfloat16": {"dtype": "bfloat16"}}.get(mode, {})
        package, last = row["module"].split(".")[0], row["module"].rsplit(".", 1)[-1].removeprefix("modeling_")
        yield {
            "id": f"{package}/{last}/{row['class']}{variant(row)}/{mode}",
            "status": "broken" if mode in broken else "ok",
            "files": file_name(row),
            "class": "make_case",
            "ctor": json.dumps(ctor),
            "inputs": json.dumps(inputs),
            "run": json.dumps(run),
            "call": json.dumps({"args": call["args"], "kwargs": kwargs}),
            "output": row["output"],
        }


def write_cases(rows, out):
    with open(out / "CASES.tsv", "w") as f:
        columns = "id status files class ctor inputs run call output".split()
        f.write("\t".join(columns) + "\n")
        for row in rows:
            for case in cases_of(row):
                f.write("\t".join(case[c] for c in columns) + "\n")


def make_cases(table, out):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    csv.field_size_limit(1 << 24)
    with open(table, newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    sliced, seen = [], collections.Counter()
    for row in rows:
        row["variant"] = seen[row["module"], row["class"]]
        seen[row["module"], row["class"]] += 1
        try:
            write_slice(row, out / file_name(row))
            sliced.append(row)
        except Exception as e:
            print(f"extract: {row['module']}.{row['class']}: {type(e).__name__}: {e}")
    write_cases(sliced, out)
    print(f"extract: {len(sliced)} of {len(rows)} classes")


if __name__ == "__main__":
    prepare()
    make_cases(*sys.argv[1:])

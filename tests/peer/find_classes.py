"""Finds classes of an installed package that it can build and feed, by the names of their parameters.

find_classes.py PACKAGE OUT [MODULE-GLOB…]   OUT/rows.tsv, as wheels.tsv has them; OUT/reasons.txt, why not the others
find_classes.py check ROWS.tsv OUT          OUT/rows.tsv with the columns output and broken filled in
"""

import collections
import csv
import fnmatch
import functools
import hashlib
import importlib
import importlib.util
import inspect
import json
import multiprocessing
import re
import sys
import types
import warnings
from pathlib import Path

import torch

import torch_cases
from extract import INPUTS, SIZE, C, T, cases_of, config_parameter, file_name, find_config, write_slice
from slices import prepare, simple, source

FIELDS = ["module", "class", "config", "sizes", "ctor", "call", "masked", "output", "broken"]

# Sizes that must fit each other.
OVERRIDES = {
    "Mamba2Config": {"num_heads": 8, "head_dim": 8, "n_groups": 2},
    "BambaConfig": {"mamba_n_heads": 8, "mamba_d_head": 8},
    "FalconH1Config": {"mamba_n_heads": 8, "mamba_d_head": 8, "mamba_d_ssm": 64},
    "SwinConfig": {"embed_dim": 16, "num_heads": [2, 4]},
    "LongformerConfig": {"attention_window": [4, 4]},
    "ReformerConfig": {"axial_pos_embds_dim": [8, 24], "axial_pos_shape": [2, 3]},
    "DbrxConfig": {"ffn_config": {"ffn_hidden_size": 48, "moe_num_experts": 4, "moe_top_k": 2}},
    "FunnelConfig": {"block_sizes": [1, 1]},
    "GraniteMoeHybridConfig": {"mamba_n_heads": 8, "mamba_d_head": 8},
    "MptConfig": {"n_heads": 4},
    "KimiLinearConfig": {"linear_attn_config": {"num_heads": 4, "head_dim": 8, "short_conv_kernel_size": 4}},
    "Wav2Vec2Config": {
        "conv_dim": [32, 32],
        "conv_kernel": [3, 3],
        "conv_stride": [2, 2],
        "num_codevectors_per_group": 4,
    },
    "ZambaConfig": {"num_hidden_layers": 3},
    "Zamba2Config": {"num_hidden_layers": 54},
    "CohereConfig": {"layer_norm_eps": 1e-5},
    "DebertaV2Config": {"conv_kernel_size": 3},
}
# Parameters and the inputs they may take, the likeliest first.
STATES = (
    "x channels grid last image flat vector wide half double small heads heads2 square grid16 wave ids time video pair"
    " wave1".split()
)
MASKS = ["$causal", "$padding", "$causal_bool", "$padding_bool", "$bert_mask", "$padding16"]
PLAIN = {
    "position_embeddings": [["$cos", "$sin"], ["$cos1", "$sin1"], ["$cos4", "$sin4"], ["$cos2", "$sin2"]],
    "top_k_index": ["$experts"],
    "top_k_weights": ["$expert_weights"],
    "router_indices": ["$experts"],
    "routing_weights": ["$expert_weights"],
    "position_bias": [None, "$alibi4"],
    "cos": ["$cos", "$cos1"],
    "sin": ["$sin", "$sin1"],
    "position_ids": ["$positions", "$position1"],
    "input_pos": ["$positions"],
    "input_ids": ["$ids"],
    "input_tensor": ["$y"],
    "residual": ["$y"],
    "gate": ["$gate", "$wide"],
    "encoder_hidden_states": ["$y"],
    "key_value_states": ["$y"],
    "context": ["$y"],
    "memory": ["$y"],
    "key": ["$y", "$keys", "$x"],
    "value": ["$gate", "$values", "$x"],
    "query": ["$x", "$heads"],
    "igate": ["$gates"],
    "fgate": ["$gates"],
    "is_index_masked": ["$padding16_bool"],
    "is_index_global_attn": ["$padding16_bool"],
    "is_global_attn": [False],
    "residual_states": ["$y"],
    "key_states": ["$y"],
    "hidden_states2": ["$y"],
    "q": ["$x", "$heads", "$heads2"],
    "k": ["$y", "$keys", "$keys2"],
    "v": ["$gate", "$values", "$values2"],
    "g": ["$per_head", "$heads"],
    "beta": ["$per_head", "$heads"],
    "y": ["$y", None],
    "attention_mask": [None, *MASKS],
    "mask": [None, *MASKS],
    "input_dimensions": [[8, 8], [4, 4]],
    "hw_shape": [[8, 8]],
    "height": [8],
    "width": [8],
    "seq_len": [T],
    "sequence_length": [T],
    "output_attentions": [False],
    "past_key_value": [None],
    "past_key_values": [None],
    "cache": [None],
    "head_mask": [None],
    "layer_past": [None],
    "alibi": ["$alibi", "$alibi4", None],
    "skip": [None, "$y"],
    "dropout": [0.0],
    "use_cache": [False],
    "causal_attention_mask": [None],
    "cu_seqlens": [None],
    "shape": [[2, T, C]],
    "target": ["$ids"],
    "timestep": ["$time"],
    "timesteps": ["$time"],
    "feat_size": [[8, 8]],
    "encoder_attention_mask": [None, *MASKS],
    "attn_mask": [None, *MASKS],
    "past_key_values_length": [0],
}


def value_of(inputs, j):
    return torch_cases.filled(j, inputs)


def first_tensor(value, path=()):
    """The path to the first float tensor of a result."""
    if isinstance(value, torch.Tensor):
        return list(path) if value.is_floating_point() and value.numel() else None
    if isinstance(value, (tuple, list)):
        items = list(enumerate(value))
    elif isinstance(value, dict):
        items = list(value.items())
    elif hasattr(value, "__dict__"):
        items = list(vars(value).items())
    else:
        return None
    if len(path) < 3:
        for k, v in items:
            found = first_tensor(v, (*path, k))
            if found is not None:
                return found
    return None


def row_of(module, name, config, sizes, ctor, call, output, modes, masked=None):
    return {
        "module": module,
        "class": name,
        "config": config,
        "sizes": json.dumps(sizes),
        "ctor": json.dumps(ctor),
        "call": json.dumps(call),
        "masked": json.dumps(masked),
        "output": json.dumps(output),
        "broken": modes,
    }


def namespace_of(path):
    module = types.ModuleType("unit")
    sys.modules["unit"] = module
    exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
    return module.__dict__


# In timm a channel is a feature.
IN_TIMM = {
    "num_channels": 32,
    "act_layer": None,
    "num_features": 32,
    "in_chs": 32,
    "out_chs": 32,
    "kernel_size": 3,
    "block_size": 2,
    "window_size": [4, 4],
    "feat_size": [8, 8],
    "num_classes": 5,
    "radix": 2,
    "cardinality": 1,
    "num_experts": 2,
}


def constructors(cls, config):
    """Keyword arguments that might build it, without the configuration."""
    given, parameters = {}, list(inspect.signature(cls.__init__).parameters.values())[1:]
    skipped = config_parameter(cls) if config is not None else None
    for p in parameters:
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) or p.name == skipped:
            continue
        if p.default is not p.empty:
            continue
        fallback = IN_TIMM.get(p.name) if cls.__timm__ else None
        fallback = fallback or SIZE.get(p.name, SIZE.get(p.name.removeprefix("num_"), None))
        value = getattr(config, p.name, fallback) if config is not None else fallback
        if value is None or not simple(value):
            value = fallback
        if value is None:
            return
        given[p.name] = value
    yield given
    for name in ("layer_idx", "layer_id"):
        if name in given:
            yield given | {name: 0}
    sizes = SIZE | (IN_TIMM if cls.__timm__ else {})
    more = {
        p.name: sizes[p.name] for p in parameters if p.default is None and isinstance(sizes.get(p.name), (int, list))
    }
    if more:
        yield given | more


def calls(forward):
    """Arguments that might feed it: what it demands first, then what it takes."""
    yield from calls_with(
        forward,
        (
            "position_embeddings",
            "encoder_hidden_states",
            "cos",
            "sin",
            "position_ids",
            "rotary_pos_emb",
            "input_tensor",
        ),
    )
    yield from calls_with(forward, PLAIN)


def calls_with(forward, optional):
    parameters = [
        p
        for p in list(inspect.signature(forward).parameters.values())
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    if not parameters:
        return
    kwargs, swept = {}, []
    for p in parameters[1:]:
        options = PLAIN.get(p.name)
        if p.default is p.empty:
            if options is None:
                options = [f"${s}" for s in STATES[:8]]
            swept.append((p.name, options))
        elif p.name in optional:
            swept.append((p.name, [*(o for o in options or [] if o is not None), None]))
    first = [f"${s}" for s in STATES]
    if parameters[0].name in PLAIN:
        first = PLAIN[parameters[0].name] + first

    def product(i):
        if i == len(swept):
            yield {}
            return
        name, options = swept[i]
        for rest in product(i + 1):
            for o in options:
                yield rest | (
                    {name: o} if o is not None or name in {p.name for p in parameters if p.default is p.empty} else {}
                )

    tried = 0
    for x in first:
        for kwargs in product(0):
            yield {"args": [x], "kwargs": kwargs}
            tried += 1
            if tried > 200:
                return


def broken_modes(make, row):
    return [case["id"].rsplit("/", 1)[-1] for case in cases_of(row) if attempt(make, case) is not None]


def attempt(cls, case):
    """None where stock PyTorch runs the case, else its error."""
    try:
        result, _, _ = torch_cases.run_mode(cls, case, False, 1)
        torch_cases.run_mode(cls, case, True, 1)
        return None if result["out"].isfinite().all() else "not finite"
    except Exception as e:
        return f"{type(e).__name__}: {e}"


def search(module, name, config, sizes, path):
    base = row_of(module, name, config, sizes, {}, {}, [], "")
    write_slice(base, path)
    text = path.read_text()
    prefix = re.match(r"[A-Z]+[a-z0-9]*", name)
    own = text[: text.rfind("\nclass Config:")] if config != "." else text
    key = hashlib.sha256(re.sub(re.escape(prefix.group()) if prefix else "$^", "", own).encode()).hexdigest()[:20]
    try:  # the same text under another model's name is the same class
        (path.parent / "seen" / key).touch(exist_ok=False)
    except FileExistsError:
        if (path.parent / "seen" / key).read_text() != str(path):
            return "known"
    (path.parent / "seen" / key).write_text(str(path))
    make = namespace_of(path)["make_case"]
    real = sys.modules["unit"].__dict__[name]
    real.__timm__ = module.startswith("timm")
    built = find_config(module, config, sizes) if config != "." else None
    for ctor in constructors(real, built):
        try:
            torch.manual_seed(0)
            instance = make(**torch_cases.constructor(ctor))
        except Exception as e:
            reason = f"build: {type(e).__name__}: {e}"
            continue
        if sum(p.numel() for p in instance.parameters()) > 300_000:
            return "too large"
        torch_cases.set_weights(instance)
        instance.eval()
        errors = collections.Counter()
        for call in calls(instance.forward):
            inputs = {n: torch_cases.make_input(s) for n, s in INPUTS.items() if f'"${n}"' in json.dumps(call)}
            try:
                with torch.no_grad():
                    out = instance(*value_of(inputs, call["args"]), **value_of(inputs, call["kwargs"]))
                output = first_tensor(out)
            except Exception as e:
                errors[f"{type(e).__name__}: {str(e)[:150]}"] += 1
                continue
            if output is None:
                continue
            row = row_of(module, name, config, sizes, ctor, call, output, "")
            for p in inspect.signature(instance.forward).parameters:
                if (
                    p in ("attention_mask", "mask", "attn_mask", "key_padding_mask", "padding_mask")
                    and p not in call["kwargs"]
                ):
                    for m in MASKS:
                        with_mask = row | {"masked": json.dumps({p: m})}
                        case = next(c for c in cases_of(with_mask) if c["id"].endswith("/masked"))
                        if attempt(make, case) is None:
                            row = with_mask
                            break
                    break
            broken = broken_modes(make, row)
            if "base" in broken:
                continue
            return row | {"broken": ",".join(broken)}
        return f"no input fits {tuple(inspect.signature(instance.forward).parameters)}: {errors.most_common(3)}"
    return locals().get("reason", "no constructor fits")


def classes(module):
    s = source(module)
    for name, cls in vars(s.module).items():
        if (
            isinstance(cls, type)
            and issubclass(cls, torch.nn.Module)
            and cls.__module__ == module
            and cls.__name__ == name
            and name in s.bindings
            and not any(b.__name__ == "PreTrainedModel" for b in cls.__mro__)
        ):
            yield name, cls


def configs(module, cls):
    """Names of the configuration classes that may build it, the likeliest first."""
    parameter = config_parameter(cls)
    if parameter is None:
        return ["."]
    folder, m = module.rpartition(".")[0], source(module).module
    names = []
    for f in sorted(Path(m.__file__).parent.glob("configuration_*.py")):
        c = importlib.import_module(f"{folder}.{f.stem}")
        names += [
            n for n, v in vars(c).items() if isinstance(v, type) and v.__module__ == c.__name__ and n.endswith("Config")
        ]
    annotation = inspect.signature(cls.__init__).parameters[parameter].annotation
    wanted = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return sorted(names, key=lambda n: (n != wanted, "Text" not in n))


def find_in(module, out):
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    rows, reasons = [], []
    try:
        found = list(classes(module))
    except Exception as e:
        return [], [f"{module}: {type(e).__name__}: {e}"]
    for name, cls in found:
        reason = "?"
        for config in configs(module, cls):
            path = out / file_name({"module": module, "class": name})
            try:
                result = search(module, name, config, OVERRIDES.get(config, {}), path)
            except Exception as e:
                result = f"{type(e).__name__}: {e}"
            if isinstance(result, dict):
                rows.append(result)
                break
            reason = result if reason == "?" else reason
        else:
            reasons.append(f"{module}.{name}: {str(reason)[:700]}")
    return rows, reasons


def modules_of(package, patterns):
    root = Path(next(iter(importlib.import_module(package).__path__)))
    for f in sorted(root.rglob("*.py")):
        name = ".".join(f.relative_to(root.parent).with_suffix("").parts)
        if any(fnmatch.fnmatch(name, p) for p in patterns or ["*"]) and not name.endswith("__init__"):
            yield name


def check(table, out):
    """Rows written by hand: fills in `output` and `broken`, and says why a row does not run."""
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    with open(table, newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    with open(out / "rows.tsv", "w") as f:
        f.write("\t".join(FIELDS) + "\n")
        for row in rows:
            try:
                write_slice(row, out / file_name(row))
                make = namespace_of(out / file_name(row))["make_case"]
                case = next(cases_of(row))
                inputs = {n: torch_cases.make_input(s) for n, s in json.loads(case["inputs"]).items()}
                call = json.loads(case["call"])
                instance = make(**torch_cases.constructor(json.loads(case["ctor"])))
                found = first_tensor(instance(*value_of(inputs, call["args"]), **value_of(inputs, call["kwargs"])))
                row = row | {"output": json.dumps(found)}
                error = attempt(make, next(cases_of(row)))
                if error:
                    raise RuntimeError(error)
                row["broken"] = ",".join(broken_modes(make, row))
                f.write("\t".join(row[c] for c in FIELDS) + "\n")
            except Exception as e:
                print(f"{row['class']} {row['ctor']}: {type(e).__name__}: {str(e)[:300]}")


def find(package, out, *patterns):
    out = Path(out)
    (out / "seen").mkdir(parents=True, exist_ok=True)
    with multiprocessing.Pool(2, maxtasksperchild=20) as pool, open(out / "rows.tsv", "w") as f, open(
        out / "reasons.txt", "w"
    ) as g:
        f.write("\t".join(FIELDS) + "\n")
        for rows, reasons in pool.imap(functools.partial(find_in, out=out), modules_of(package, patterns)):
            f.writelines("\t".join(row[c] for c in FIELDS) + "\n" for row in rows)
            f.flush()
            g.write("".join(r.replace("\n", " ") + "\n" for r in reasons))
            g.flush()


if __name__ == "__main__":
    prepare()
    check(*sys.argv[2:]) if sys.argv[1] == "check" else find(*sys.argv[1:])

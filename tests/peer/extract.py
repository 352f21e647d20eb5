"""Slices classes of installed packages, with all they need, into standalone files, and makes cases of them.

    extract.py WHEELS.tsv OUT       OUT/FILE.py and OUT/CASES.tsv, for run_cases and torch_cases.py

A slice is foreign text: test input below OUT, never kept. What is looked up is the imported package, so that conditions,
re-exports and fallbacks are resolved as they are in Python. See README.md.
"""
import ast
import collections
import csv
import functools
import importlib
import importlib.util
import inspect
import json
import math
import re
import sys
import textwrap
import types
from pathlib import Path

import torch

import torch_cases

# Packages whose sources are sliced; any other import stays an import.
PACKAGES = {"transformers", "timm", "x_transformers", "torchtune", "torch_einops_utils"}

ABSENT = {"numpy", "importlib", "array", "sys", "re", "random", "time", "io", "scipy", "packaging", "einx", "torchvision", "torchaudio",
          "PIL", "tqdm", "inspect", "huggingface_hub", "safetensors", "kernels", "tokenizers", "loguru", "ema_pytorch",
          "datetime", "hashlib", "decimal"}

# What a package does around its layers and not in them: replaced by the plainest thing that does nothing.
PASS_THROUGH = "def {name}(*args, **kwargs):\n    return lambda f: f\n"
DECORATOR = ("def {name}(*args, **kwargs):\n    return args[0] if len(args) == 1 and not kwargs and callable(args[0])"
             " else lambda f: f\n")
CALLED = ("use_kernel_forward_from_hub use_kernelized_func use_kernel_func_from_hub use_kernel_func_from_hub_with_fallback "
          "deprecate_kwarg requires")
BARE = ("auto_docstring can_return_tuple capture_outputs merge_with_config_defaults force_accelerate_hooks select_hidden_states "
        "filter_output_hidden_states accepts_precomputed_kwargs compile_compatible_method_lru_cache use_experts_implementation "
        "add_start_docstrings add_start_docstrings_to_model_forward replace_return_docstrings torch_compile_lazy "
        "register_notrace_function register_notrace_module register_model typecheck beartype")
STUBS = {
    "use_gqa_in_sdpa": "def use_gqa_in_sdpa(attention_mask, key, value):\n"
                       "    return attention_mask is None and key.shape[-1] == value.shape[-1] <= 256\n",
    **{name: PASS_THROUGH.format(name=name) for name in CALLED.split()},
    **{name: DECORATOR.format(name=name) for name in BARE.split()},
    "logger": "class logger:\n" + "".join(
        f"    {n} = staticmethod(lambda *args, **kwargs: None)\n" for n in "debug info warning warning_once error".split()),
    "_logger": "class _logger:\n" + "".join(
        f"    {n} = staticmethod(lambda *args, **kwargs: None)\n" for n in "debug info warning error".split()),
    "torch_compilable_check": "def torch_compilable_check(condition, *args, **kwargs):\n    if not condition:\n"
                              "        raise ValueError(*args)\n",
    "GradientCheckpointingLayer": "class GradientCheckpointingLayer(torch.nn.Module):\n    gradient_checkpointing = False\n",
    "is_torch_greater_or_equal": "def is_torch_greater_or_equal(*args, **kwargs):\n    return True\n",
    "is_torch_less_or_equal": "def is_torch_less_or_equal(*args, **kwargs):\n    return False\n",
    "is_torch_available": "def is_torch_available():\n    return True\n",
    "os": "class os:\n    environ = {}\n",
    "PreTrainedModel": "class PreTrainedModel(torch.nn.Module):\n    def __init__(self, config, *args, **kwargs):\n"
                       "        super().__init__()\n        self.config = config\n\n    def post_init(self):\n        pass\n",
    "ModelOutput": "class ModelOutput:\n    def to_tuple(self):\n"
                   "        return tuple(v for v in self.__dict__.values() if v is not None)\n\n"
                   "    def __getitem__(self, k):\n        return getattr(self, k) if isinstance(k, str) else self.to_tuple()[k]\n",
    **{name: f"class {name}:\n    pass\n" for name in ("Cache", "DynamicCache", "EncoderDecoderCache", "StaticCache",
                                                      "GenerationMixin", "PreTrainedConfig")},
    "ALL_ATTENTION_FUNCTIONS": "class ALL_ATTENTION_FUNCTIONS:\n    @staticmethod\n    def get_interface(name, default):\n"
                               "        return sdpa_attention_forward if name == 'sdpa' else default\n\n"
                               "    def __class_getitem__(cls, name):\n        return sdpa_attention_forward\n",
}
INITIALIZATION = """class _Initialization:
    def __getattr__(self, name):
        return getattr(torch.nn.init, name)

    def copy_(self, tensor, other):
        with torch.no_grad():
            return tensor.copy_(other)


{name} = _Initialization()
"""
STUB_NEEDS = {"ALL_ATTENTION_FUNCTIONS": ("transformers.integrations.sdpa_attention", "sdpa_attention_forward")}
FALSE = re.compile(r"is_(?!torch_available)\w+_(available|enabled|exporting|compiling)|is_fsdp_managed_module|is_tracing|is_exportable|is_scriptable"
                   r"|is_no_jit|is_kernel|is_fx_tracing|is_notrace_\w+")
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


def prepare():
    """torchtune's package imports what is not there; its modules do not need it."""
    found = importlib.util.find_spec("torchtune")
    if found is None or "torchtune" in sys.modules:
        return
    package = sys.modules["torchtune"] = types.ModuleType("torchtune")
    package.__path__ = [str(Path(found.origin).parent)]
    missing = sys.modules["torchao.dtypes.nf4tensor"] = types.ModuleType("torchao.dtypes.nf4tensor")
    missing.linear_nf4 = missing.to_nf4 = missing.NF4Tensor = None


class Unsliceable(Exception):
    pass


class Source:
    """A module of an installed package: its text, its tree, and the nodes that bind each of its names."""

    def __init__(self, name):
        self.module = importlib.import_module(name)
        self.name = name
        text = Path(self.module.__file__).read_text(encoding="utf-8")
        self.lines = text.split("\n")
        self.bindings = {}
        self.bind(ast.parse(text).body)

    def bind(self, body):
        for node in body:
            for inner in ("body", "orelse", "finalbody"):
                if isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
                    self.bind(getattr(node, inner, []))
            for handler in getattr(node, "handlers", []):
                self.bind(handler.body)
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                names = [node.name]
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [a.asname or a.name.split(".")[0] for a in node.names]
            elif isinstance(node, (ast.Assign, ast.AnnAssign)) and getattr(node, "value", None):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
            else:
                continue
            for n in names:
                self.bindings.setdefault(n, []).append(node)

    def node(self, name, obj):
        nodes = self.bindings.get(name)
        for star in [] if nodes else self.bindings.get("*", []):
            origin = source(self.origin(star)) if self.inside(star) else None
            if origin and hasattr(origin.module, name):
                return ast.ImportFrom(origin.name, [ast.alias(name)], 0)
        if not nodes:
            raise Unsliceable(f"{self.name}.{name} is bound nowhere")
        code = getattr(inspect.unwrap(obj) if callable(obj) else obj, "__code__", None)
        for n in nodes:
            first = min([n.lineno] + [d.lineno for d in getattr(n, "decorator_list", [])])
            if code is not None and first == code.co_firstlineno:
                return n
        fallback = isinstance(nodes[-1], ast.Assign) and isinstance(nodes[-1].value, ast.Constant) and not simple(obj)
        return nodes[0 if fallback else -1]

    def text(self, node):
        first = min([node.lineno] + [d.lineno for d in getattr(node, "decorator_list", [])])
        lines = self.lines[first - 1:node.end_lineno]
        for n in ast.walk(node):  # relative imports inside functions: what they bring becomes global
            if isinstance(n, (ast.Import, ast.ImportFrom)) and n is not node and self.inside(n):
                for i in range(n.lineno - first, n.end_lineno - first + 1):
                    lines[i] = " " * n.col_offset + "pass"
        return textwrap.dedent("\n".join(lines)) + "\n"

    def inside(self, n):
        if isinstance(n, ast.ImportFrom):
            return n.level > 0 or n.module.split(".")[0] in PACKAGES
        return any(a.name.split(".")[0] in PACKAGES for a in n.names)

    def origin(self, n):
        """The absolute name of the module that an import statement names."""
        if n.level == 0:
            return n.module
        package = self.name if hasattr(self.module, "__path__") else self.name.rpartition(".")[0]
        return importlib.util.resolve_name("." * n.level + (n.module or ""), package)


source = functools.cache(Source)


class Names(ast.NodeVisitor):
    """Names a statement needs when it is executed (hard), and those its functions need when called (soft)."""

    def __init__(self, node):
        self.hard, self.soft, self.imports = set(), set(), []
        self.bound = []
        self.visit(node)

    def visit_Name(self, n):
        if isinstance(n.ctx, ast.Load) and not any(n.id in b for b in self.bound):
            (self.soft if self.bound else self.hard).add(n.id)

    def visit_ImportFrom(self, n):
        self.imports.append(n)

    visit_Import = visit_ImportFrom

    def visit_AnnAssign(self, n):
        self.visit(n.target)
        if n.value:
            self.visit(n.value)

    def visit_FunctionDef(self, n):
        for x in [*getattr(n, "decorator_list", []), *n.args.defaults, *(d for d in n.args.kw_defaults if d)]:
            self.visit(x)
        a = n.args
        names = {x.arg for x in [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]}
        body = n.body if isinstance(n.body, list) else [n.body]
        for x in body:
            for y in ast.walk(x):
                if isinstance(y, ast.Name) and isinstance(y.ctx, ast.Store):
                    names.add(y.id)
                elif isinstance(y, ast.FunctionDef):
                    names.add(y.name)
        self.bound.append(names)
        for x in body:
            self.visit(x)
        self.bound.pop()

    visit_Lambda = visit_FunctionDef


def simple(x, finite=True):
    if isinstance(x, (tuple, list)):
        return type(x) in (tuple, list) and all(simple(i, finite) for i in x)
    if isinstance(x, dict):
        return type(x) is dict and all(simple(k) and simple(v, finite) for k, v in x.items())
    return x is None or type(x) in (bool, int, str) or (type(x) is float and (not finite or math.isfinite(x)))


class Slice:
    def __init__(self, module, *names):
        self.parts, self.head, self.emitted, self.seen, self.pending = [], {"import torch"}, {}, set(), []
        for name in names:
            self.need(module, name, hard=True)
        self.flush()
        self.flush(last=True)

    def __str__(self):
        head = sorted(self.head, key=lambda line: (line.startswith("try"), line))
        return "\n".join(["from __future__ import annotations", *head, "", "", "\n\n".join(self.parts)])

    def emit(self, name, origin, text):
        if self.emitted.get(name, origin) != origin:
            raise Unsliceable(f"two things are called {name}: {origin}, {self.emitted[name]}")
        if name not in self.emitted:
            self.emitted[name] = origin
            self.parts.append(text)

    def flush(self, last=False):
        """What functions need; what is computed when the file is run comes last, where everything it calls is there."""
        late = []
        while self.pending:
            module, name = self.pending.pop()
            if not last and self.computed(module, name):
                late.append((module, name))
                continue
            try:
                self.need(module, name, hard=False)
            except Unsliceable:
                pass  # a name that is missed only where it is reached
        self.pending = late

    def computed(self, module, name):
        nodes = source(module).bindings.get(name, [None])
        return isinstance(nodes[-1], ast.Assign) and not simple(getattr(source(module).module, name, None))

    def need(self, module, name, hard):
        s = source(module)
        if (module, name) in self.seen or not hasattr(s.module, name):
            return
        self.seen.add((module, name))
        obj = getattr(s.module, name)
        if name in STUBS:
            if name in STUB_NEEDS:
                self.pending.append(STUB_NEEDS[name])
            return self.emit(name, "stub", STUBS[name])
        if FALSE.fullmatch(name):
            return self.emit(name, "stub", f"def {name}(*args, **kwargs):\n    return False\n")
        own = getattr(obj, "__module__", None) or ""
        if isinstance(obj, (type, types.FunctionType)) and own.split(".")[0] in PACKAGES and "." not in obj.__qualname__ \
                and own in sys.modules and obj.__name__ in source(own).bindings:
            s, origin = source(own), obj.__name__
            if (own, origin) != (module, name):
                self.need(own, origin, hard)
                if origin != name:
                    self.emit(name, (own, origin), f"{name} = {origin}\n")
                return
        node = s.node(name, obj)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            return self.imported(s, node, name, hard)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and simple(obj):
            return self.emit(name, repr(obj), f"{name} = {obj!r}\n")
        self.define(s, node, name)

    def imported(self, s, node, name, hard):
        obj = getattr(s.module, name)
        alias = next(a for a in node.names if (a.asname or a.name.split(".")[0]) == name)
        if s.inside(node):
            if isinstance(node, ast.Import):
                raise Unsliceable(f"the module {alias.name}")
            origin = s.origin(node)
            if isinstance(obj, types.ModuleType):
                if alias.name != "initialization":
                    raise Unsliceable(f"the module {origin}.{alias.name}")
                return self.emit(name, "stub", INITIALIZATION.format(name=name))
            self.need(origin, alias.name, hard)
            if alias.asname and alias.asname != alias.name:
                self.emit(name, (origin, alias.name), f"{name} = {alias.name}\n")
            return
        what = alias.name + (f" as {alias.asname}" if alias.asname else "")
        line = f"import {what}" if isinstance(node, ast.Import) else f"from {node.module} import {what}"
        if self.emitted.setdefault(name, ("import", id(obj))) != ("import", id(obj)):
            raise Unsliceable(f"two things are called {name}")
        root = (alias.name if isinstance(node, ast.Import) else node.module).split(".")[0]
        if root in ABSENT:  # what units may not import is missed only where it is reached
            self.head.add(f"try:\n    {line}\nexcept ImportError:\n    {name} = None")
        elif root != "__future__":
            self.head.add(line)

    def define(self, s, node, name):
        names = Names(node)
        for x in sorted(names.hard):
            self.need(s.name, x, hard=True)
        soft = [(s.name, x) for x in sorted(names.soft)]
        for n in names.imports:
            if s.inside(n) and isinstance(n, ast.ImportFrom):
                soft += [(s.origin(n), a.name) for a in n.names]
        calls = isinstance(node, (ast.Assign, ast.AnnAssign)) and any(isinstance(n, ast.Call) for n in ast.walk(node))
        if calls or getattr(node, "decorator_list", None):
            self.flush()
        self.emit(name, (s.name, name), s.text(node))
        self.pending += soft


def literal(config):
    """A configuration object as the text of an equal one, properties included."""
    values = {}
    names = {n for n in dir(config) if not n.startswith("_") or n == "_attn_implementation"} | set(
        getattr(config, "attribute_map", {}))
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
    32: "hidden_size d_model n_embd dim embed_dim emb_dim hidden_dim encoder_hidden_size decoder_hidden_size in_features channels "
        "embedding_size in_channels num_channels_in planes query_dim inner_dim num_features model_dim width in_dim out_dim "
        "out_channels out_features output_dim input_dim d_in hidden_channels dim_in in_chs out_chs dim_out embedding_dim "
        "normalized_shape num_embeddings n_channels feat_channels conv_dim feature_size lru_width intermediate_dim",
    48: "intermediate_size ffn_dim d_ff encoder_ffn_dim decoder_ffn_dim n_inner ffn_hidden_size dim_feedforward "
        "encoder_intermediate_size mlp_dim hidden_features feedforward_dim",
    24: "moe_intermediate_size shared_expert_intermediate_size expert_ffn_hidden_size",
    4: "num_attention_heads n_head n_heads num_heads encoder_attention_heads decoder_attention_heads heads num_experts "
       "num_local_experts n_routed_experts moe_num_experts linear_num_value_heads patch_size mamba_n_heads attention_heads",
    2: "num_key_value_heads num_kv_heads num_hidden_layers n_layer n_layers num_layers encoder_layers decoder_layers "
       "num_experts_per_tok moe_top_k moe_k moe_topk top_k linear_num_key_heads kv_heads depth num_query_groups multi_query_group_num",
    8: "head_dim d_kv state_size mamba_d_state d_state ssm_state_size qk_nope_head_dim qk_rope_head_dim v_head_dim dim_head "
       "linear_key_head_dim linear_value_head_dim attention_head_dim dim_key qk_head_dim rotary_dim mamba_d_head mamba_head_dim "
       "mamba_headdim head_size d_head block_size chunk_size mamba_chunk_size",
    16: "q_lora_rank kv_lora_rank image_size time_step_rank mamba_dt_rank input_size rank lora_rank",
    64: "vocab_size max_position_embeddings n_positions max_seq_len max_position max_len max_sequence_length num_positions",
    1: "n_group topk_group n_groups layer_idx layer_id n_shared_experts num_shared_experts layer_number",
    3: "num_channels kernel_size in_chans",
    6: "seq_len num_patches num_tokens seq_length",
}
SIZE = {name: size for size, names in SIZES.items() for name in names.split()}
SIZE |= {"eps": 1e-6, "layer_norm_eps": 1e-6, "bias": True, "dropout": 0.0, "drop_path": 0.0, "drop_prob": 0.0, "activation": "gelu",
         "hidden_act": "silu", "is_decoder": False, "scale": 1.0, "hidden_sizes": [16, 32], "depths": [1, 1], "num_groups": 4,
         "padding_idx": 0, "embed_scale": 2.0, "num_classes": 3, "pooler_dropout": 0.0, "size": 32, "nx": 32, "nf": 32, "cin": 32, "cout": 32,
         "d_hidden": 32, "d_inner": 48, "d_out": 32, "mlp_ratio": 2.0, "num_blocks": 2, "groups": 4, "elementwise_affine": True,
         "theta": 10000.0, "base": 10000.0, "p": 0.0, "stride": 1, "window_size": 4, "act_layer": None}
CONFIG_SIZE = {k: v for k, v in SIZE.items() if isinstance(v, int) and k not in
               "kernel_size conv_dim layer_idx layer_id window_size bias is_decoder num_groups stride in_chans".split()}

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
    return next((p for p in list(inspect.signature(cls.__init__).parameters)[1:] if p == "config" or p.endswith("_config")), None)


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
        yield {"id": f"{package}/{last}/{row['class']}{variant(row)}/{mode}", "status": "broken" if mode in broken else "ok", "files": file_name(row),
               "class": "make_case", "ctor": json.dumps(ctor), "inputs": json.dumps(inputs), "run": json.dumps(run),
               "call": json.dumps({"args": call["args"], "kwargs": kwargs}), "output": row["output"]}


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

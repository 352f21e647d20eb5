"""A class of an installed package with all it needs, as one standalone source.

What is looked up is the imported package, so that conditions, re-exports and fallbacks are resolved as in Python.
"""

import ast
import functools
import importlib
import importlib.util
import inspect
import math
import re
import sys
import textwrap
import types
from pathlib import Path

# Packages whose sources are sliced; any other import stays an import.
PACKAGES = {"transformers", "timm", "x_transformers", "torchtune", "torch_einops_utils"}

ABSENT = {
    "numpy",
    "importlib",
    "array",
    "sys",
    "re",
    "random",
    "time",
    "io",
    "scipy",
    "packaging",
    "einx",
    "torchvision",
    "torchaudio",
    "PIL",
    "tqdm",
    "inspect",
    "huggingface_hub",
    "safetensors",
    "kernels",
    "tokenizers",
    "loguru",
    "ema_pytorch",
    "datetime",
    "hashlib",
    "decimal",
}

# What a package does around its layers and not in them: replaced by the plainest thing that does nothing.
PASS_THROUGH = "def {name}(*args, **kwargs):\n    return lambda f: f\n"
DECORATOR = (
    "def {name}(*args, **kwargs):\n    return args[0] if len(args) == 1 and not kwargs and callable(args[0])"
    " else lambda f: f\n"
)
CALLED = (
    "use_kernel_forward_from_hub use_kernelized_func use_kernel_func_from_hub use_kernel_func_from_hub_with_fallback "
    "deprecate_kwarg requires"
)
BARE = (
    "auto_docstring can_return_tuple capture_outputs merge_with_config_defaults force_accelerate_hooks"
    " select_hidden_states filter_output_hidden_states accepts_precomputed_kwargs compile_compatible_method_lru_cache"
    " use_experts_implementation add_start_docstrings add_start_docstrings_to_model_forward replace_return_docstrings"
    " torch_compile_lazy register_notrace_function register_notrace_module register_model typecheck beartype"
)
STUBS = {
    "use_gqa_in_sdpa": (
        "def use_gqa_in_sdpa(attention_mask, key, value):\n"
        "    return attention_mask is None and key.shape[-1] == value.shape[-1] <= 256\n"
    ),
    **{name: PASS_THROUGH.format(name=name) for name in CALLED.split()},
    **{name: DECORATOR.format(name=name) for name in BARE.split()},
    "logger": (
        "class logger:\n"
        + "".join(
            f"    {n} = staticmethod(lambda *args, **kwargs: None)\n"
            for n in "debug info warning warning_once error".split()
        )
    ),
    "_logger": (
        "class _logger:\n"
        + "".join(f"    {n} = staticmethod(lambda *args, **kwargs: None)\n" for n in "debug info warning error".split())
    ),
    "torch_compilable_check": (
        "def torch_compilable_check(condition, *args, **kwargs):\n    if not condition:\n"
        "        raise ValueError(*args)\n"
    ),
    "GradientCheckpointingLayer": (
        "class GradientCheckpointingLayer(torch.nn.Module):\n    gradient_checkpointing = False\n"
    ),
    "is_torch_greater_or_equal": "def is_torch_greater_or_equal(*args, **kwargs):\n    return True\n",
    "is_torch_less_or_equal": "def is_torch_less_or_equal(*args, **kwargs):\n    return False\n",
    "is_torch_available": "def is_torch_available():\n    return True\n",
    "os": "class os:\n    environ = {}\n",
    "PreTrainedModel": (
        "class PreTrainedModel(torch.nn.Module):\n    def __init__(self, config, *args, **kwargs):\n"
        "        super().__init__()\n        self.config = config\n\n    def post_init(self):\n        pass\n"
    ),
    "ModelOutput": (
        "class ModelOutput:\n    def to_tuple(self):\n"
        "        return tuple(v for v in self.__dict__.values() if v is not None)\n\n"
        "    def __getitem__(self, k):\n        return getattr(self, k) if isinstance(k, str) else self.to_tuple()[k]\n"
    ),
    **{
        name: f"class {name}:\n    pass\n"
        for name in (
            "Cache",
            "DynamicCache",
            "EncoderDecoderCache",
            "StaticCache",
            "GenerationMixin",
            "PreTrainedConfig",
        )
    },
    "ALL_ATTENTION_FUNCTIONS": (
        "class ALL_ATTENTION_FUNCTIONS:\n    @staticmethod\n    def get_interface(name, default):\n"
        "        return sdpa_attention_forward if name == 'sdpa' else default\n\n"
        "    def __class_getitem__(cls, name):\n        return sdpa_attention_forward\n"
    ),
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
FALSE = re.compile(
    r"is_(?!torch_available)\w+_(available|enabled|exporting|compiling)|is_fsdp_managed_module|is_tracing|is_exportable|is_scriptable"
    r"|is_no_jit|is_kernel|is_fx_tracing|is_notrace_\w+"
)


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
        lines = self.lines[first - 1 : node.end_lineno]
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
        if (
            isinstance(obj, (type, types.FunctionType))
            and own.split(".")[0] in PACKAGES
            and "." not in obj.__qualname__
            and own in sys.modules
            and obj.__name__ in source(own).bindings
        ):
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

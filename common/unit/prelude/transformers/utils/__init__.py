"""What of transformers.utils model code touches: outputs, predicates, decorators."""

import functools
from collections import OrderedDict
from dataclasses import fields
import torch
from transformers.utils import logging
import transformers.utils as generic, transformers.utils as import_utils, transformers.utils as doc
import transformers.utils as deprecation

_OLD = {"past_key_values": "cache", "cache_params": "cache"}


class ModelOutput(OrderedDict):
    """A dataclass that is also the ordered dict, and the tuple, of those of its fields that are not None."""

    def __post_init__(self):
        self._collect([f.name for f in fields(self)])

    def _collect(self, names):
        if not names:
            raise ValueError(f"{type(self).__name__} has no fields.")
        first = getattr(self, names[0])
        alone = all(getattr(self, n) is None for n in names[1:])
        if alone and first is not None and not isinstance(first, torch.Tensor):
            pairs = first.items() if isinstance(first, dict) else first if isinstance(first, (list, tuple)) else []
            pairs = list(pairs)
            if pairs and all(isinstance(p, (list, tuple)) and len(p) == 2 and isinstance(p[0], str) for p in pairs):
                object.__setattr__(self, names[0], None)
                for name, value in pairs:
                    setattr(self, name, value)
                    if value is not None:
                        self[name] = value
                return
        for name in names:
            value = getattr(self, name)
            if value is not None:
                self[name] = value

    def __getitem__(self, k):
        if isinstance(k, str):
            return dict(self.items())[_OLD.get(k, k)]
        return self.to_tuple()[k]

    def __setitem__(self, key, value):
        key = _OLD.get(key, key)
        super().__setitem__(key, value)
        object.__setattr__(self, key, value)

    def __setattr__(self, name, value):
        name = _OLD.get(name, name)
        if name in self.keys() and value is not None:
            super().__setitem__(name, value)
        object.__setattr__(self, name, value)

    def __contains__(self, key):
        return super().__contains__(_OLD.get(key, key))

    def get(self, key, default=None):
        return super().get(_OLD.get(key, key), default)

    @property
    def past_key_values(self):
        return self.cache

    @property
    def cache_params(self):
        return self.cache

    def __delitem__(self, *args, **kwargs):
        raise Exception(f"{type(self).__name__} has no __delitem__")

    def setdefault(self, *args, **kwargs):
        raise Exception(f"{type(self).__name__} has no setdefault")

    def pop(self, *args, **kwargs):
        raise Exception(f"You cannot use ``pop`` on a {type(self).__name__} instance.")

    def update(self, *args, **kwargs):
        raise Exception(f"{type(self).__name__} has no update")

    def to_tuple(self):
        return tuple(self.values())


def is_torch_available():
    return True


def _no(*args, **kwargs):
    return False


is_tf_available = is_flax_available = is_torch_xla_available = is_torch_npu_available = is_accelerate_available = _no
is_flash_attn_2_available = is_flash_attn_3_available = is_flash_attn_greater_or_equal = is_torch_fx_available = _no
is_flash_attn_greater_or_equal_2_10 = is_causal_conv1d_available = is_mamba_ssm_available = _no
is_mamba_2_ssm_available = is_torch_cuda_available = is_torch_tpu_available = is_torchdynamo_compiling = _no
is_torch_fx_proxy = is_triton_available = is_bitsandbytes_available = is_apex_available = is_ninja_available = _no
is_peft_available = is_vision_available = is_scipy_available = is_sklearn_available = is_sentencepiece_available = _no
is_torch_flex_attn_available = is_numpy_array = is_flash_linear_attention_available = is_torch_deterministic = _no
is_jax_tensor = is_tf_tensor = is_tracing = _no


def is_torch_sdpa_available():
    return True


def is_torch_greater_or_equal(library_version, accept_dev=False):
    return True


def is_torch_bf16_available_on_device(device):
    return True


def is_tensor(x):
    return isinstance(x, torch.Tensor)


is_torch_tensor = is_tensor


def is_torch_dtype(x):
    return isinstance(x, torch.dtype)


def is_torch_device(x):
    return isinstance(x, torch.device)


def _keep(*args, **kwargs):
    """A decorator, with arguments or without, that changes nothing."""
    if len(args) == 1 and callable(args[0]) and not kwargs:
        return args[0]
    return lambda thing: thing


add_start_docstrings = add_start_docstrings_to_model_forward = add_end_docstrings = add_code_sample_docstrings = _keep
replace_return_docstrings = auto_docstring = check_model_inputs = deprecate_kwarg = use_kernel_forward_from_hub = _keep
requires_backends = _keep


def can_return_tuple(function):
    @functools.wraps(function)
    def wrapper(self, *args, **kwargs):
        wanted = getattr(getattr(self, "config", None), "return_dict", True)
        given = kwargs.pop("return_dict", None)
        output = function(self, *args, **kwargs)
        if not (wanted if given is None else given) and not isinstance(output, tuple):
            output = output.to_tuple()
        return output

    return wrapper


class TransformersKwargs(dict):
    pass


class LossKwargs(dict):
    pass


class PushToHubMixin:
    pass

"""Decorators and predicates of fla.utils: no kernels are chosen here."""

import functools
import torch
import fla.utils as decorators, fla.utils as env

device, device_torch_lib, device_platform = "cpu", torch, "cpu"
is_amd = is_intel = is_nvidia = is_intel_alchemist = is_nvidia_hopper = is_tf32_supported = is_gather_supported = False
IS_AMD = IS_INTEL = IS_NVIDIA = IS_NPU = IS_NVIDIA_HOPPER = IS_TF32_SUPPORTED = IS_GATHER_SUPPORTED = False
use_cuda_graph = USE_CUDA_GRAPH = False
autotune_cache_kwargs = {}


def _decorator(function=None, **options):
    return function if function is not None else (lambda f: f)


tensor_cache = contiguous = autocast_custom_fwd = autocast_custom_bwd = _decorator


def input_guard(fn=None, *, no_guard_contiguous=False):
    """Tensors reach the function contiguous."""

    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            def guard(x):
                return x.contiguous() if isinstance(x, torch.Tensor) and no_guard_contiguous is False else x

            return function(*[guard(a) for a in args], **{k: guard(v) for k, v in kwargs.items()})

        return wrapper

    return decorate(fn) if fn is not None else decorate


def require_version(version, hint):
    return _decorator


def deprecate_kwarg(old_name, version, new_name=None, **options):
    return _decorator


def checkpoint(fn):
    return fn


def check_shared_mem(arch="none", tensor_idx=0):
    return False


def check_pytorch_version(version_s="2.4"):
    return True


def get_multiprocessor_count(tensor_idx=0, **options):
    return 1


def get_available_device():
    return "cpu"


def get_abs_err(x, y):
    return (x.detach() - y.detach()).flatten().abs().max().item()


def get_err_ratio(x, y):
    error = (x.detach() - y.detach()).flatten().square().mean().sqrt().item()
    return error / (x.detach().flatten().square().mean().sqrt().item() + 1e-8)


def assert_close(prefix, ref, tri, ratio, warning=False, err_atol=1e-6):
    assert get_abs_err(ref, tri) <= err_atol or get_err_ratio(ref, tri) < ratio, prefix

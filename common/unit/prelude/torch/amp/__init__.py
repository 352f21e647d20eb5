import torch
from torch._python import autocast
from torch.amp import autocast_mode


def is_autocast_available(device_type):
    return device_type == "cpu"


def _cast(value, dtype):
    if isinstance(value, torch.Tensor):
        return value.to(dtype) if value.is_floating_point() and value.dtype is not torch.float64 else value
    if isinstance(value, dict):
        return {_cast(k, dtype): _cast(v, dtype) for k, v in value.items()}
    return type(value)([_cast(v, dtype) for v in value]) if isinstance(value, (list, tuple)) else value


def custom_fwd(fwd=None, *, device_type="cpu", cast_inputs=None):
    """forward of an autograd.Function: inside autocast as it stands, or outside it on inputs cast before."""
    if fwd is None:
        return lambda f: custom_fwd(f, device_type=device_type, cast_inputs=cast_inputs)

    def forward(*args, **kwargs):
        active = torch.is_autocast_enabled(device_type)
        args[0]._dtype = torch.get_autocast_dtype(device_type)
        args[0]._fwd_used_autocast = active and cast_inputs is None
        if not active or cast_inputs is None:
            return fwd(*args, **kwargs)
        with autocast(device_type, enabled=False):
            return fwd(*_cast(args, cast_inputs), **_cast(kwargs, cast_inputs))
    forward.__name__ = getattr(fwd, "__name__", "forward")
    return forward


def custom_bwd(bwd=None, *, device_type="cpu"):
    if bwd is None:
        return lambda f: custom_bwd(f, device_type=device_type)

    def backward(*args, **kwargs):
        with autocast(device_type, enabled=args[0]._fwd_used_autocast, dtype=args[0]._dtype):
            return bwd(*args, **kwargs)
    backward.__name__ = getattr(bwd, "__name__", "backward")
    return backward


class GradScaler:
    def __init__(self, *args, **kwargs):
        raise NotImplementedError("GradScaler: training is the harness's, not the unit's")

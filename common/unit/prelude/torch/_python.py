# What torch defines in Python: modes, predicates, and the switches that a unit may name but not turn.
import _torch
import torch


_softmax, _log_softmax, _safe_softmax = _torch._softmax, _torch._log_softmax, _torch._safe_softmax
_softmax_backward_data, _log_softmax_backward_data = _torch._softmax_backward_data, _torch._log_softmax_backward_data


class _Mode:
    """A context manager that is a decorator too."""

    def __call__(self, function):
        def decorated(*args, **kwargs):
            with self.clone():
                return function(*args, **kwargs)
        decorated.__name__ = getattr(function, "__name__", "decorated")
        return decorated

    def clone(self):
        return type(self)()


class set_grad_enabled(_Mode):
    def __init__(self, mode):
        self.mode = mode
        self.before = [_torch.set_grad_enabled(mode)]

    def __call__(self, function):
        _torch.set_grad_enabled(self.before.pop())
        return super().__call__(function)

    def __enter__(self):
        self.before.append(_torch.set_grad_enabled(self.mode))

    def __exit__(self, kind, value, traceback):
        _torch.set_grad_enabled(self.before.pop())
        if len(self.before) == 1:
            _torch.set_grad_enabled(self.before.pop())
        return False

    def clone(self):
        return set_grad_enabled(self.mode)


class _Fixed(_Mode):
    mode = False

    def __new__(cls, function=None):
        if function is None or not callable(function):
            return object.__new__(cls)
        return object.__new__(cls)(function)

    def __init__(self, mode=None):
        self.before = []

    def __enter__(self):
        self.before.append(_torch.set_grad_enabled(self.mode))

    def __exit__(self, kind, value, traceback):
        _torch.set_grad_enabled(self.before.pop())
        return False


class no_grad(_Fixed):
    pass


class enable_grad(_Fixed):
    mode = True


class inference_mode(_Fixed):
    def __new__(cls, mode=True):
        if callable(mode):
            return object.__new__(cls)(mode)
        return object.__new__(cls)

    def __init__(self, mode=True):
        self.before = []
        self.mode = not mode

    def clone(self):
        return inference_mode(not self.mode)


class autocast(_Mode):
    def __init__(self, device_type="cpu", dtype=None, enabled=True, cache_enabled=None):
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        self.device = device_type
        self.enabled = bool(enabled) and device_type == "cpu"
        self.fast_dtype = dtype if dtype is not None else torch.bfloat16
        if device_type == "cpu" and self.enabled and self.fast_dtype not in (torch.bfloat16, torch.float16):
            self.enabled = False
        self.before = []

    def __enter__(self):
        if self.device == "cpu":
            self.before.append(_torch.autocast_enter(self.enabled, self.fast_dtype))
        return self

    def __exit__(self, kind, value, traceback):
        if self.device == "cpu":
            _torch.autocast_exit(self.before.pop())
        return False

    def clone(self):
        return autocast(self.device, self.fast_dtype, self.enabled)


def is_grad_enabled():
    return _torch.is_grad_enabled()


def is_inference_mode_enabled():
    return False


def is_autocast_enabled(device_type="cuda"):
    return device_type == "cpu" and _torch.is_autocast_enabled()


def get_autocast_dtype(device_type):
    return _torch.autocast_dtype() if device_type == "cpu" else torch.float16


def get_autocast_cpu_dtype():
    return _torch.autocast_dtype()


def is_autocast_cache_enabled():
    return True


def get_autocast_gpu_dtype():
    return torch.float16


def is_autocast_cpu_enabled():
    return _torch.is_autocast_enabled()


def get_default_dtype():
    return _torch.default_dtype()


def set_default_dtype(d):
    if d is not _torch.default_dtype():
        raise RuntimeError("torch.set_default_dtype changes global state, which units cannot: give dtype= where a tensor is made")


def get_default_device():
    return torch.device("cpu")


def is_tensor(obj):
    return isinstance(obj, torch.Tensor)


def is_storage(obj):
    return False


def typename(obj):
    return type(obj).__name__


def manual_seed(seed):
    """No effect: the draws of a unit come from the stream of its design, so that seeds stay paired."""
    return None


def seed():
    return 0


def initial_seed():
    return 0


def set_printoptions(*args, **kwargs):
    pass


def set_float32_matmul_precision(precision):
    pass


def get_float32_matmul_precision():
    return "highest"


def use_deterministic_algorithms(mode, *, warn_only=False):
    pass


def are_deterministic_algorithms_enabled():
    return False


def set_num_threads(n):
    pass


def get_num_threads():
    return 1


def _same(function=None, *args, **kwargs):
    if callable(function):
        return function
    return lambda f: f


compile = _same


def from_numpy(ndarray):
    if not hasattr(ndarray, "__torch_tensor__"):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    return ndarray.__torch_tensor__


def numel(input):
    return input.numel()


def is_floating_point(input):
    return input.is_floating_point()


def is_complex(input):
    return input.is_complex()


def _probe(x):
    return x.new_zeros((1,) * x.dim()) if isinstance(x, torch.Tensor) else x * 0


def result_type(tensor1, tensor2):
    return (_probe(tensor1) + _probe(tensor2)).dtype


def promote_types(a, b):
    return (torch.zeros(1, dtype=a) + torch.zeros(1, dtype=b)).dtype


def chain_matmul(*matrices):
    return torch.linalg.multi_dot(matrices)


def broadcast_shapes(*shapes):
    out = []
    for shape in shapes:
        shape = [shape] if isinstance(shape, int) else list(shape)
        if len(shape) > len(out):
            out = [1] * (len(shape) - len(out)) + out
        for i in range(1, len(shape) + 1):
            if shape[-i] != 1:
                if out[-i] != 1 and out[-i] != shape[-i]:
                    raise RuntimeError("Shape mismatch: objects cannot be broadcast to a single shape")
                out[-i] = shape[-i]
    return torch.Size(out)


def unravel_index(indices, shape):
    if indices.is_complex() or indices.is_floating_point() or indices.dtype == torch.bool:
        raise ValueError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    sizes = [shape] if isinstance(shape, int) else list(shape)
    if any(s < 0 for s in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {tuple(sizes)}")
    found, stride = [], 1
    for s in reversed(sizes):
        found.append(indices.div(stride, rounding_mode="floor") % s)
        stride *= s
    return tuple(reversed(found))


def _check(cond, message=None):
    _raise_unless(RuntimeError, cond, message)


def _check_index(cond, message=None):
    _raise_unless(IndexError, cond, message)


def _check_value(cond, message=None):
    _raise_unless(ValueError, cond, message)


def _check_type(cond, message=None):
    _raise_unless(TypeError, cond, message)


def _check_is_size(i, message=None, *, max=None):
    _check(i >= 0, message)


def _raise_unless(kind, cond, message):
    if not isinstance(cond, bool):
        raise TypeError(f"cond must be a bool, but got {type(cond)}")
    if not cond:
        raise kind("Expected cond to be True, but got False" if message is None else str(message()))


def _assert(condition, message):
    assert condition, message


def _assert_async(condition, message=""):
    if not condition:
        raise RuntimeError(message or "Expected Tensor with single nonzero value, but got zero")


def is_same_size(a, b):
    return a.shape == b.shape


def stft(input, n_fft, hop_length=None, win_length=None, window=None, center=True, pad_mode="reflect", normalized=False,
         onesided=None, return_complex=None, align_to_window=None):
    if center:
        if align_to_window:
            raise RuntimeError("stft align_to_window should only be set when center = false.")
        n = input.dim()
        input = torch.nn.functional.pad(input.view([1] * (3 - n) + list(input.shape)), [n_fft // 2, n_fft // 2], pad_mode)
        input = input.view(input.shape[-n:])
    return _torch.stft(input, n_fft, hop_length, win_length, window, normalized, onesided, return_complex, align_to_window)


def vmap(func, in_dims=0, out_dims=0, randomness="error", *, chunk_size=None):
    """By a loop over the mapped dimension and a stack of the results."""
    def mapped(*args):
        dims = (in_dims,) * len(args) if isinstance(in_dims, int) else tuple(in_dims)
        size = [a.shape[d] for a, d in zip(args, dims) if d is not None][0]
        results = [func(*(a if d is None else a.select(d, i) for a, d in zip(args, dims))) for i in range(size)]
        if isinstance(results[0], tuple):
            outs = (out_dims,) * len(results[0]) if isinstance(out_dims, int) else out_dims
            return tuple(torch.stack([r[k] for r in results], outs[k]) for k in range(len(results[0])))
        return torch.stack(results, out_dims)
    return mapped


def _shape_as_tensor(input):
    return torch.tensor(input.shape)


def as_strided(input, size, stride, storage_offset=None):
    return input.as_strided(size, stride, storage_offset)


def is_nonzero(input):
    return input.is_nonzero()


def get_rng_state():
    raise RuntimeError("torch.get_rng_state: the stream is the design's, not the unit's")


def set_rng_state(new_state):
    raise RuntimeError("torch.set_rng_state: the stream is the design's, not the unit's")


def save(obj, f, *args, **kwargs):
    raise RuntimeError("torch.save: units have no file system")


def load(f, *args, **kwargs):
    raise RuntimeError("torch.load: units have no file system")

# There is no device but the one a unit is given.
from torch.cuda import amp


def is_available():
    return False


def device_count():
    return 0


def is_bf16_supported(*args):
    return False


def synchronize(device=None):
    pass


def empty_cache():
    pass


def manual_seed(seed):
    pass


def manual_seed_all(seed):
    pass


def _refuse(*args, **kwargs):
    raise RuntimeError("torch.cuda: units run on the device they are given")


class _Refused:
    def __init__(self, *args, **kwargs):
        _refuse()


class Stream(_Refused):
    pass


class Event(_Refused):
    pass


class OutOfMemoryError(RuntimeError):
    pass


class device:
    def __init__(self, device=None):
        pass

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        return False


def is_initialized():
    return False


def get_rng_state(device=None):
    _refuse()


current_device = current_stream = default_stream = set_device = stream = get_device_name = _refuse
get_device_capability = get_device_properties = set_rng_state = _refuse


def memory_allocated(device=None):
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def reset_peak_memory_stats(device=None):
    pass


default_generators = ()

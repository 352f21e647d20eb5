# Which kernel computes attention changes no number here.
from enum import IntEnum


class SDPBackend(IntEnum):
    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


class sdpa_kernel:
    def __init__(self, backends, set_priority=False):
        for b in backends if isinstance(backends, (list, tuple)) else [backends]:
            if not isinstance(b, SDPBackend):
                raise AssertionError("Backend must be an instance of SDPBackend or a list of SDPBackend instances")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        return False

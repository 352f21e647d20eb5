from torch._python import autocast as _autocast


class autocast(_autocast):
    def __init__(self, enabled=True, dtype=None, cache_enabled=None):
        super().__init__("cuda", dtype=dtype, enabled=enabled)

    def clone(self):
        return autocast()


def _decorator(function=None, **kwargs):
    return function if callable(function) else (lambda f: f)


custom_fwd = _decorator
custom_bwd = _decorator

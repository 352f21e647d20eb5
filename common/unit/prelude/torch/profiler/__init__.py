"""torch.profiler: ranges may be named; nothing is measured."""
from torch._python import _Mode


class record_function(_Mode):
    def __init__(self, name, args=None):
        self.name = name

    def clone(self):
        return record_function(self.name)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        return False


def profile(*args, **options):
    raise RuntimeError("torch.profiler.profile: units have no clock")


class ProfilerActivity:
    CPU, CUDA = "cpu", "cuda"

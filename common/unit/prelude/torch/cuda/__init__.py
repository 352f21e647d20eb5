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

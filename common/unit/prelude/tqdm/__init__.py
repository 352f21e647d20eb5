"""Progress bars to nowhere."""

import tqdm as auto, tqdm as std, tqdm as notebook, tqdm as autonotebook


class tqdm:
    def __init__(self, iterable=None, *args, **kwargs):
        self.iterable = iterable
        self.n = 0

    def __iter__(self):
        return iter(self.iterable)

    def __len__(self):
        return len(self.iterable)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        return False

    def update(self, n=1):
        self.n += n

    def set_description(self, *args, **kwargs):
        return None

    set_postfix = set_postfix_str = close = refresh = clear = set_description

    @staticmethod
    def write(*args, **kwargs):
        return None


def trange(*args, **kwargs):
    return tqdm(range(*args), **kwargs)

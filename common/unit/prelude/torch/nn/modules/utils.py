def _ntuple(n):
    return lambda x: (x,) * n if isinstance(x, int) else tuple(x)


_single = _ntuple(1)
_pair = _ntuple(2)

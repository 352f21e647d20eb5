import torch.nn.functional as F


def swiglu(xy):
    x, y = xy.chunk(2, dim=-1)
    return (F.silu(x.float()) * y.float()).to(xy.dtype)


_swiglu_fwd = swiglu

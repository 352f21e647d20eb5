# Reductions over the elements a mask keeps, as torch.masked defines them on plain tensors.
import math

import torch


def _mask(input, mask):
    return torch.ones_like(input, dtype=torch.bool) if mask is None else mask.expand(input.shape)


def _dims(input, dim):
    return tuple(range(input.dim())) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)


def sum(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    return torch.where(_mask(input, mask), input, 0).sum(_dims(input, dim), keepdim=bool(keepdim), dtype=dtype)


def mean(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    dtype = input.dtype if dtype is None else dtype
    count = _mask(input, mask).sum(_dims(input, dim), keepdim=bool(keepdim), dtype=dtype)
    return sum(input, dim, keepdim=keepdim, dtype=dtype, mask=mask) / count


def var(input, dim=None, unbiased=None, *, correction=None, keepdim=False, dtype=None, mask=None):
    correction = correction if correction is not None else 1 if unbiased is None else int(unbiased)
    dtype = input.dtype if dtype is None else dtype
    dims, keep = _dims(input, dim), _mask(input, mask)
    count = keep.sum(dims, keepdim=True, dtype=dtype)
    middle = sum(input, dims, keepdim=True, dtype=dtype, mask=mask) / count
    square = sum((input - middle) * (input - middle), dims, keepdim=bool(keepdim), dtype=dtype, mask=mask)
    count = count if keepdim else count.reshape(square.shape)
    return square / (count if correction == 0 else torch.maximum(count - correction, count.new_zeros([])))


def std(input, dim=None, unbiased=None, **options):
    return var(input, dim, unbiased, **options).sqrt()


def amax(input, dim=None, *, keepdim=False, mask=None):
    return torch.where(_mask(input, mask), input, -math.inf).amax(_dims(input, dim), keepdim=bool(keepdim))


def amin(input, dim=None, *, keepdim=False, mask=None):
    return torch.where(_mask(input, mask), input, math.inf).amin(_dims(input, dim), keepdim=bool(keepdim))


def softmax(input, dim, *, dtype=None, mask=None):
    return torch.where(_mask(input, mask), input, -math.inf).softmax(dim, dtype=dtype)


def log_softmax(input, dim, *, dtype=None, mask=None):
    return torch.where(_mask(input, mask), input, -math.inf).log_softmax(dim, dtype=dtype)

import torch
from numpy._array import _data, _result, ndarray


def norm(x, ord=None, axis=None, keepdims=False):
    return _result(torch.linalg.norm(_data(x).double(), ord=ord, dim=axis, keepdim=keepdims))


def inv(a):
    return ndarray(torch.linalg.inv(_data(a).double()))


def det(a):
    return _result(torch.linalg.det(_data(a).double()))


def solve(a, b):
    return ndarray(torch.linalg.solve(_data(a).double(), _data(b).double()))


def qr(a):
    return tuple([ndarray(t) for t in torch.linalg.qr(_data(a).double())])


def svd(a, full_matrices=True):
    return tuple([ndarray(t) for t in torch.linalg.svd(_data(a).double(), full_matrices=full_matrices)])


def eigh(a):
    return tuple([ndarray(t) for t in torch.linalg.eigh(_data(a).double())])


def eigvals(a):
    return ndarray(torch.linalg.eigvals(_data(a).double()))


def eig(a):
    return tuple([ndarray(t) for t in torch.linalg.eig(_data(a).double())])


def matrix_power(a, n):
    return ndarray(torch.linalg.matrix_power(_data(a), n))

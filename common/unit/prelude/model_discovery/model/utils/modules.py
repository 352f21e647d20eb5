"""The block protocol of Genesys (arXiv:2506.20249): X (B, T, C) and named variables Z become Y and new ones."""

import inspect
import torch
import torch.nn as nn
from mamba_ssm.modules.mlp import GatedMLP


def _check_input(X, embed_dim):
    assert len(X.shape) == 3, "Input shape must be (batch, seqlen, embed_dim)"
    assert X.shape[-1] == embed_dim


class GABBase(nn.Module):
    """A block: _forward(X, **Z) gives Y or (Y, dict); forward is not to be overridden."""

    def __init__(self, embed_dim, block_loc):
        super().__init__()
        self.embed_dim = embed_dim
        self.block_loc = block_loc

    def _forward(self, X, **Z):
        raise NotImplementedError

    def forward(self, X, **Z):
        _check_input(X, self.embed_dim)
        Y = self._forward(X, **Z)
        Y, new = Y if isinstance(Y, tuple) else (Y, {})
        assert Y.shape == X.shape, f"GAB Output shape must be the same as input shape, got {Y.shape} instead"
        assert isinstance(new, dict), "Intermediate variables must be stored in a dict"
        Z.update(new)
        return Y, Z


class GAUBase(nn.Module):
    """A unit: its _forward gets of Z what it names, kwarg_all holds the hyper-parameters of all units of the block."""

    def __init__(self, embed_dim, block_loc, kwarg_all):
        super().__init__()
        self.embed_dim = embed_dim
        self.block_loc = block_loc
        self.kwarg_all = kwarg_all

    def _forward(self, X, **Z):
        raise NotImplementedError

    def forward(self, X, **Z):
        _check_input(X, self.embed_dim)
        wanted = {k: v for k, v in getattr(self, "factory_kwargs", {}).items() if v is not None}
        if wanted:
            X = X.to(**wanted)
        named = inspect.signature(self._forward).parameters
        Y = self._forward(X, **{k: v for k, v in Z.items() if k in named})
        Y, new = Y if isinstance(Y, tuple) else (Y, {})
        assert Y.shape == X.shape, f"GAU Output shape must be the same as input shape, got {Y.shape} instead"
        assert isinstance(new, dict), "Intermediate variables must be stored in a dict"
        Z.update(new)
        return Y, Z


class _Record:
    def __init__(self, *args, **kwargs):
        names = type(self)._fields
        for name, value in {**dict.fromkeys(names), **dict(zip(names, args)), **kwargs}.items():
            setattr(self, name, value)

    def dict(self):
        return vars(self).copy()

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


class UnitDecl(_Record):
    """What a unit says of a child in CHILDREN_DECLARATIONS."""

    _fields = ("unitname", "requirements", "inputs", "outputs")


class UnitSpec(_Record):
    _fields = ("unitname", "document", "inputs", "outputs")


def gau_test(function):
    """A test of a unit: kept, not run."""
    return function


class MLP(nn.Module):
    def __init__(
            self, in_features, hidden_features=None, out_features=None, activation=nn.functional.silu, bias=False,
            multiple_of=128, device=None, dtype=None):
        super().__init__()
        out_features = in_features if out_features is None else out_features
        hidden_features = int(8 * in_features / 3) if hidden_features is None else hidden_features
        hidden_features = -(-hidden_features // multiple_of) * multiple_of
        self.fc1 = nn.Linear(in_features, hidden_features, bias=bias, device=device, dtype=dtype)
        self.activation = activation
        self.fc2 = nn.Linear(hidden_features, out_features, bias=bias, device=device, dtype=dtype)

    def forward(self, x):
        return self.fc2(self.activation(self.fc1(x)))

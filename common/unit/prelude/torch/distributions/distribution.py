"""What every distribution has. A subclass names its tensors in `_batched`: expand() expands them."""
import torch
from torch.distributions import constraints
from torch.distributions.utils import broadcast_all, lazy_property


def _nothing(name):
    def refuse(self, *args, **keywords):
        raise NotImplementedError(f"{type(self).__name__}.{name} is not implemented")
    return refuse


class Distribution:
    has_rsample = False
    has_enumerate_support = False
    arg_constraints = {}
    _validate_args = True
    _batched = ()

    @staticmethod
    def set_default_validate_args(value):
        if value not in (True, False):
            raise ValueError
        Distribution._validate_args = value

    def __init__(self, batch_shape=torch.Size(), event_shape=torch.Size(), validate_args=None):
        self._batch_shape, self._event_shape = torch.Size(batch_shape), torch.Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if not self._validate_args:
            return
        for param, constraint in self.arg_constraints.items():
            if constraints.is_dependent(constraint):
                continue
            if param not in self.__dict__ and isinstance(getattr(type(self), param), lazy_property):
                continue
            value = getattr(self, param)
            if not bool(constraint.check(value).all()):
                raise ValueError(
                    f"Expected parameter {param} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution {self!r} "
                    f"to satisfy the constraint {constraint!r}, but found invalid values:\n{value}")

    def _settle(self, validate_args, **given):
        """Parameters that broadcast to the batch."""
        for name, value in zip(given, broadcast_all(*given.values())):
            setattr(self, name, value)
        Distribution.__init__(self, value.size(), validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        new = object.__new__(type(self)) if _instance is None else _instance
        batch_shape = torch.Size(batch_shape)
        for name in self._batched:
            if name in self.__dict__:
                value = self.__dict__[name]
                inner = value.shape[len(self._batch_shape):] if isinstance(value, torch.Tensor) else ()
                setattr(new, name, value.expand(batch_shape + inner))
        self._expand_more(new)
        Distribution.__init__(new, batch_shape, self._event_shape, validate_args=False)
        new._validate_args = self._validate_args
        return new

    def _expand_more(self, new):
        pass

    @property
    def batch_shape(self):
        return self._batch_shape

    @property
    def event_shape(self):
        return self._event_shape

    @property
    def stddev(self):
        return self.variance.sqrt()

    def sample(self, sample_shape=torch.Size()):
        with torch.no_grad():
            return self.rsample(sample_shape)

    def sample_n(self, n):
        return self.sample(torch.Size((n,)))

    def perplexity(self):
        return torch.exp(self.entropy())

    rsample, log_prob, cdf, icdf, entropy, enumerate_support = map(
        _nothing, ("rsample", "log_prob", "cdf", "icdf", "entropy", "enumerate_support"))
    mean, variance, mode = (property(_nothing(name)) for name in ("mean", "variance", "mode"))
    support = constraints.dependent

    def _extended_shape(self, sample_shape=torch.Size()):
        return torch.Size(sample_shape) + self._batch_shape + self._event_shape

    def _validate_sample(self, value):
        if not self._validate_args:
            return
        if not isinstance(value, torch.Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        size = value.size()
        if size[len(size) - len(self._event_shape):] != self._event_shape:
            raise ValueError(f"The right-most size of value must match event_shape: {size} vs {self._event_shape}.")
        expected = self._batch_shape + self._event_shape
        for i, j in zip(reversed(size), reversed(expected)):
            if i != 1 and j != 1 and i != j:
                raise ValueError(f"Value is not broadcastable with batch_shape+event_shape: {size} vs {expected}.")
        support = self.support
        if not constraints.is_dependent(support) and not bool(support.check(value).all()):
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(value.shape)}) to be within the support "
                f"({support!r}) of the distribution {self!r}, but found invalid values:\n{value}")

    def __repr__(self):
        shown = {k: self.__dict__[k] for k in self.arg_constraints if k in self.__dict__}
        return type(self).__name__ + "(" + ", ".join(
            f"{k}: {v if v.numel() == 1 else v.size()}" for k, v in shown.items()) + ")"


class ExponentialFamily(Distribution):
    pass

import torch
from torch.nn.utils import parametrizations, parametrize, rnn
from torch.nn.utils._norms import remove_spectral_norm, remove_weight_norm, spectral_norm, weight_norm
from torch.nn.utils import stateless


def _training(name):
    def refuse(*args, **kwargs):
        raise NotImplementedError(f"{name}: training is the harness's, not the unit's")
    return refuse


clip_grad_norm_, clip_grad_norm, clip_grad_value_ = (_training(n) for n in ("clip_grad_norm_", "clip_grad_norm", "clip_grad_value_"))


def parameters_to_vector(parameters):
    return torch.cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec, parameters):
    at = 0
    for p in parameters:
        p.data = vec[at:at + p.numel()].view_as(p).data
        at += p.numel()


def skip_init(module_cls, *args, **kwargs):
    kwargs.pop("device", None)
    return module_cls(*args, **kwargs)

from torch.nn.utils import parametrizations, rnn
from torch.nn.utils.parametrizations import weight_norm


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, **kwargs):
    raise NotImplementedError("clip_grad_norm_: training is the harness's, not the unit's")


def parameters_to_vector(parameters):
    import torch
    return torch.cat([p.reshape(-1) for p in parameters])

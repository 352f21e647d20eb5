import _torch

Parameter = _torch.Parameter


def Buffer(data=None, *, persistent=True):
    raise NotImplementedError("nn.Buffer: use self.register_buffer(name, tensor)")

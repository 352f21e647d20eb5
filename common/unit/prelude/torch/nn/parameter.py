import _torch

Parameter = _torch.Parameter


class Buffer:
    """A tensor that registers itself as a buffer where it is assigned."""

    def __new__(cls, data=None, *, persistent=True):
        made = _torch.Tensor() if data is None else data.detach().requires_grad_(data.requires_grad)
        made._is_buffer, made.persistent = True, persistent
        return made

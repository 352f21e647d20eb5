import torch
import torch.nn as nn

ALL_LAYERNORM_LAYERS = [nn.LayerNorm]
is_torch_greater_or_equal_than_2_6 = is_torch_greater_or_equal_than_2_4 = is_torch_greater_or_equal_than_2_3 = True
is_torch_greater_or_equal_than_2_2 = is_torch_greater_or_equal_than_2_1 = is_torch_greater_or_equal_than_2_0 = True
is_torch_greater_or_equal_than_1_13 = is_torch_greater_or_equal_than_1_12 = is_torch_greater_or_equal_than_2_8 = True


class Conv1D(nn.Module):
    """A linear map whose weight is (in, out)."""

    def __init__(self, nf, nx):
        super().__init__()
        self.nf, self.nx = nf, nx
        self.weight = nn.Parameter(torch.empty(nx, nf))
        self.bias = nn.Parameter(torch.zeros(nf))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x):
        return torch.addmm(self.bias, x.view(-1, x.size(-1)), self.weight).view(*x.shape[:-1], self.nf)

    def __repr__(self):
        return f"Conv1D(nf={self.nf}, nx={self.nx})"


def apply_chunking_to_forward(forward_fn, chunk_size, chunk_dim, *input_tensors):
    assert len(input_tensors) > 0, f"{input_tensors} has to be a tuple/list of tensors"
    if chunk_size <= 0:
        return forward_fn(*input_tensors)
    length = input_tensors[0].shape[chunk_dim]
    if any(t.shape[chunk_dim] != length for t in input_tensors):
        raise ValueError(f"All input tenors have to be of the same shape: {length}")
    if length % chunk_size != 0:
        raise ValueError(f"{length} is no multiple of the chunk size {chunk_size}")
    parts = [t.chunk(length // chunk_size, dim=chunk_dim) for t in input_tensors]
    return torch.cat([forward_fn(*part) for part in zip(*parts)], dim=chunk_dim)


def meshgrid(*tensors, indexing=None):
    return torch.meshgrid(*tensors, indexing=indexing)

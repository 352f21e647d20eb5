import _torch
from torch import nn


class _Layer(nn.Module):
    def __init__(self, pattern, **axes_lengths):
        super().__init__()
        self.pattern = pattern
        self.axes_lengths = axes_lengths

    def extra_repr(self):
        lengths = "".join(f", {k}={v}" for k, v in self.axes_lengths.items())
        return f"'{self.pattern}'{lengths}"


class Rearrange(_Layer):
    def forward(self, input):
        return _torch.einops_rearrange(input, self.pattern, **self.axes_lengths)


class Repeat(_Layer):
    def forward(self, input):
        return _torch.einops_repeat(input, self.pattern, **self.axes_lengths)


class Reduce(_Layer):
    def __init__(self, pattern, reduction, **axes_lengths):
        super().__init__(pattern, **axes_lengths)
        self.reduction = reduction

    def forward(self, input):
        return _torch.einops_reduce(input, self.pattern, self.reduction, **self.axes_lengths)

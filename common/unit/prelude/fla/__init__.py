"""flash-linear-attention for the unit language: its signatures, in float32 and in chunks, gradients by autograd."""

__version__ = "0.6.0"

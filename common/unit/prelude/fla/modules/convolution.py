"""Causal depthwise convolutions over (B, T, D)."""

import warnings
import torch
import torch.nn as nn
import torch.nn.functional as F
import fla.modules.convolution as ops, fla.modules.convolution as short_conv, fla.modules.convolution as cp
import fla.modules.convolution as triton, fla.modules.convolution as cuda
from causal_conv1d import causal_conv1d_fn
from fla.modules.long_conv import ImplicitLongConvolution, LongConvolution, PositionalEmbedding, fft_conv


def _one(x, weight, bias, state, activation):
    """x (B, T, D), weight (D, W), state (B, D, W): the inputs before the first."""
    dtype, tokens, width = x.dtype, x.shape[1], weight.shape[-1]
    past = x.new_zeros(x.shape[0], x.shape[-1], width) if state is None else state.to(x.dtype)
    joined = torch.cat([past, x.transpose(1, 2)], -1)
    y = F.conv1d(joined[..., 1:].to(weight.dtype), weight.unsqueeze(1), bias, groups=weight.shape[0])
    if activation is not None:
        y = F.silu(y)
    return y.transpose(1, 2).to(dtype), joined[..., tokens:]


def causal_conv1d(
        x, weight=None, bias=None, residual=None, initial_state=None, output_final_state=False, activation=None,
        backend="triton", cu_seqlens=None, cu_seqlens_cpu=None, chunk_indices=None, cp_context=None, **kwargs):
    """y_t = act(sum_j weight_j x_{t-W+1+j} + bias) + residual; the final state, (N, D, W), is the last W inputs."""
    if activation not in (None, "silu", "swish"):
        raise NotImplementedError("activation must be None, silu, or swish")
    shape = x.shape
    if x.shape[-1] != weight.shape[0]:
        x = x.flatten(2)
    if cu_seqlens is None:
        y, state = _one(x, weight, bias, initial_state, activation)
    else:
        bounds = cu_seqlens.tolist()
        parts = [
            _one(x[:, start:end], weight, bias, None if initial_state is None else initial_state[n : n + 1], activation)
            for n, (start, end) in enumerate(zip(bounds, bounds[1:]))
            if end > start
        ]
        y, state = torch.cat([p[0] for p in parts], 1), torch.cat([p[1] for p in parts])
    y = y.view(shape)
    return (y if residual is None else y + residual), (state if output_final_state else None)


def causal_conv1d_update(x, cache, residual=None, weight=None, bias=None, activation=None):
    """One token, x (N, D), (N, 1, D) or (1, N, D); the cache (N, D, W) is moved on in place."""
    shape = x.shape
    x = x.reshape(-1, 1, weight.shape[0])
    y, state = _one(x, weight, bias, cache, activation)
    with torch.no_grad():
        cache.copy_(state)
    y = y.view(shape)
    return (y if residual is None else y + residual), cache


def causal_conv1d_update_states(x, state_len, initial_state=None, cu_seqlens=None):
    bounds = [0, x.shape[-2]] if cu_seqlens is None else cu_seqlens.tolist()
    x = x.unsqueeze(0) if x.dim() == 2 else x
    states = []
    for n, (start, end) in enumerate(zip(bounds, bounds[1:])):
        past = x.new_zeros(x.shape[0], x.shape[-1], state_len)
        if initial_state is not None:
            past = initial_state if cu_seqlens is None else initial_state[n : n + 1]
        states.append(torch.cat([past, x[:, start:end].transpose(1, 2)], -1)[..., -state_len:])
    return torch.cat(states)


class ShortConvolution(nn.Conv1d):
    def __init__(
            self, hidden_size, kernel_size, bias=False, activation="silu", backend="triton", device=None, dtype=None,
            **kwargs):
        super().__init__(
            hidden_size, hidden_size, kernel_size, padding=kernel_size - 1, groups=hidden_size, bias=bias,
            device=device, dtype=dtype)
        self.hidden_size = hidden_size
        self.activation = None
        if activation is not None:
            assert activation in ["silu", "swish"], f"Activation `{activation}` not supported yet."
            self.activation = activation
        if backend not in ["cuda", "triton"]:
            backend = "triton"  # where it stands, callers of 2024 gave use_fast_conv1d
        self.backend = backend

    def forward(
            self, x, residual=None, mask=None, cache=None, output_final_state=False, cu_seqlens=None,
            chunk_indices=None, **kwargs):
        if residual is not None and residual.dim() < x.dim():  # the order of before 2025: x, mask, cache
            residual, mask, cache = None, residual, mask
        batch, tokens = x.shape[:2]
        if mask is not None:
            if cu_seqlens is not None:
                raise ValueError("`mask` and `cu_seqlens` cannot be provided at the same time")
            x = x * mask.view(*mask.shape, *[1] * (x.dim() - mask.dim()))
        if kwargs.get("seq_idx") is not None:
            weight, activation = self.weight.squeeze(1), self.activation
            y = causal_conv1d_fn(x.transpose(1, 2), weight, self.bias, kwargs["seq_idx"], activation=activation)
            return (y.transpose(1, 2) if residual is None else y.transpose(1, 2) + residual), None
        sequences = batch if cu_seqlens is None else len(cu_seqlens) - 1
        if not torch.is_grad_enabled() and batch * tokens == sequences:
            return self.step(x, residual, cache, output_final_state, cu_seqlens)
        return causal_conv1d(
            x, self.weight.squeeze(1), self.bias, residual, cache, output_final_state, self.activation,
            cu_seqlens=cu_seqlens)

    def step(self, x, residual, cache, output_final_state=False, cu_seqlens=None):
        sequences = x.shape[0] if cu_seqlens is None else len(cu_seqlens) - 1
        if cache is None:
            cache = x.new_zeros(sequences, self.hidden_size, self.kernel_size[0])
        y, cache = causal_conv1d_update(x, cache, residual, self.weight.squeeze(1), self.bias, self.activation)
        return y, cache if output_final_state else None

    @property
    def state_size(self):
        return self.hidden_size * self.kernel_size[0]

    def extra_repr(self):
        text = super().extra_repr()
        if self.activation is not None:
            text += f", activation={self.activation}"
        return f"{text}, backend={self.backend}"

"""causal_conv1d for the unit language: depthwise convolution over (B, D, T), weight (D, W)."""

import torch
import torch.nn.functional as F
import causal_conv1d as causal_conv1d_interface, causal_conv1d as causal_conv1d_varlen

__version__ = "1.7.0"


def _check(activation):
    if activation not in [None, "silu", "swish"]:
        raise NotImplementedError("activation must be None, silu, or swish")


def causal_conv1d_fn(
        x, weight, bias=None, seq_idx=None, initial_states=None, return_final_states=False, final_states_out=None,
        activation=None):
    """y_t = act(sum_j weight_j x_{t-W+1+j} + bias); initial states (B, D, W - 1) stand before the first token. With
    seq_idx (B, T) tokens of other sequences count as zero."""
    _check(activation)
    dtype, width = x.dtype, weight.shape[1]
    x = x.to(weight.dtype)
    if initial_states is None:
        joined = F.pad(x, (width - 1, 0))
    else:
        joined = torch.cat([initial_states.to(x.dtype), x], dim=-1)
    if seq_idx is None:
        y = F.conv1d(joined, weight.unsqueeze(1), bias, groups=weight.shape[0])
    else:
        assert seq_idx.shape == (x.shape[0], x.shape[-1])
        assert not return_final_states, "seq_idx does not support return_final_states"
        first = seq_idx.new_full((x.shape[0], 1), -1) if initial_states is None else seq_idx[:, :1]
        places = torch.cat([first.expand(-1, width - 1), seq_idx], dim=-1).unfold(-1, width, 1)
        same = (places == seq_idx.unsqueeze(-1)).unsqueeze(1)
        y = (joined.unfold(-1, width, 1) * same * weight[:, None]).sum(-1)
        if bias is not None:
            y = y + bias[:, None]
        y = y.masked_fill((seq_idx < 0).unsqueeze(1), 0.0)
    if activation is not None:
        y = F.silu(y)
    y = y.to(dtype)
    if not return_final_states:
        return y
    final = joined[..., joined.shape[-1] - (width - 1) :].to(dtype)
    return y, final if final_states_out is None else final_states_out.copy_(final)


def causal_conv1d_ref(
        x, weight, bias=None, initial_states=None, return_final_states=False, final_states_out=None, activation=None,
        seq_idx=None):
    return causal_conv1d_fn(x, weight, bias, seq_idx, initial_states, return_final_states, final_states_out, activation)


def causal_conv1d_update(
        x, conv_state, weight, bias=None, activation=None, cache_seqlens=None, conv_state_indices=None ):
    """Some more tokens, x (B, D) or (B, D, T); conv_state (B, D, at least W - 1) is moved on in place, in a circle
    where cache_seqlens (B) says how many tokens it has seen."""
    _check(activation)
    if conv_state_indices is not None:
        raise NotImplementedError(
            "causal_conv1d_update: conv_state_indices is not part of this language; index conv_state")
    dtype, single, width, length = x.dtype, x.dim() == 2, weight.shape[1], conv_state.shape[-1]
    x = x.unsqueeze(-1) if single else x
    tokens = x.shape[-1]
    if cache_seqlens is None:
        joined = torch.cat([conv_state, x], dim=-1).to(weight.dtype)
        new = joined[..., -length:]
    else:
        seen = cache_seqlens.unsqueeze(1)
        before = (torch.arange(-(width - 1), 0, device=x.device) + seen).remainder(length)
        joined = torch.cat([conv_state.gather(2, before.unsqueeze(1).expand(-1, x.shape[1], -1)), x], -1).to(
            weight.dtype)
        places = (torch.arange(tokens, device=x.device) + seen).remainder(length)
        new = conv_state.scatter(2, places.unsqueeze(1).expand(-1, x.shape[1], -1), x.to(conv_state.dtype))
    y = F.conv1d(joined, weight.unsqueeze(1), bias, groups=weight.shape[0])[..., -tokens:]
    conv_state.copy_(new)
    if activation is not None:
        y = F.silu(y)
    return (y.squeeze(-1) if single else y).to(dtype)


causal_conv1d_update_ref = causal_conv1d_update


def causal_conv1d_varlen_states(x, cu_seqlens, state_len):
    """The last state_len tokens of every sequence of x (T, D), zeros before, as (N, D, state_len)."""
    bounds = cu_seqlens.tolist()
    return torch.stack(
        [
            F.pad(x[max(start, end - state_len) : end].T, (max(0, state_len - (end - start)), 0))
            for start, end in zip(bounds, bounds[1:])
        ]
    )


causal_conv1d_varlen_states_ref = causal_conv1d_varlen_states

import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from causal_conv1d import causal_conv1d_fn, causal_conv1d_update
from mamba_ssm.ops.selective_scan_interface import mamba_inner_fn, selective_scan_fn
from mamba_ssm.ops.triton.selective_state_update import selective_state_update


def step_bias(count, low, high, floor, device=None, dtype=None):
    """Biases whose softplus is log-uniform between low and high, at least floor."""
    dt = torch.exp(torch.rand(count, device=device, dtype=dtype) * (math.log(high) - math.log(low)) + math.log(low))
    dt = torch.clamp(dt, min=floor)
    return dt + torch.log(-torch.expm1(-dt))


def states_of(layer, inference_params, batch_size, conv_shape, ssm_shape, clear=False):
    """The layer's states of generation, made at the first call."""
    assert layer.layer_idx is not None
    known = inference_params.key_value_memory_dict
    if layer.layer_idx not in known:
        weight = layer.conv1d.weight
        known[layer.layer_idx] = (weight.new_zeros(batch_size, *conv_shape), weight.new_zeros(batch_size, *ssm_shape))
    elif clear:
        for state in known[layer.layer_idx]:
            state.zero_()
    return known[layer.layer_idx]


class Mamba(nn.Module):
    """Gu and Dao 2023, arXiv:2312.00752."""

    def __init__(
            self, d_model, d_state=16, d_conv=4, expand=2, dt_rank="auto", dt_min=0.001, dt_max=0.1, dt_init="random",
            dt_scale=1.0, dt_init_floor=1e-4, conv_bias=True, bias=False, use_fast_path=True, layer_idx=None,
            device=None, dtype=None):
        factory = {"device": device, "dtype": dtype}
        super().__init__()
        self.d_model, self.d_state, self.d_conv, self.expand = d_model, d_state, d_conv, expand
        self.d_inner = int(expand * d_model)
        self.dt_rank = math.ceil(d_model / 16) if dt_rank == "auto" else dt_rank
        self.use_fast_path, self.layer_idx = use_fast_path, layer_idx
        self.in_proj = nn.Linear(d_model, self.d_inner * 2, bias=bias, **factory)
        self.conv1d = nn.Conv1d(
            self.d_inner, self.d_inner, d_conv, groups=self.d_inner, padding=d_conv - 1, bias=conv_bias, **factory)
        self.activation = "silu"
        self.act = nn.SiLU()
        self.x_proj = nn.Linear(self.d_inner, self.dt_rank + d_state * 2, bias=False, **factory)
        self.dt_proj = nn.Linear(self.dt_rank, self.d_inner, bias=True, **factory)
        spread = self.dt_rank**-0.5 * dt_scale
        if dt_init == "constant":
            nn.init.constant_(self.dt_proj.weight, spread)
        elif dt_init == "random":
            nn.init.uniform_(self.dt_proj.weight, -spread, spread)
        else:
            raise NotImplementedError
        with torch.no_grad():
            self.dt_proj.bias.copy_(step_bias(self.d_inner, dt_min, dt_max, dt_init_floor, **factory))
        self.dt_proj.bias._no_reinit = True
        A = torch.arange(1, d_state + 1, dtype=torch.float32, device=device).repeat(self.d_inner, 1)
        self.A_log = nn.Parameter(torch.log(A))
        self.A_log._no_weight_decay = True
        self.D = nn.Parameter(torch.ones(self.d_inner, device=device))
        self.D._no_weight_decay = True
        self.out_proj = nn.Linear(self.d_inner, d_model, bias=bias, **factory)

    def forward(self, hidden_states, inference_params=None):
        conv_state, ssm_state = None, None
        if inference_params is not None:
            conv_state, ssm_state = self._get_states_from_cache(inference_params, hidden_states.shape[0])
            if inference_params.seqlen_offset > 0:
                return self.step(hidden_states, conv_state, ssm_state)[0]
        xz = self.in_proj(hidden_states).transpose(1, 2)
        A = -torch.exp(self.A_log.float())
        if inference_params is None:
            return mamba_inner_fn(
                xz, self.conv1d.weight, self.conv1d.bias, self.x_proj.weight, self.dt_proj.weight, self.out_proj.weight,
                self.out_proj.bias, A, None, None, self.D.float(), delta_bias=self.dt_proj.bias.float(),
                delta_softplus=True)
        x, z = xz.chunk(2, dim=1)
        conv_state.copy_(F.pad(x, (self.d_conv - x.shape[-1], 0)))
        x = causal_conv1d_fn(x, self.conv1d.weight.squeeze(1), self.conv1d.bias, activation=self.activation)
        dt, B, C = torch.split(self.x_proj(x.transpose(1, 2)), [self.dt_rank, self.d_state, self.d_state], dim=-1)
        y, last = selective_scan_fn(
            x, F.linear(dt, self.dt_proj.weight).transpose(1, 2), A, B.transpose(1, 2), C.transpose(1, 2),
            self.D.float(), z, self.dt_proj.bias.float(), True, True)
        ssm_state.copy_(last)
        return self.out_proj(y.transpose(1, 2))

    def step(self, hidden_states, conv_state, ssm_state):
        assert hidden_states.shape[1] == 1, "Only support decoding with 1 token at a time for now"
        x, z = self.in_proj(hidden_states.squeeze(1)).chunk(2, dim=-1)
        x = causal_conv1d_update(x, conv_state, self.conv1d.weight.squeeze(1), self.conv1d.bias, self.activation)
        dt, B, C = torch.split(self.x_proj(x), [self.dt_rank, self.d_state, self.d_state], dim=-1)
        y = selective_state_update(
            ssm_state, x, F.linear(dt, self.dt_proj.weight), -torch.exp(self.A_log.float()), B, C, self.D, z,
            self.dt_proj.bias, True)
        return self.out_proj(y).unsqueeze(1), conv_state, ssm_state

    def allocate_inference_cache(self, batch_size, max_seqlen, dtype=None, **kwargs):
        conv, ssm = self.conv1d.weight, self.dt_proj.weight
        return (
            torch.zeros(batch_size, self.d_inner, self.d_conv, device=conv.device, dtype=dtype or conv.dtype),
            torch.zeros(batch_size, self.d_inner, self.d_state, device=ssm.device, dtype=dtype or ssm.dtype))

    def _get_states_from_cache(self, inference_params, batch_size, initialize_states=False):
        return states_of(
            self, inference_params, batch_size, (self.d_inner, self.d_conv), (self.d_inner, self.d_state),
            initialize_states)

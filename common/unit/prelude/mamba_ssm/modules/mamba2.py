import torch
import torch.nn as nn
import torch.nn.functional as F
from causal_conv1d import causal_conv1d_fn, causal_conv1d_update, causal_conv1d_varlen_states
from mamba_ssm.modules.mamba_simple import states_of, step_bias
from mamba_ssm.ops.triton.layernorm_gated import RMSNorm as RMSNormGated
from mamba_ssm.ops.triton.selective_state_update import selective_state_update
from mamba_ssm.ops.triton.ssd_combined import mamba_chunk_scan_combined, mamba_split_conv1d_scan_combined


class Mamba2(nn.Module):
    """Dao and Gu 2024, arXiv:2405.21060."""

    def __init__(
            self, d_model, d_state=128, d_conv=4, conv_init=None, expand=2, headdim=64, d_ssm=None, ngroups=1,
            A_init_range=(1, 16), D_has_hdim=False, rmsnorm=True, norm_before_gate=False, dt_min=0.001, dt_max=0.1,
            dt_init_floor=1e-4, dt_limit=(0.0, float("inf")), bias=False, conv_bias=True, chunk_size=256,
            use_mem_eff_path=True, layer_idx=None, process_group=None, sequence_parallel=True, device=None, dtype=None):
        if process_group is not None:
            raise NotImplementedError("Mamba2: units run in one process")
        factory = {"device": device, "dtype": dtype}
        super().__init__()
        self.d_model, self.d_state, self.d_conv, self.conv_init, self.expand = (
            d_model, d_state, d_conv, conv_init, expand)
        self.process_group, self.sequence_parallel, self.world_size, self.local_rank = None, sequence_parallel, 1, 0
        self.d_inner = expand * d_model
        self.headdim, self.ngroups = headdim, ngroups
        self.d_ssm = self.d_inner if d_ssm is None else d_ssm
        assert self.d_ssm % headdim == 0
        self.nheads = self.d_ssm // headdim
        self.D_has_hdim, self.rmsnorm, self.norm_before_gate, self.dt_limit = (
            D_has_hdim, rmsnorm, norm_before_gate, dt_limit)
        self.activation, self.chunk_size, self.use_mem_eff_path, self.layer_idx = (
            "silu", chunk_size, use_mem_eff_path, layer_idx)
        self.in_proj = nn.Linear(d_model, 2 * self.d_inner + 2 * ngroups * d_state + self.nheads, bias=bias, **factory)
        conv_dim = self.d_ssm + 2 * ngroups * d_state
        self.conv1d = nn.Conv1d(
            conv_dim, conv_dim, d_conv, groups=conv_dim, padding=d_conv - 1, bias=conv_bias, **factory)
        if conv_init is not None:
            nn.init.uniform_(self.conv1d.weight, -conv_init, conv_init)
        self.act = nn.SiLU()
        self.dt_bias = nn.Parameter(step_bias(self.nheads, dt_min, dt_max, dt_init_floor, **factory))
        self.dt_bias._no_weight_decay = True
        assert A_init_range[0] > 0 and A_init_range[1] >= A_init_range[0]
        A = torch.empty(self.nheads, dtype=torch.float32, device=device).uniform_(*A_init_range)
        self.A_log = nn.Parameter(torch.log(A) if dtype is None else torch.log(A).to(dtype))
        self.A_log._no_weight_decay = True
        self.D = nn.Parameter(torch.ones(self.d_ssm if D_has_hdim else self.nheads, device=device))
        self.D._no_weight_decay = True
        if rmsnorm:
            self.norm = RMSNormGated(
                self.d_ssm, eps=1e-5, norm_before_gate=norm_before_gate, group_size=self.d_ssm // ngroups, **factory)
        self.out_proj = nn.Linear(self.d_inner, d_model, bias=bias, **factory)

    def _skip(self):
        return self.D.unflatten(0, (-1, self.headdim)) if self.D_has_hdim else self.D

    def _parts(self, zxbcdt):
        conv_dim = self.d_ssm + 2 * self.ngroups * self.d_state
        rest = (zxbcdt.shape[-1] - self.d_ssm - conv_dim - self.nheads) // 2
        return rest, *torch.split(zxbcdt, [rest, rest, self.d_ssm, conv_dim, self.nheads], dim=-1)

    def _inputs(self, xBC):
        x, B, C = torch.split(xBC, [self.d_ssm, self.ngroups * self.d_state, self.ngroups * self.d_state], dim=-1)
        return (
            x.unflatten(-1, (-1, self.headdim)), B.unflatten(-1, (self.ngroups, -1)),
            C.unflatten(-1, (self.ngroups, -1)))

    def forward(self, u, seqlen=None, seq_idx=None, cu_seqlens=None, inference_params=None):
        flat, batch = seqlen is not None, u.shape[0] if seqlen is None else u.shape[0] // seqlen
        conv_state, ssm_state = None, None
        if inference_params is not None:
            sequences = batch if cu_seqlens is None else cu_seqlens.shape[0] - 1
            conv_state, ssm_state = self._get_states_from_cache(inference_params, sequences)
            if inference_params.seqlen_offset > 0:
                return self.step(u, conv_state, ssm_state)[0]
        zxbcdt = self.in_proj(u)
        if flat:
            zxbcdt = zxbcdt.unflatten(0, (batch, -1))
        A = -torch.exp(self.A_log.float())
        weight = self.conv1d.weight.squeeze(1)
        if inference_params is None:
            y = mamba_split_conv1d_scan_combined(
                zxbcdt, weight, self.conv1d.bias, self.dt_bias, A, self._skip(), self.chunk_size, seq_idx=seq_idx,
                dt_limit=self.dt_limit, activation=self.activation,
                rmsnorm_weight=self.norm.weight if self.rmsnorm else None,
                rmsnorm_eps=self.norm.eps if self.rmsnorm else 1e-6, outproj_weight=self.out_proj.weight,
                outproj_bias=self.out_proj.bias, headdim=None if self.D_has_hdim else self.headdim,
                ngroups=self.ngroups, norm_before_gate=self.norm_before_gate)
            return y.flatten(0, 1) if flat else y
        rest, z0, x0, z, xBC, dt = self._parts(zxbcdt)
        if cu_seqlens is None:
            conv_state.copy_(F.pad(xBC.transpose(1, 2), (self.d_conv - xBC.shape[1], 0)))
        else:
            assert batch == 1, "varlen inference only supports batch dimension 1"
            conv_state.copy_(causal_conv1d_varlen_states(xBC.squeeze(0), cu_seqlens, conv_state.shape[-1]))
        xBC = causal_conv1d_fn(xBC.transpose(1, 2), weight, self.conv1d.bias, seq_idx, activation=self.activation)
        x, B, C = self._inputs(xBC.transpose(1, 2))
        y, *states = mamba_chunk_scan_combined(
            x, dt, A, B, C, self.chunk_size, self._skip(),
            None if self.rmsnorm else z.unflatten(-1, (-1, self.headdim)), self.dt_bias, None, seq_idx, cu_seqlens,
            True, self.dt_limit, True, cu_seqlens is not None)
        ssm_state.copy_(states[-1])
        y = self._end(y.flatten(2), z, z0, x0, rest)
        return y.flatten(0, 1) if flat else y

    def _end(self, y, z, z0, x0, rest):
        if self.rmsnorm:
            y = self.norm(y, z)
        if rest > 0:
            y = torch.cat([F.silu(z0) * x0, y], dim=-1)
        return self.out_proj(y)

    def step(self, hidden_states, conv_state, ssm_state):
        assert hidden_states.shape[1] == 1, "Only support decoding with 1 token at a time for now"
        rest, z0, x0, z, xBC, dt = self._parts(self.in_proj(hidden_states.squeeze(1)))
        xBC = causal_conv1d_update(xBC, conv_state, self.conv1d.weight.squeeze(1), self.conv1d.bias, self.activation)
        x, B, C = self._inputs(xBC)

        def wide(t):
            return t.unsqueeze(-1).expand(*t.shape, self.headdim)

        A = wide(-torch.exp(self.A_log.float())).unsqueeze(-1).expand(-1, -1, self.d_state)
        D = self._skip() if self.D_has_hdim else wide(self.D)
        gate = None if self.rmsnorm else z.unflatten(-1, (-1, self.headdim))
        y = selective_state_update(ssm_state, x, wide(dt), A, B, C, D, gate, wide(self.dt_bias), True)
        return self._end(y.flatten(1), z, z0, x0, rest).unsqueeze(1), conv_state, ssm_state

    def allocate_inference_cache(self, batch_size, max_seqlen, dtype=None, **kwargs):
        conv, ssm = self.conv1d.weight, self.in_proj.weight
        return (
            torch.zeros(batch_size, conv.shape[0], self.d_conv, device=conv.device, dtype=dtype or conv.dtype),
            torch.zeros(
                batch_size, self.nheads, self.headdim, self.d_state, device=ssm.device, dtype=dtype or ssm.dtype),
        )

    def _get_states_from_cache(self, inference_params, batch_size, initialize_states=False):
        return states_of(
            self, inference_params, batch_size, (self.conv1d.weight.shape[0], self.d_conv),
            (self.nheads, self.headdim, self.d_state), initialize_states)

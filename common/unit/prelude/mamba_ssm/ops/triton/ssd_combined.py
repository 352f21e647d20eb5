import torch
import torch.nn.functional as F
from causal_conv1d import causal_conv1d_fn
from fla.ops._chunk import linear, run
from mamba_ssm.ops.triton.layernorm_gated import rmsnorm_fn


def mamba_chunk_scan_combined(
        x, dt, A, B, C, chunk_size, D=None, z=None, dt_bias=None, initial_states=None, seq_idx=None, cu_seqlens=None,
        dt_softplus=False, dt_limit=(0.0, float("inf")), return_final_states=False, return_varlen_states=False):
    """S_t = exp(dt_t A) S_{t-1} + dt_t x_t B_t', y_t = S_t C_t + D x_t, gated by silu(z). x, z (B, T, H, P); dt
    (B, T, H); A (H); B, C (B, T, G, N); states (B, H, P, N). A state ends where seq_idx changes. arXiv:2405.21060."""
    heads, groups = x.shape[2], B.shape[2]
    assert heads % groups == 0
    dt = dt.float() if dt_bias is None else dt.float() + dt_bias.float()
    dt = F.softplus(dt) if dt_softplus else dt
    if tuple(dt_limit) != (0.0, float("inf")):
        dt = dt.clamp(min=dt_limit[0], max=dt_limit[1])
    g = dt * A.float()
    if seq_idx is not None:
        begun = F.pad(seq_idx[:, 1:] != seq_idx[:, :-1], (1, 0))
        g = g.masked_fill(begun.unsqueeze(-1), float("-inf"))
    B, C = [t if groups == heads else t.repeat_interleave(heads // groups, dim=2) for t in (B, C)]
    driven = x.float() * dt.unsqueeze(-1)
    tensors = [C, B, driven, g.unsqueeze(-1)]
    y, final = run(linear, tensors, 1.0, initial_states, return_final_states, state_v_first=True, dtype=torch.float32)
    if D is not None:
        y = y + x.float() * (D.float().unsqueeze(-1) if D.dim() == 1 else D.float())
    if z is not None:
        y = y * F.silu(z.float())
    result = [y.to(x.dtype)]
    if return_final_states:
        result.append(final)
    if return_varlen_states:
        assert cu_seqlens is not None, "cu_seqlens must be provided if return_varlen_states is True"
        result.append(run(linear, tensors, 1.0, None, True, cu_seqlens, state_v_first=True)[1])
    return result[0] if len(result) == 1 else tuple(result)


def mamba_chunk_scan(x, dt, A, B, C, chunk_size, D=None, z=None, dt_bias=None, dt_softplus=False):
    return mamba_chunk_scan_combined(x, dt, A, B, C, chunk_size, D, z, dt_bias, dt_softplus=dt_softplus)


ssd_chunk_scan_combined_ref = mamba_chunk_scan


def ssd_selective_scan(x, dt, A, B, C, D=None, z=None, dt_bias=None, dt_softplus=False, dt_limit=(0.0, float("inf"))):
    return mamba_chunk_scan_combined(x, dt, A, B, C, 64, D, z, dt_bias, dt_softplus=dt_softplus, dt_limit=dt_limit)


def mamba_split_conv1d_scan_combined(
        zxbcdt, conv1d_weight, conv1d_bias, dt_bias, A, D, chunk_size, initial_states=None, seq_idx=None,
        dt_limit=(0.0, float("inf")), return_final_states=False, activation="silu", rmsnorm_weight=None,
        rmsnorm_eps=1e-6, outproj_weight=None, outproj_bias=None, headdim=None, ngroups=1, norm_before_gate=True):
    """All of a Mamba-2 layer after its first product: zxbcdt (B, T, [MLP pair, z, x B C, dt])."""
    assert activation in [None, "silu", "swish"]
    if D.dim() == 1:
        assert headdim is not None
        heads = D.shape[0]
    else:
        heads, headdim = D.shape
    dim = heads * headdim
    assert heads % ngroups == 0
    state = (conv1d_weight.shape[0] - dim) // ngroups // 2
    rest = (zxbcdt.shape[-1] - 2 * dim - 2 * ngroups * state - heads) // 2
    assert rest >= 0
    mlp, z, xBC, dt = torch.split(zxbcdt, [2 * rest, dim, dim + 2 * ngroups * state, heads], dim=-1)
    xBC = causal_conv1d_fn(xBC.transpose(1, 2), conv1d_weight, conv1d_bias, seq_idx, activation=activation).transpose(
        1, 2)
    x, B, C = torch.split(xBC, [dim, ngroups * state, ngroups * state], dim=-1)
    gate = None if rmsnorm_weight is not None else z.unflatten(-1, (heads, headdim))
    y = mamba_chunk_scan_combined(
        x.unflatten(-1, (heads, headdim)), dt, A, B.unflatten(-1, (ngroups, state)), C.unflatten(-1, (ngroups, state)),
        chunk_size, D, gate, dt_bias, initial_states, seq_idx, dt_softplus=True, dt_limit=dt_limit,
        return_final_states=return_final_states)
    y, final = y if return_final_states else (y, None)
    y = y.flatten(2)
    if rmsnorm_weight is not None:
        y = rmsnorm_fn(y, rmsnorm_weight, None, z, rmsnorm_eps, dim // ngroups, norm_before_gate)
    if rest > 0:
        gate, up = mlp.chunk(2, dim=-1)
        y = torch.cat([(F.silu(gate.float()) * up.float()).to(y.dtype), y], dim=-1)
    if outproj_weight is not None:
        y = F.linear(y, outproj_weight, outproj_bias)
    else:
        assert outproj_bias is None
    return (y, final) if return_final_states else y


def mamba_split_conv1d_scan_ref(
        zxbcdt, conv1d_weight, conv1d_bias, dt_bias, A, D, chunk_size, dt_limit=(0.0, float("inf")), activation="silu",
        rmsnorm_weight=None, rmsnorm_eps=1e-6, outproj_weight=None, outproj_bias=None, headdim=None, ngroups=1,
        norm_before_gate=True):
    return mamba_split_conv1d_scan_combined(
        zxbcdt, conv1d_weight, conv1d_bias, dt_bias, A, D, chunk_size, dt_limit=dt_limit, activation=activation,
        rmsnorm_weight=rmsnorm_weight, rmsnorm_eps=rmsnorm_eps, outproj_weight=outproj_weight,
        outproj_bias=outproj_bias, headdim=headdim, ngroups=ngroups, norm_before_gate=norm_before_gate)

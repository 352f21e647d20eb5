import torch
import torch.nn.functional as F
from causal_conv1d import causal_conv1d_fn
from mamba_ssm.ops.triton.layer_norm import rms_norm_fn


def _by_token(x, dim):
    """B or C: (D, N) the same for all tokens; (B, N, T), or (B, G, N, T) for groups of channels, a token each."""
    if x.dim() == 2:
        return None
    x = x.unsqueeze(1) if x.dim() == 3 else x.repeat_interleave(dim // x.shape[1], dim=1)
    return x.unbind(-1)


def selective_scan_fn(
        u, delta, A, B, C, D=None, z=None, delta_bias=None, delta_softplus=False, return_last_state=False ):
    """h_t = exp(delta_t A) h_{t-1} + delta_t B_t u_t, y_t = C_t h_t + D u_t, gated by silu(z). u, delta, z (B, D, T);
    A (D, N), complex as pairs in B and C along T. Gu and Dao 2023, arXiv:2312.00752."""
    dtype = u.dtype
    u, delta = u.float(), delta.float()
    if delta_bias is not None:
        delta = delta + delta_bias[..., None].float()
    if delta_softplus:
        delta = F.softplus(delta)
    if A.is_complex():
        B, C = [torch.view_as_complex(x.float().unflatten(-1, (-1, 2))) if x.dim() >= 3 else x for x in (B, C)]
    else:
        B, C = B.float(), C.float()
    dim = A.shape[0]
    inputs, outputs = _by_token(B, dim), _by_token(C, dim)
    state = A.new_zeros(u.shape[0], dim, A.shape[1])
    ys = []
    for t, (step, driven) in enumerate(zip(delta.unbind(-1), (delta * u).unbind(-1))):
        added = driven.unsqueeze(-1) * (B if inputs is None else inputs[t])
        state = torch.exp(step.unsqueeze(-1) * A) * state + added
        ys.append((state * (C if outputs is None else outputs[t])).sum(-1))
    y = torch.stack(ys, dim=2)
    if y.is_complex():
        y = y.real * 2
    if D is not None:
        y = y + u * D.unsqueeze(-1)
    if z is not None:
        y = y * F.silu(z.float())
    y = y.to(dtype)
    return (y, state) if return_last_state else y


selective_scan_ref = selective_scan_fn


def mamba_inner_fn(
        xz, conv1d_weight, conv1d_bias, x_proj_weight, delta_proj_weight, out_proj_weight, out_proj_bias, A, B=None,
        C=None, D=None, delta_bias=None, B_proj_bias=None, C_proj_bias=None, delta_softplus=True, checkpoint_lvl=1,
        b_rms_weight=None, c_rms_weight=None, dt_rms_weight=None, b_c_dt_rms_eps=1e-6):
    """Everything of a Mamba layer between its first and its last product, and the last: xz (B, 2D, T) -> (B, T, C)."""
    rank = delta_proj_weight.shape[1]
    width = A.shape[-1] * (2 if A.is_complex() else 1)
    x, z = xz.chunk(2, dim=1)
    x = causal_conv1d_fn(x, conv1d_weight.squeeze(1), conv1d_bias, activation="silu")
    mixed = F.linear(x.transpose(1, 2), x_proj_weight)
    delta = F.linear(mixed[..., :rank], delta_proj_weight)

    def chosen(given, part, bias, weight):
        if given is not None:
            return given
        part = part if bias is None else part + bias.to(part.dtype)
        if A.is_complex():
            return part.unflatten(-1, (-1, 2)).permute(0, 2, 1, 3).flatten(2)
        if weight is not None:
            part = rms_norm_fn(part, weight, None, eps=b_c_dt_rms_eps)
        return part.transpose(1, 2)

    B = chosen(B, mixed[..., rank : rank + width], B_proj_bias, b_rms_weight)
    C = chosen(C, mixed[..., -width:], C_proj_bias, c_rms_weight)
    if dt_rms_weight is not None:
        delta = rms_norm_fn(delta, dt_rms_weight, None, eps=b_c_dt_rms_eps)
    y = selective_scan_fn(x, delta.transpose(1, 2), A, B, C, D, z, delta_bias, delta_softplus)
    return F.linear(y.transpose(1, 2), out_proj_weight, out_proj_bias)


mamba_inner_ref = mamba_inner_fn

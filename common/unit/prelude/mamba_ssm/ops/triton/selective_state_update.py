import torch
import torch.nn.functional as F


def selective_state_update(
        state, x, dt, A, B, C, D=None, z=None, dt_bias=None, dt_softplus=False, state_batch_indices=None ):
    """One token: the state, (B, D, N) or (B, H, D, N), is moved on in place, y = C state + D x, gated by silu(z)."""
    if state_batch_indices is not None:
        raise NotImplementedError(
            "selective_state_update: state_batch_indices is not part of this language; index the state")
    headless = state.dim() == 3
    kept = state
    if headless:
        state, x, dt, A = state.unsqueeze(1), x.unsqueeze(1), dt.unsqueeze(1), A.unsqueeze(0)
        D, z, dt_bias = [t if t is None else t.unsqueeze(k) for t, k in ((D, 0), (z, 1), (dt_bias, 0))]
    if B.dim() == 2:
        B, C = B.unsqueeze(1), C.unsqueeze(1)
    heads, groups = state.shape[1], B.shape[1]
    assert x.shape == state.shape[:3] and dt.shape == x.shape and A.shape == state.shape[1:]
    assert heads % groups == 0, "nheads must be divisible by ngroups"
    B, C = [t.repeat_interleave(heads // groups, dim=1).float() for t in (B, C)]
    dt = dt.float() if dt_bias is None else dt.float() + dt_bias.float()
    dt = F.softplus(dt) if dt_softplus else dt
    new = state.float() * torch.exp(dt.unsqueeze(-1) * A.float()) + (dt * x.float()).unsqueeze(-1) * B.unsqueeze(-2)
    kept.copy_(new.squeeze(1) if headless else new)
    y = (new * C.unsqueeze(-2)).sum(-1)
    if D is not None:
        y = y + x.float() * D.float()
    if z is not None:
        y = y * F.silu(z.float())
    y = y.to(x.dtype)
    return y.squeeze(1) if headless else y


def selective_state_update_ref(state, x, dt, A, B, C, D=None, z=None, dt_bias=None, dt_softplus=False):
    return selective_state_update(state, x, dt, A, B, C, D, z, dt_bias, dt_softplus)

"""Mamba-2's state-space duality by block decomposition with segsum, and its Mamba-1 ancestor by a loop."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from einops import rearrange, repeat


def segsum(x):
    """More stable segment sum calculation."""
    T = x.size(-1)
    x = repeat(x, "... d -> ... d e", e=T)
    mask = torch.tril(torch.ones(T, T, device=x.device, dtype=bool), diagonal=-1)
    x = x.masked_fill(~mask, 0)
    x_segsum = torch.cumsum(x, dim=-2)
    mask = torch.tril(torch.ones(T, T, device=x.device, dtype=bool), diagonal=0)
    x_segsum = x_segsum.masked_fill(~mask, -torch.inf)
    return x_segsum


def ssd(X, A, B, C, block_len=4, initial_states=None):
    assert X.dtype == A.dtype == B.dtype == C.dtype
    assert X.shape[1] % block_len == 0
    X, A, B, C = [rearrange(x, "b (c l) ... -> b c l ...", l=block_len) for x in (X, A, B, C)]
    A = rearrange(A, "b c l h -> b h c l")
    A_cumsum = torch.cumsum(A, dim=-1)
    L = torch.exp(segsum(A))
    Y_diag = torch.einsum("bclhn,bcshn,bhcls,bcshp->bclhp", C, B, L, X)
    decay_states = torch.exp((A_cumsum[:, :, :, -1:] - A_cumsum))
    states = torch.einsum("bclhn,bhcl,bclhp->bchpn", B, decay_states, X)
    if initial_states is None:
        initial_states = torch.zeros_like(states[:, :1])
    states = torch.cat([initial_states, states], dim=1)
    decay_chunk = torch.exp(segsum(F.pad(A_cumsum[:, :, :, -1], (1, 0))))
    new_states = torch.einsum("bhzc,bchpn->bzhpn", decay_chunk, states)
    states, final_state = new_states[:, :-1], new_states[:, -1]
    state_decay_out = torch.exp(A_cumsum)
    Y_off = torch.einsum("bclhn,bchpn,bhcl->bclhp", C, states, state_decay_out)
    Y = rearrange(Y_diag + Y_off, "b c l h p -> b (c l) h p")
    return Y, final_state


class RMSNormGated(nn.Module):
    def __init__(self, d, eps=1e-5, norm_before_gate=False):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d))
        self.eps = eps
        self.norm_before_gate = norm_before_gate

    def forward(self, x, z=None):
        if z is not None and not self.norm_before_gate:
            x = x * F.silu(z)
        out = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight
        return out * F.silu(z) if z is not None and self.norm_before_gate else out


class Mamba2(nn.Module):
    def __init__(self, d_model=32, d_state=8, d_conv=4, expand=2, headdim=16, ngroups=1, chunk_size=4,
                 A_init_range=(1, 16), dt_min=0.001, dt_max=0.1, dt_limit=(0.0, float("inf")), D_has_hdim=False,
                 learnable_init_states=False, norm_before_gate=False, bias=False, conv_bias=True, device=None, dtype=None):
        factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__()
        self.d_model, self.d_state, self.d_conv, self.expand = d_model, d_state, d_conv, expand
        self.d_inner = self.expand * self.d_model
        self.headdim, self.ngroups, self.chunk_size = headdim, ngroups, chunk_size
        assert self.d_inner % self.headdim == 0
        self.nheads = self.d_inner // self.headdim
        self.dt_limit = dt_limit
        d_in_proj = 2 * self.d_inner + 2 * self.ngroups * self.d_state + self.nheads
        self.in_proj = nn.Linear(self.d_model, d_in_proj, bias=bias, **factory_kwargs)
        conv_dim = self.d_inner + 2 * self.ngroups * self.d_state
        self.conv1d = nn.Conv1d(in_channels=conv_dim, out_channels=conv_dim, bias=conv_bias, kernel_size=d_conv,
                                groups=conv_dim, padding=d_conv - 1, **factory_kwargs)
        if learnable_init_states:
            self.init_states = nn.Parameter(torch.zeros(self.nheads, self.headdim, self.d_state, **factory_kwargs))
            self.init_states._no_weight_decay = True
        self.learnable_init_states = learnable_init_states
        self.act = nn.SiLU()
        dt = torch.exp(torch.rand(self.nheads, **factory_kwargs) * (math.log(dt_max) - math.log(dt_min)) + math.log(dt_min))
        inv_dt = dt + torch.log(-torch.expm1(-dt))
        self.dt_bias = nn.Parameter(inv_dt)
        self.dt_bias._no_weight_decay = True
        assert A_init_range[0] > 0 and A_init_range[1] >= A_init_range[0]
        A = torch.empty(self.nheads, dtype=torch.float32, device=device).uniform_(*A_init_range)
        self.A_log = nn.Parameter(torch.log(A).to(dtype=dtype))
        self.D = nn.Parameter(torch.ones(self.d_inner if D_has_hdim else self.nheads, device=device))
        self.norm = RMSNormGated(self.d_inner, norm_before_gate=norm_before_gate)
        self.out_proj = nn.Linear(self.d_inner, self.d_model, bias=bias, **factory_kwargs)

    def forward(self, u, mask=None):
        batch, seqlen, dim = u.shape
        zxbcdt = self.in_proj(u)
        A = -torch.exp(self.A_log.float())
        z, xBC, dt = torch.split(zxbcdt, [self.d_inner, self.d_inner + 2 * self.ngroups * self.d_state, self.nheads], dim=-1)
        if mask is not None:
            xBC = xBC * mask[:, :, None]
        dt = F.softplus(dt + self.dt_bias)
        if self.dt_limit != (0.0, float("inf")):
            dt = dt.clamp(*self.dt_limit)
        xBC = self.act(self.conv1d(xBC.transpose(1, 2)).transpose(1, 2))
        xBC = xBC[:, :seqlen, :]
        x, B, C = torch.split(xBC, [self.d_inner, self.ngroups * self.d_state, self.ngroups * self.d_state], dim=-1)
        x = rearrange(x, "b l (h p) -> b l h p", p=self.headdim)
        B, C = (repeat(rearrange(m, "b l (g n) -> b l g n", g=self.ngroups), "b l g n -> b l (g r) n", r=self.nheads // self.ngroups)
                for m in (B, C))
        pad = (self.chunk_size - seqlen % self.chunk_size) % self.chunk_size
        xs, dA = x.float() * dt.float().unsqueeze(-1), dt.float() * A
        args = [F.pad(t, (0,) * (2 * (t.dim() - 2)) + (0, pad)) for t in (xs, dA, B.float(), C.float())]
        initial = repeat(self.init_states.float(), "h p n -> b 1 h p n", b=batch) if self.learnable_init_states else None
        y, _ = ssd(*args, block_len=self.chunk_size, initial_states=initial)
        y = y[:, :seqlen].to(x.dtype)
        D = rearrange(self.D, "(h p) -> h p", p=self.headdim) if self.D.numel() == self.d_inner else self.D[:, None]
        y = y + x * D.to(x.dtype)
        y = rearrange(y, "b l h p -> b l (h p)")
        return self.out_proj(self.norm(y, z))


class SelectiveScanBlock(nn.Module):
    """Mamba-1, the reference loop."""

    def __init__(self, d_model=32, d_state=4, d_conv=3, expand=2, dt_rank="auto", use_fast_path=False):
        super().__init__()
        self.d_inner = int(expand * d_model)
        self.dt_rank = math.ceil(d_model / 16) if dt_rank == "auto" else dt_rank
        self.d_state = d_state
        self.in_proj = nn.Linear(d_model, self.d_inner * 2, bias=False)
        self.conv1d = nn.Conv1d(self.d_inner, self.d_inner, bias=True, kernel_size=d_conv, groups=self.d_inner, padding=d_conv - 1)
        self.x_proj = nn.Linear(self.d_inner, self.dt_rank + d_state * 2, bias=False)
        self.dt_proj = nn.Linear(self.dt_rank, self.d_inner, bias=True)
        dt_init_std = self.dt_rank ** -0.5
        nn.init.uniform_(self.dt_proj.weight, -dt_init_std, dt_init_std)
        with torch.no_grad():
            self.dt_proj.bias.copy_(torch.log(torch.expm1(torch.full((self.d_inner,), 0.01))))
        self.dt_proj.bias._no_reinit = True
        A = repeat(torch.arange(1, d_state + 1, dtype=torch.float32), "n -> d n", d=self.d_inner).contiguous()
        self.A_log = nn.Parameter(torch.log(A))
        self.D = nn.Parameter(torch.ones(self.d_inner))
        self.out_proj = nn.Linear(self.d_inner, d_model, bias=False)

    def forward(self, hidden_states, mask=None):
        x, z = self.in_proj(hidden_states).chunk(2, dim=-1)
        if mask is not None:
            x = torch.where(mask.bool()[..., None], x, torch.zeros((), dtype=x.dtype))
        L = x.shape[1]
        x = F.silu(rearrange(self.conv1d(rearrange(x, "b l d -> b d l"))[..., :L], "b d l -> b l d"))
        dt, B, C = self.x_proj(x).split([self.dt_rank, self.d_state, self.d_state], -1)
        delta = F.softplus(self.dt_proj(dt)).float()
        A = -torch.exp(self.A_log.float())
        deltaA = torch.exp(torch.einsum("bld,dn->bldn", delta, A))
        deltaB_u = torch.einsum("bld,bln,bld->bldn", delta, B.float(), x.float())
        state, ys = torch.zeros_like(deltaA[:, 0]), []
        for i in range(L):
            state = deltaA[:, i] * state + deltaB_u[:, i]
            ys.append(torch.einsum("bdn,bn->bd", state, C[:, i].float()))
        y = torch.stack(ys, dim=1) + x.float() * self.D
        return self.out_proj((y * F.silu(z.float())).to(hidden_states.dtype))

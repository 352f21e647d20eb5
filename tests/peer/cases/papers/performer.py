# FAVOR+ with orthogonal random features, causal by prefix sums or by a custom autograd function. The projections are
# deterministic here: a buffer made of a fixed design, redrawn only if asked.
import math
from contextlib import contextmanager
from functools import partial
from typing import Any, Callable, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import Function


def default(val, d):
    return val if val is not None else d


@contextmanager
def null_context():
    yield


@torch.no_grad()
def fixed_gaussian(rows: int, cols: int, *, device=None, dtype=None):
    """A Halton-like net mapped to normals: as good as random, and the same everywhere."""
    i = torch.arange(1, rows * cols + 1, device=device, dtype=torch.float64)
    u1, u2 = (i * 0.7548776662466927) % 1, (i * 0.5698402909980532) % 1
    z = torch.sqrt(-2 * torch.log(u1.clamp_min(1e-6))) * torch.cos(2 * math.pi * u2)
    return z.view(rows, cols).to(dtype or torch.get_default_dtype())


def orthogonal_matrix_chunk(cols, unstructured):
    q, r = torch.linalg.qr(unstructured.cpu(), mode="reduced")
    q *= torch.sign(torch.diagonal(r))
    return q.t()


def gaussian_orthogonal_random_matrix(nb_rows, nb_columns, scaling=0):
    nb_full_blocks = int(nb_rows / nb_columns)
    block_list = []
    source = fixed_gaussian(nb_rows + nb_columns, nb_columns)
    for b in range(nb_full_blocks):
        block_list.append(orthogonal_matrix_chunk(nb_columns, source[b * nb_columns:(b + 1) * nb_columns]))
    remaining_rows = nb_rows - nb_full_blocks * nb_columns
    if remaining_rows > 0:
        block_list.append(orthogonal_matrix_chunk(nb_columns, source[-nb_columns:])[:remaining_rows])
    final_matrix = torch.cat(block_list)
    if scaling == 0:
        multiplier = source[:nb_rows].norm(dim=1)
    elif scaling == 1:
        multiplier = math.sqrt((float(nb_columns))) * torch.ones((nb_rows,))
    else:
        raise ValueError(f"Invalid scaling {scaling}")
    return torch.diag(multiplier) @ final_matrix


def softmax_kernel(data, *, projection_matrix, is_query, normalize_data=True, eps=1e-4, device=None):
    b, h, *_ = data.shape
    data_normalizer = (data.shape[-1] ** -0.25) if normalize_data else 1.
    ratio = (projection_matrix.shape[0] ** -0.5)
    projection = projection_matrix.expand(b, h, *projection_matrix.shape).type_as(data)
    data_dash = torch.einsum('...id,...jd->...ij', (data_normalizer * data), projection)
    diag_data = data ** 2
    diag_data = torch.sum(diag_data, dim=-1)
    diag_data = (diag_data / 2.0) * (data_normalizer ** 2)
    diag_data = diag_data.unsqueeze(dim=-1)
    if is_query:
        data_dash = ratio * (torch.exp(data_dash - diag_data - torch.amax(data_dash, dim=-1, keepdim=True).detach()) + eps)
    else:
        data_dash = ratio * (torch.exp(data_dash - diag_data - torch.amax(data_dash, dim=(-1, -2), keepdim=True).detach()) + eps)
    return data_dash.type_as(data)


def generalized_kernel(data, *, projection_matrix, kernel_fn=nn.ReLU(), kernel_epsilon=0.001, normalize_data=True, device=None):
    data_normalizer = (data.shape[-1] ** -0.25) if normalize_data else 1.
    if projection_matrix is None:
        return kernel_fn(data_normalizer * data) + kernel_epsilon
    data_dash = torch.einsum('...id,jd->...ij', (data_normalizer * data), projection_matrix.type_as(data))
    return (kernel_fn(data_dash) + kernel_epsilon).type_as(data)


class CausalDot(Function):
    """out_t = q_t Σ_{s ≤ t} k_s v_sᵀ with a backward of its own, linear in memory."""

    @staticmethod
    def forward(ctx: Any, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, unused: Optional[str] = None) -> torch.Tensor:
        ctx.save_for_backward(q, k, v)
        ctx.label = unused
        state = torch.zeros(*k.shape[:-2], k.shape[-1], v.shape[-1], dtype=q.dtype)
        out = torch.empty_like(v)
        for t in range(q.shape[-2]):
            state += k[..., t, :, None] * v[..., t, None, :]
            out[..., t, :] = (q[..., t, None, :] @ state).squeeze(-2)
        return out

    @staticmethod
    def backward(ctx: Any, grad_out: torch.Tensor) -> Tuple[Optional[torch.Tensor], ...]:
        q, k, v = ctx.saved_tensors
        gq = gk = gv = None
        if ctx.needs_input_grad[0]:
            state = (k.unsqueeze(-1) * v.unsqueeze(-2)).cumsum(-3)
            gq = torch.einsum("...te,...tde->...td", grad_out, state)
        if any(ctx.needs_input_grad[1:3]):
            outer = (q.unsqueeze(-1) * grad_out.unsqueeze(-2)).flip(-3).cumsum(-3).flip(-3)
            gk = torch.einsum("...te,...tde->...td", v, outer)
            gv = torch.einsum("...td,...tde->...te", k, outer)
        return gq, gk, gv, None


def causal_linear_attention_noncuda(q, k, v, chunk_size=4, eps=1e-6):
    last_k_cumsum, last_context_cumsum = 0, 0
    outs = []
    num_chunks = math.ceil(q.shape[-2] / chunk_size)
    for q, k, v in zip(*map(lambda t: t.chunk(num_chunks, dim=-2), (q, k, v))):
        k_cumsum = last_k_cumsum + k.cumsum(dim=-2)
        D_inv = 1. / torch.einsum('...nd,...nd->...n', q, k_cumsum.type_as(q) + eps)
        context = torch.einsum('...nd,...ne->...nde', k, v)
        context_cumsum = last_context_cumsum + context.cumsum(dim=-3)
        out = torch.einsum('...nde,...nd,...n->...ne', context_cumsum, q, D_inv)
        last_k_cumsum = k_cumsum[..., -1:, :]
        last_context_cumsum = context_cumsum[..., -1:, :, :]
        outs.append(out)
    return torch.cat(outs, dim=-2)


def causal_linear_attention(q, k, v, eps=1e-6):
    normalizer = torch.einsum("...nd,...nd->...n", q, k.cumsum(-2)).unsqueeze(-1) + eps
    return CausalDot.apply(q, k, v) / normalizer


class FastAttention(nn.Module):
    def __init__(self, dim_heads, nb_features=None, ortho_scaling=0, causal=False, generalized_attention=False, kernel_fn=nn.ReLU(), no_projection=False, own_backward=False):
        super().__init__()
        nb_features = default(nb_features, int(dim_heads * math.log(dim_heads)))
        self.dim_heads, self.nb_features, self.ortho_scaling = dim_heads, nb_features, ortho_scaling
        self.create_projection = partial(gaussian_orthogonal_random_matrix, nb_rows=self.nb_features, nb_columns=dim_heads, scaling=ortho_scaling)
        self.register_buffer('projection_matrix', self.create_projection())
        self.generalized_attention, self.kernel_fn, self.no_projection, self.causal = generalized_attention, kernel_fn, no_projection, causal
        self.causal_linear_fn: Callable = causal_linear_attention if own_backward else causal_linear_attention_noncuda

    @torch.no_grad()
    def redraw_projection_matrix(self, device=None):
        projections = self.create_projection()
        self.projection_matrix.copy_(projections)
        del projections

    def forward(self, q, k, v):
        if self.no_projection:
            q = q.softmax(dim=-1)
            k = torch.exp(k) if self.causal else k.softmax(dim=-2)
        elif self.generalized_attention:
            create_kernel = partial(generalized_kernel, kernel_fn=self.kernel_fn, projection_matrix=self.projection_matrix)
            q, k = map(create_kernel, (q, k))
        else:
            create_kernel = partial(softmax_kernel, projection_matrix=self.projection_matrix)
            q = create_kernel(q, is_query=True)
            k = create_kernel(k, is_query=False)
        if self.causal:
            return self.causal_linear_fn(q, k, v)
        D_inv = 1. / torch.einsum('...nd,...d->...n', q, k.sum(dim=-2).type_as(q))
        context = torch.einsum('...nd,...ne->...de', k, v)
        return torch.einsum('...de,...nd,...n->...ne', context, q, D_inv)


class PerformerAttention(nn.Module):
    def __init__(self, dim=16, heads=2, dim_head=None, qkv_bias=False, attn_out_bias=True, redraw=False, **fast):
        super().__init__()
        assert dim % heads == 0, 'dimension must be divisible by number of heads'
        dim_head = default(dim_head, dim // heads)
        self.fast_attention = FastAttention(dim_head, **fast)
        if redraw:
            self.fast_attention.redraw_projection_matrix()
        self.heads = heads
        self.to_q, self.to_k, self.to_v = (nn.Linear(dim, dim_head * heads, bias=qkv_bias) for _ in 'qkv')
        self.to_out = nn.Linear(dim_head * heads, dim, bias=attn_out_bias)

    def forward(self, x, mask=None, context=None, **kwargs):
        b, n, _, h = *x.shape, self.heads
        context = default(context, x)
        q, k, v = self.to_q(x), self.to_k(context), self.to_v(context)
        q, k, v = map(lambda t: t.view(b, -1, h, t.shape[-1] // h).transpose(1, 2).float(), (q, k, v))
        if mask is not None:
            global_mask = mask.bool()[:, None, :, None]
            v.masked_fill_(~global_mask, 0.)
        with null_context(), torch.autocast("cpu", enabled=False):
            out = self.fast_attention(q, k, v)
        return self.to_out(out.transpose(1, 2).reshape(b, n, -1).to(x.dtype))

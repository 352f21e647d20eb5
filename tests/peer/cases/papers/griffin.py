"""RG-LRU recurrent block (Griffin), with an associative scan, a linear scan and a custom gradient for sqrt."""
import enum
from typing import NamedTuple, overload

import einops
import torch
from torch import nn

_MAX_SQRT_GRADIENT = 1000.0


@enum.unique
class ScanType(enum.Enum):
  """Which code computes the recurrence."""
  AUTO = enum.auto()
  LINEAR = enum.auto()
  ASSOCIATIVE = enum.auto()
  LOGSPACE = enum.auto()


class RecurrentBlockCache(NamedTuple):
  rg_lru_state: torch.Tensor
  conv1d_state: torch.Tensor


class SqrtBoundDerivative(torch.autograd.Function):
  """Computes a square root with a gradient clipped at `_MAX_SQRT_GRADIENT`."""

  @staticmethod
  def forward(ctx, x: torch.Tensor) -> torch.Tensor:
    """The forward pass, which is a normal `sqrt`."""
    ctx.save_for_backward(x)
    return torch.sqrt(x)

  @staticmethod
  def backward(ctx, grad_output: torch.Tensor) -> torch.Tensor:
    """The backward pass, which clips the `sqrt` gradient."""
    (x,) = ctx.saved_tensors
    clipped_x_times_4 = torch.clip(4.0 * x, min=1 / (_MAX_SQRT_GRADIENT**2))
    return grad_output / torch.sqrt(clipped_x_times_4)


def rnn_param_init(tensor, min_rad, max_rad, transform="softplus", eps=1e-8):
  """Initializes the `A` parameter of the RG-LRU uniformly on a ring."""
  with torch.no_grad():
    tensor.uniform_(min_rad ** 2 + eps, max_rad ** 2 + eps)
    tensor.log_().mul_(0.5)
    if transform == "softplus":
      return tensor.neg_().exp_().sub_(1.0).log_()
    else:
      raise NotImplementedError()


class BlockDiagonalLinear(nn.Module):
  """Block-diagonal linear layer."""

  def __init__(self, width: int, num_blocks: int, w_init_variance_scale: float = 1.0, device: str | torch.device | None = None, dtype: torch.dtype | None = None):
    super().__init__()
    self.width = width
    self.num_blocks = num_blocks
    self.w_init_variance_scale = w_init_variance_scale
    self.block_width = self.width // self.num_blocks
    self.w = nn.Parameter(torch.empty([self.num_blocks, self.block_width, self.block_width], device=device, dtype=dtype))
    self.b = nn.Parameter(torch.empty([self.num_blocks, self.block_width], device=device, dtype=dtype))
    self.reset_parameters()

  def reset_parameters(self) -> None:
    std = (self.w_init_variance_scale / self.block_width) ** 0.5
    torch.nn.init.normal_(self.w, mean=0.0, std=std)
    torch.nn.init.zeros_(self.b)

  def forward(self, x):
    x = einops.rearrange(x, "... (h i) -> ... h i", h=self.num_blocks)
    y = torch.einsum("... h i, h i j -> ... h j", x, self.w) + self.b
    return einops.rearrange(y, "... h j -> ... (h j)", h=self.num_blocks)


def associative_scan(fn, elems, dim=1):
  """Blelloch's recursion over tuples of tensors."""
  sl = lambda t, a, b=None, s=None: t[(slice(None),) * dim + (slice(a, b, s),)]
  n = elems[0].shape[dim]
  if n < 2:
    return elems
  reduced = fn([sl(e, 0, -1, 2) for e in elems], [sl(e, 1, None, 2) for e in elems])
  odd = associative_scan(fn, reduced, dim)
  if n % 2 == 0:
    even = fn([sl(e, 0, -1) for e in odd], [sl(e, 2, None, 2) for e in elems])
  else:
    even = fn(list(odd), [sl(e, 2, None, 2) for e in elems])
  even = [torch.cat([sl(e, 0, 1), r], dim=dim) for e, r in zip(elems, even)]

  def interleave(a, b):
    if a.shape[dim] == b.shape[dim] + 1:
      pad = list(b.shape)
      pad[dim] = 1
      b = torch.cat([b, b.new_zeros(pad)], dim)
      return torch.stack([a, b], dim + 1).flatten(dim, dim + 1).narrow(dim, 0, n)
    return torch.stack([a, b], dim + 1).flatten(dim, dim + 1)
  return [interleave(a, b) for a, b in zip(even, odd)]


def rnn_scan(x, a, reset, h0=None, scan_type=ScanType.AUTO, acc_dtype=torch.float32):
  assert x.ndim == 3
  assert a.shape == x.shape[-a.ndim :], f"{a.shape=} {x.shape=}"
  assert a.dtype == x.dtype
  assert type(a) is type(x)
  assert h0 is None or h0.dtype == acc_dtype
  a = a * ~(reset.bool() if reset.dtype is not torch.bool else reset)[..., None]
  if scan_type is ScanType.ASSOCIATIVE:
    combine = lambda l, r: [l[0] * r[0], r[0] * l[1] + r[1]]
    y = associative_scan(combine, [a.to(acc_dtype), x.to(acc_dtype)])[1]
    return y.to(x.dtype), y[:, -1]
  if scan_type is ScanType.LOGSPACE:
    a_star = torch.cumsum(torch.log(a.to(acc_dtype).clamp_min(1e-12)), dim=1)
    sign = torch.sign(x).to(acc_dtype)
    parts = []
    for s in (1, -1):
      v = torch.where(sign == s, x.to(acc_dtype).abs(), 0.0)
      parts.append(s * (a_star + torch.logcumsumexp(torch.log(v + 1e-30) - a_star, dim=1)).exp())
    y = sum(parts)
    return y.to(x.dtype), y[:, -1]
  if x.shape[1] == 1:
    if h0 is None:
      return x, x[:, 0].type(acc_dtype)
    y = a.type(acc_dtype) * h0[:, None] + x.type(acc_dtype)
    return y.type(x.dtype), y[:, -1]
  h_t = h0 if h0 is not None else torch.zeros(x[:, 0].shape, dtype=acc_dtype, device=x.device)
  y = torch.zeros_like(x)
  for t in range(x.shape[1]):
    h_t = a[:, t].type(acc_dtype) * h_t + x[:, t].type(acc_dtype)
    y[:, t] = h_t.type(x.dtype)
  return y, h_t


class RGLRU(nn.Module):
  """A Real-Gated Linear Recurrent Unit (RG-LRU) layer."""

  def __init__(self, width, num_heads, w_init_variance_scale=1.0, scan_type=ScanType.AUTO, device=None, dtype=None):
    super().__init__()
    self.width, self.num_heads, self.scan_type = width, num_heads, scan_type
    kw = dict(width=width, num_blocks=num_heads, w_init_variance_scale=w_init_variance_scale, device=device, dtype=dtype)
    self.a_param = nn.Parameter(torch.empty([self.width], device=device, dtype=dtype))
    self.input_gate = BlockDiagonalLinear(**kw)
    self.a_gate = BlockDiagonalLinear(**kw)
    rnn_param_init(self.a_param, min_rad=0.9, max_rad=0.999)

  @overload
  def __call__(self, x, segment_pos, cache=None, return_cache=True): ...

  def __call__(self, x, segment_pos, cache=None, return_cache=False):
    return super().__call__(x, segment_pos, cache, return_cache)

  def forward(self, x, segment_pos, cache=None, return_cache=False):
    bs, l, _ = x.shape
    assert segment_pos.shape == (bs, l), segment_pos.shape
    reset = segment_pos == 0
    gate_x = torch.sigmoid(self.input_gate(x))
    gate_a = torch.sigmoid(self.a_gate(x))
    log_a = -8.0 * gate_a * nn.functional.softplus(self.a_param)
    a, a_square = torch.exp(log_a), torch.exp(2 * log_a)
    gated_x = x * gate_x
    multiplier = SqrtBoundDerivative.apply(1 - a_square)
    multiplier = reset[..., None] + ~reset[..., None] * multiplier
    normalized_x = gated_x * multiplier.type(x.dtype)
    y, last_h = rnn_scan(x=normalized_x, a=a.type(x.dtype), reset=reset, h0=cache, scan_type=self.scan_type)
    return (y, last_h) if return_cache else (y, None)


class RecurrentBlock(nn.Module):
  def __init__(self, width: int = 16, num_heads: int = 2, lru_width: int | None = None, conv1d_temporal_width: int = 4, scan: str = "auto", device=None, dtype=None):
    super().__init__()
    self.width, self.lru_width = width, lru_width or width
    factory = {"device": device, "dtype": dtype}
    self.linear_y = nn.Linear(width, self.lru_width, **factory)
    self.linear_x = nn.Linear(width, self.lru_width, **factory)
    self.linear_out = nn.Linear(self.lru_width, width, **factory)
    self.conv_w = nn.Parameter(torch.empty([conv1d_temporal_width, self.lru_width], **factory).normal_(std=0.1))
    self.conv_b = nn.Parameter(torch.zeros([self.lru_width], **factory))
    self.rg_lru = RGLRU(self.lru_width, num_heads, scan_type=ScanType[scan.upper()], **factory)

  def conv(self, x):
    n = self.conv_w.shape[0]
    padded = torch.cat([torch.zeros((x.shape[0], n - 1, x.shape[2]), dtype=x.dtype), x], dim=1)
    out = 0.0
    for shift in range(n):
      out += padded[:, shift : shift + x.shape[1]] * self.conv_w[shift][None, None]
    return out + self.conv_b[None, None]

  def forward(self, x, mask=None):
    if mask is None:
      segment_pos = torch.arange(x.shape[1])[None].expand(x.shape[0], -1)
    else:
      segment_pos = (mask.long().cumsum(-1) - 1).clamp_(min=0)
      x = x.masked_fill(~mask.bool().unsqueeze(-1), 0)
    y = nn.functional.gelu(self.linear_y(x), approximate="tanh")
    h, _ = self.rg_lru(self.conv(self.linear_x(x)), segment_pos)
    return self.linear_out(h * y)

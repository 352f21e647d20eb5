import torch
import torch.nn.functional as F
import fla.ops.utils as cumsum, fla.ops.utils as index, fla.ops.utils as pooling, fla.ops.utils as pack
import fla.ops.utils as softmax, fla.ops.utils as op
from fla.ops.utils.solve_tril import solve_tril


def prepare_lens(cu_seqlens):
    return torch.diff(cu_seqlens)


def prepare_lens_from_mask(mask):
    return mask.sum(dim=-1, dtype=torch.int32)


def prepare_cu_seqlens_from_lens(lens, dtype=torch.int32):
    return F.pad(lens.cumsum(dim=0, dtype=dtype), (1, 0))


def prepare_cu_seqlens_from_mask(mask, dtype=torch.int32):
    return prepare_cu_seqlens_from_lens(prepare_lens_from_mask(mask), dtype)


def _within(counts):
    """For every element of sequences with these lengths, which sequence and where in it."""
    which = torch.repeat_interleave(torch.arange(counts.numel(), device=counts.device, dtype=counts.dtype), counts)
    start = F.pad(counts.cumsum(0), (1, 0))[:-1]
    return which, torch.arange(which.shape[0], device=counts.device, dtype=counts.dtype) - start[which]


def prepare_position_ids(cu_seqlens, cu_seqlens_cpu=None):
    return _within(prepare_lens(cu_seqlens))[1].to(cu_seqlens)


def prepare_sequence_ids(cu_seqlens, cu_seqlens_cpu=None):
    return prepare_position_ids(cu_seqlens).eq(0).cumsum(0) - 1


def prepare_token_indices(cu_seqlens, cu_seqlens_cpu=None):
    return torch.stack([prepare_sequence_ids(cu_seqlens), prepare_position_ids(cu_seqlens)], 1).to(cu_seqlens)


def prepare_chunk_indices(cu_seqlens, chunk_size, cu_seqlens_cpu=None):
    which, where = _within((prepare_lens(cu_seqlens) + (chunk_size - 1)).div(chunk_size, rounding_mode="floor"))
    return torch.stack([which, where], 1).to(cu_seqlens)


def prepare_chunk_offsets(cu_seqlens, chunk_size):
    return F.pad((prepare_lens(cu_seqlens) + chunk_size - 1) // chunk_size, (1, 0), value=0).cumsum(-1)


def get_max_num_splits(cu_seqlens, chunk_size, cu_seqlens_cpu=None):
    return -(-int(prepare_lens(cu_seqlens).max()) // chunk_size)


def _summed(s, size, reverse, cu_seqlens, scale):
    """cumsum over axis 1, begun anew at every sequence and, where size is given, every size tokens of it."""
    bounds = [0, s.shape[1]] if cu_seqlens is None else cu_seqlens.tolist()
    parts = []
    for start, end in zip(bounds, bounds[1:]):
        for part in s[:, start:end].split(size or max(1, end - start), dim=1):
            parts.append(part.flip(1).cumsum(1).flip(1) if reverse else part.cumsum(1))
    out = torch.cat(parts, 1)
    return out if scale is None else out * scale


def chunk_global_cumsum(
        s, reverse=False, cu_seqlens=None, scale=None, output_dtype=torch.float, head_first=False, **kwargs ):
    return chunk_local_cumsum(s, None, reverse, scale, cu_seqlens, output_dtype, head_first=head_first)


def chunk_local_cumsum(
        g, chunk_size, reverse=False, scale=None, cu_seqlens=None, output_dtype=torch.float, chunk_indices=None,
        use_graph=False, head_first=False, **kwargs):
    if cu_seqlens is not None:
        assert g.shape[0] == 1, "Only batch size 1 is supported when cu_seqlens are provided"
    if g.dim() not in (3, 4):
        raise ValueError(f"decays of shape {g.shape} are neither (B, T, H) nor (B, T, H, D)")
    s = (g.transpose(1, 2) if head_first else g).float()
    out = _summed(s, chunk_size, reverse, cu_seqlens, scale).to(output_dtype or g.dtype)
    return out.transpose(1, 2) if head_first else out


chunk_global_cumsum_scalar = chunk_global_cumsum_vector = chunk_global_cumsum
chunk_local_cumsum_scalar = chunk_local_cumsum_vector = chunk_local_cumsum


def mean_pooling(x, chunk_size, cu_seqlens=None, head_first=False, **kwargs):
    """The mean of every chunk_size tokens of a sequence; the last of a sequence may be fewer."""
    x = x.transpose(1, 2) if head_first else x
    bounds = [0, x.shape[1]] if cu_seqlens is None else cu_seqlens.tolist()
    out = torch.stack(
        [
            part.float().mean(1)
            for start, end in zip(bounds, bounds[1:])
            for part in x[:, start:end].split(chunk_size, dim=1)
        ],
        1,
    ).to(x.dtype)
    return out.transpose(1, 2) if head_first else out


def softplus(x):
    return F.softplus(x)


def exp(x):
    return x.exp()


def safe_exp(x):
    return torch.where(x <= 0, x, float("-inf")).exp()


def _placed(x, cu_seqlens, padding_side):
    lens = prepare_lens(cu_seqlens)
    longest = int(lens.max())
    which, where = _within(lens)
    if padding_side == "left":
        where = where + (longest - lens)[which]
    return which.long(), where.long(), lens.numel(), longest


def pack_sequence(x, cu_seqlens, padding_side="left"):
    """(N, T, ..) padded on one side -> (sum of lengths, ..)."""
    which, where, _, _ = _placed(x, cu_seqlens, padding_side)
    if padding_side == "left":
        where = where + (x.shape[1] - int(prepare_lens(cu_seqlens).max()))
    return x[which, where]


def unpack_sequence(x, cu_seqlens, padding_side="left", desired_shape=None):
    which, where, n, longest = _placed(x, cu_seqlens, padding_side)
    out = x.new_zeros(n, longest, *x.shape[1:])
    return out.index_put((which, where), x)

# flex_attention as its dense definition: modifications are asked about all index pairs at once, by broadcasting.
import math

import torch

_DEFAULT_SPARSE_BLOCK_SIZE = 128


def noop_mask(batch, head, token_q, token_kv):
    return batch.new_ones(size=(), dtype=torch.bool)


def _identity(score, batch, head, token_q, token_kv):
    return score


def and_masks(*mask_mods):
    if not all(callable(m) for m in mask_mods):
        raise RuntimeError(f"All inputs should be callable mask_mods: {mask_mods}")

    def and_mask(b, h, q_idx, kv_idx):
        result = b.new_ones((), dtype=torch.bool)
        for m in mask_mods:
            result = result & m(b, h, q_idx, kv_idx)
        return result
    return and_mask


def or_masks(*mask_mods):
    if not all(callable(m) for m in mask_mods):
        raise RuntimeError(f"All inputs should be callable mask_mods: {mask_mods}")

    def or_mask(b, h, q_idx, kv_idx):
        result = b.new_zeros((), dtype=torch.bool)
        for m in mask_mods:
            result = result | m(b, h, q_idx, kv_idx)
        return result
    return or_mask


def _indices(sizes):
    return [torch.arange(n).reshape([-1 if i == d else 1 for i in range(4)]) for d, n in enumerate(sizes)]


def create_mask(mod_fn, B, H, Q_LEN, KV_LEN, device=None):
    sizes = (1 if B is None else B, 1 if H is None else H, Q_LEN, KV_LEN)
    found = mod_fn(*_indices(sizes))
    return found.expand(sizes)


class BlockMask:
    def __init__(self, mask_mod, sizes, block_size):
        self.mask_mod, self.shape, self.BLOCK_SIZE = mask_mod, sizes, block_size
        self.seq_lengths = sizes[2:]

    def numel(self):
        return math.prod(self.shape)

    def to(self, device):
        return self


def create_block_mask(mask_mod, B, H, Q_LEN, KV_LEN, device=None, BLOCK_SIZE=_DEFAULT_SPARSE_BLOCK_SIZE, _compile=False, **kwargs):
    size = (BLOCK_SIZE, BLOCK_SIZE) if isinstance(BLOCK_SIZE, int) else tuple(BLOCK_SIZE)
    return BlockMask(mask_mod, (1 if B is None else B, 1 if H is None else H, Q_LEN, KV_LEN), size)


def flex_attention(query, key, value, score_mod=None, block_mask=None, scale=None, enable_gqa=False, return_lse=False,
                   kernel_options=None, *, return_aux=None):
    if query.dim() != 4 or key.dim() != 4 or value.dim() != 4:
        raise NotImplementedError("NYI: query, key, and value must be 4D tensors")
    if not enable_gqa and query.size(-3) != key.size(-3):
        raise ValueError(f"Expect query and key/value to have the same number of heads but got Hq={query.size(-3)} and "
                         f"Hkv={key.size(-3)}. Try setting enable_gqa=True for GQA.")
    if torch.is_autocast_enabled("cpu"):
        kind = torch.get_autocast_dtype("cpu")
        query, key, value = query.to(kind), key.to(kind), value.to(kind)
    with torch.autocast("cpu", enabled=False):
        groups = query.size(1) // key.size(1)
        key, value = (x.repeat_interleave(groups, dim=1).expand(query.size(0), -1, -1, -1) for x in (key, value))
        working = torch.float64 if query.dtype == torch.float64 else torch.float32
        scores = query.to(working) @ key.to(working).transpose(-2, -1)
        scores = scores * (query.size(-1) ** -0.5 if scale is None else scale)
        at = _indices(scores.shape)
        if score_mod is not None:
            scores = score_mod(scores, *at).expand(scores.shape)
        if block_mask is not None:
            scores = scores.masked_fill(~block_mask.mask_mod(*at), -math.inf)
        empty = (scores == -math.inf).all(dim=-1, keepdim=True)
        weights = scores.masked_fill(empty, 0.0).softmax(-1).masked_fill(empty, 0.0)
        out = weights.to(query.dtype) @ value
        if not return_lse:
            return out
        return out, scores.logsumexp(dim=-1).masked_fill(empty.squeeze(-1), -math.inf)

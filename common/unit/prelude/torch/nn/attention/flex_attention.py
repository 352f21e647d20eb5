"""flex_attention by its definition: scores, the modification called on whole index grids, softmax, values."""
import math

import torch


def _grids(b, h, q, k):
    return (torch.arange(b).view(-1, 1, 1, 1), torch.arange(h).view(1, -1, 1, 1), torch.arange(q).view(1, 1, -1, 1),
            torch.arange(k).view(1, 1, 1, -1))


class BlockMask:
    def __init__(self, mask, seq_lengths, mask_mod, block_size):
        self.mask, self.seq_lengths, self.mask_mod, self.BLOCK_SIZE = mask, seq_lengths, mask_mod, block_size

    @property
    def shape(self):
        return tuple(self.mask.shape[:2]) + tuple(self.seq_lengths)

    def to(self, *args, **keywords):
        return self

    def to_dense(self):
        return self.mask.to(torch.int32)

    def sparsity(self):
        return 100.0 * (1 - self.mask.float().mean().item())


def noop_mask(batch, head, q_idx, kv_idx):
    return torch.ones_like(q_idx + kv_idx, dtype=torch.bool)


def create_mask(mod_fn, B, H, Q_LEN, KV_LEN, device="cpu"):
    shape = (B or 1, H or 1, Q_LEN, KV_LEN)
    return torch.as_tensor(mod_fn(*_grids(*shape))).expand(shape)


def create_block_mask(mask_mod, B, H, Q_LEN, KV_LEN, device="cpu", BLOCK_SIZE=128, _compile=False):
    block = (BLOCK_SIZE, BLOCK_SIZE) if isinstance(BLOCK_SIZE, int) else tuple(BLOCK_SIZE)
    return BlockMask(create_mask(mask_mod, B, H, Q_LEN, KV_LEN), (Q_LEN, KV_LEN), mask_mod, block)


def and_masks(*mask_mods):
    def mask(b, h, q_idx, kv_idx):
        result = mask_mods[0](b, h, q_idx, kv_idx)
        for mod in mask_mods[1:]:
            result = result & mod(b, h, q_idx, kv_idx)
        return result
    return mask


def or_masks(*mask_mods):
    def mask(b, h, q_idx, kv_idx):
        result = mask_mods[0](b, h, q_idx, kv_idx)
        for mod in mask_mods[1:]:
            result = result | mod(b, h, q_idx, kv_idx)
        return result
    return mask


def flex_attention(query, key, value, score_mod=None, block_mask=None, scale=None, enable_gqa=False, return_lse=False,
                   kernel_options=None):
    if enable_gqa:
        groups = query.shape[1] // key.shape[1]
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    scale = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = (query @ key.transpose(-2, -1)).to(torch.float64 if query.dtype == torch.float64 else torch.float32) * scale
    if score_mod is not None:
        scores = score_mod(scores, *_grids(*scores.shape))
    if block_mask is not None:
        scores = torch.where(block_mask.mask, scores, -float("inf"))
    lse = torch.logsumexp(scores, -1)
    weights = torch.exp(scores - torch.where(lse == -float("inf"), 0.0, lse).unsqueeze(-1))
    out = (weights.to(query.dtype) @ value).to(query.dtype)
    return (out, lse) if return_lse else out

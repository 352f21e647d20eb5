import torch
import torch.nn as nn


def _shifted(x, first):
    """The token before, minus the token; first (B, D) stands before the first."""
    first = torch.zeros_like(x[:, :1]) if first is None else first.unsqueeze(1).to(x.dtype)
    return torch.cat([first, x[:, :-1]], 1) - x


def token_shift(x, cu_seqlens=None, cache=None, output_cache=False, chunk_indices=None):
    if cu_seqlens is None:
        y, last = _shifted(x, None if cache is None else cache.view(x.shape[0], -1)), x[:, -1]
    else:
        assert x.dim() == 3, "Input must be [B, T, D]"
        assert x.shape[0] == 1, "Batch size must be 1 when using cu_seqlens"
        bounds = cu_seqlens.tolist()
        y = torch.cat(
            [
                _shifted(x[:, start:end], None if cache is None else cache[n : n + 1].view(1, -1))
                for n, (start, end) in enumerate(zip(bounds, bounds[1:]))
                if end > start
            ],
            1,
        )
        last = x[0, cu_seqlens[1:].long() - 1]
    return (y, last) if output_cache else y


def token_shift_ref(x, cu_seqlens=None):
    return token_shift(x, cu_seqlens)


fused_token_shift = token_shift


class TokenShift(nn.Module):
    def forward(self, x, cu_seqlens=None, cache=None, output_cache=False):
        return token_shift(x, cu_seqlens, cache, output_cache)

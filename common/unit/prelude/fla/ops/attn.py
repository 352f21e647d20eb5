import torch
import fla.ops.attn as parallel, fla.ops.attn as naive, fla.ops.attn as decoding
from fla.ops._chunk import check_packed


def _attend(q, k, v, g, scale, window_size, sink_bias, causal=True):
    """Softmax attention over (B, T, H, D), keys and values with fewer heads; g (B, T, H) log forget gates, summed
    between the two tokens; sink_bias (H) a score that takes part in the softmax and gives nothing."""
    queries, keys = q.shape[1], k.shape[1]
    group = q.shape[2] // k.shape[2]
    q, k, v = q.transpose(1, 2), *[x.transpose(1, 2).repeat_interleave(group, dim=1) for x in (k, v)]
    scores = q @ k.transpose(-1, -2) * scale
    if g is not None:
        total = g.float().cumsum(1).transpose(1, 2)
        scores = scores + (total.unsqueeze(-1) - total.unsqueeze(-2))
    if causal:
        place = torch.arange(keys, device=q.device)
        back = place[:, None] - place
        hidden = back < 0 if window_size is None else (back < 0) | (back >= window_size)
        scores = scores.masked_fill(hidden, float("-inf"))
    most = scores.amax(-1)
    if sink_bias is not None:
        sink = sink_bias.view(1, -1, 1, 1).expand(scores.shape[0], -1, queries, 1)
        most = torch.maximum(most, sink[..., 0])
        scores = torch.cat([scores, sink.to(scores.dtype)], -1)
    weights = scores.softmax(-1)
    return (weights[..., :keys] @ v).transpose(1, 2), most.transpose(1, 2)


def _check_heads(q, k):
    if k.shape[2] == 0 or q.shape[2] % k.shape[2] != 0:
        raise ValueError(
            f"The number of query heads ({q.shape[2]}) must be divisible by the number of key/value heads "
            f"({k.shape[2]})."
        )


def parallel_attn(
        q, k, v, g=None, scale=None, window_size=None, cu_seqlens=None, chunk_indices=None, *, sink_bias=None ):
    scale = k.shape[-1] ** -0.5 if scale is None else scale
    _check_heads(q, k)
    check_packed(q.shape[0], cu_seqlens)
    with torch.autocast(q.device.type, enabled=False):
        tensors = [x if x is None else x.float() for x in (q, k, v, g)]
        if cu_seqlens is None:
            return _attend(*tensors, scale, window_size, sink_bias)[0].to(q.dtype)
        bounds = cu_seqlens.tolist()
        return torch.cat(
            [
                _attend(*[x if x is None else x[:, start:end] for x in tensors], scale, window_size, sink_bias)[0]
                for start, end in zip(bounds, bounds[1:])
                if end > start
            ],
            1,
        ).to(q.dtype)


def naive_parallel_attn(q, k, v, scale=None, window_size=None, causal=True, *, g=None, sink_bias=None):
    _check_heads(q, k)
    return _attend(q, k, v, g, q.shape[-1] ** -0.5 if scale is None else scale, window_size, sink_bias, causal)


def attn_decoding_one_step(
    q, k, v, g=None, scale=None, cu_seqlens=None, do_gate_scale=False, *, window_size=None, sink_bias=None
):
    """The last query of every sequence, q (1, N, H, D), over the keys of cu_seqlens."""
    assert cu_seqlens is not None, "The cu_seqlens must be provided for varlen decoding"
    _check_heads(q, k)
    scale = k.shape[-1] ** -0.5 if scale is None else scale
    bounds, outs = cu_seqlens.tolist(), []
    with torch.autocast(q.device.type, enabled=False):
        for n, (start, end) in enumerate(zip(bounds, bounds[1:])):
            keys, values = k[:, start:end].float(), v[:, start:end].float()
            first = 0 if window_size is None else max(0, end - start - window_size)
            group = q.shape[2] // k.shape[2]
            keys, values = [x[:, first:].repeat_interleave(group, dim=2) for x in (keys, values)]
            scores = (q[:, n : n + 1].float() * keys).sum(-1) * scale
            if g is not None:
                total = (g[:, start:end].float() * (scale if do_gate_scale else 1.0)).cumsum(1)
                scores = scores + (total[:, -1:] - total[:, first:])
            if sink_bias is not None:
                scores = torch.cat([scores, sink_bias.float().view(1, 1, -1)], 1)
            weights = scores.softmax(1)[:, : keys.shape[1]]
            outs.append((weights.unsqueeze(-1) * values).sum(1, keepdim=True))
    return torch.cat(outs, 1).to(v.dtype)

"""The two recurrences behind every operator of fla.ops, in chunks: B batch, H heads, T tokens, K key and V value width.

linear:  S_t = exp(g_t) S_{t-1} exp(h_t) + k_t v_t'                    o_t = q_t' S_t
delta:   S_t = exp(g_t) S_{t-1} + b_t (a_t' S_{t-1}) + k_t v_t'        o_t = q_t' S_t

Within a chunk o is a masked attention whose weights carry exp of the decay summed between the two tokens; it is summed,
never subtracted, so that a decay of -inf (a reset) is exact. Yang et al. 2024, arXiv:2312.06635 and 2406.06484.
"""

import torch
import torch.nn.functional as F


def _decays(g):
    """g (.., C, D): exp of g summed over j < m <= i as (.., i, j, D), and over m <= i as (.., i, D)."""
    place = torch.arange(g.shape[-2], device=g.device)
    after = (place[:, None] > place)[..., None]
    return torch.where(after, g.unsqueeze(-2), 0.0).cumsum(-3).exp(), g.cumsum(-2).exp()


def _before(pair, total):
    """The same decays up to the token before."""
    return F.pad(pair[..., :-1, :, :], (0, 0, 0, 0, 1, 0)), F.pad(total[..., :-1, :], (0, 0, 1, 0), value=1.0)


def _scores(q, k, pair, mask):
    if pair.shape[-1] == 1:
        scores = q @ k.transpose(-1, -2) * pair[..., 0]
    else:
        scores = (q.unsqueeze(-2) * k.unsqueeze(-3) * pair).sum(-1)
    return torch.where(mask, scores, 0.0)


def _split(tensors, size):
    """(B, H, T, D) -> (B, H, N, C, D), zeros behind the last token: they change no state."""
    length = -(-tensors[0].shape[2] // size) * size
    return [x if x is None else F.pad(x, (0, 0, 0, length - x.shape[2])).unflatten(2, (-1, size)) for x in tensors]


def _chunk_size(length, *decays):
    wide = any(g is not None and g.shape[-1] > 1 for g in decays)
    return max(1, min(length, 16 if wide else 64))


def linear(q, k, v, g=None, h=None, u=None, state=None):
    """g (B, H, T, K or 1) and h (B, H, T, V): log decays of keys and of values. With u (1, H, 1, K), the token's own
    product is weighted by u and the state read is the one before (RWKV-6): o_t = q_t' (S_{t-1} + u k_t v_t')."""
    length = v.shape[2]
    if length == 0:
        return v, q.new_zeros(q.shape[0], q.shape[1], q.shape[3], v.shape[3]) if state is None else state
    size = _chunk_size(length, g, h)
    if g is None:
        g = q.new_zeros(1, 1, length, 1)
    bonus = None if u is None else (q * u * k).sum(-1, keepdim=True) * v
    q, k, v, g, h = _split([q, k, v, g, h], size)
    place = torch.arange(size, device=q.device)
    pair, total = _decays(g)
    last, end = pair[..., -1, :, :], total[..., -1, :].unsqueeze(-1)
    if u is None:
        mask = place[:, None] >= place
    else:
        mask = place[:, None] > place
        pair, total = _before(pair, total)
    scores = _scores(q, k, pair, mask)
    if h is None:
        out = scores @ v
    else:
        v_pair, v_total = _decays(h)
        out = (scores.unsqueeze(-1) * v_pair * v.unsqueeze(-3)).sum(-2)
        v, v_end = v * v_pair[..., -1, :, :], v_total[..., -1, :].unsqueeze(-2)
    added = (k * last).transpose(-1, -2) @ v
    q = q * total
    carried = []
    for n in range(q.shape[2]):
        if state is None:
            carried.append(torch.zeros_like(out[:, :, n]))
            state = added[:, :, n]
            continue
        carried.append(q[:, :, n] @ state)
        if h is not None:
            state = state * v_end[:, :, n]
        state = state * end[:, :, n] + added[:, :, n]
    carried = torch.stack(carried, 2)
    out = (out + (carried if h is None else carried * v_total)).flatten(2, 3)[:, :, :length]
    return out if bonus is None else out + bonus, state


def delta(q, k, v, a, b, g=None, state=None):
    """w_t = a_t' S_{t-1} within a chunk solves a unit lower triangular system."""
    length = v.shape[2]
    if state is None:
        state = q.new_zeros(q.shape[0], q.shape[1], q.shape[3], v.shape[3])
    if length == 0:
        return v, state
    size = _chunk_size(length, g)
    if g is None:
        g = q.new_zeros(1, 1, length, 1)
    q, k, v, a, b, g = _split([q, k, v, a, b, g], size)
    place = torch.arange(size, device=q.device)
    upto, below = place[:, None] >= place, place[:, None] > place
    pair, total = _decays(g)
    pair_before, total_before = _before(pair, total)
    last, end = pair[..., -1, :, :], total[..., -1, :].unsqueeze(-1)
    right = torch.cat([_scores(a, k, pair_before, below) @ v, a * total_before], -1)
    solved = torch.linalg.solve_triangular(-_scores(a, b, pair_before, below), right, upper=False, unitriangular=True)
    own, read = solved[..., : v.shape[-1]], solved[..., v.shape[-1] :]
    out = _scores(q, k, pair, upto) @ v
    weights = _scores(q, b, pair, upto)
    added = (k * last).transpose(-1, -2) @ v
    q, b = q * total, (b * last).transpose(-1, -2)
    outs = []
    for n in range(q.shape[2]):
        w = own[:, :, n] + read[:, :, n] @ state
        outs.append(out[:, :, n] + weights[:, :, n] @ w + q[:, :, n] @ state)
        state = state * end[:, :, n] + added[:, :, n] + b[:, :, n] @ w
    return torch.stack(outs, 2).flatten(2, 3)[:, :, :length], state


def check_packed(batch, cu_seqlens, states=None):
    if cu_seqlens is None:
        return
    if batch != 1:
        raise ValueError(
            f"The batch size is expected to be 1 rather than {batch} when using `cu_seqlens`. "
            "Please flatten variable-length inputs before processing."
        )
    if states is not None and states.shape[0] != len(cu_seqlens) - 1:
        raise ValueError(
            f"The number of initial states is expected to be equal to the number of input sequences, i.e., "
            f"{len(cu_seqlens) - 1} rather than {states.shape[0]}."
        )


def run(
        core, tensors, scale=1.0, initial_state=None, output_final_state=False, cu_seqlens=None, reverse=False,
        head_first=False, state_v_first=False, dtype=None, **options):
    """core over (B, T, H, D) tensors, (B, H, T, D) with head_first: each sequence of cu_seqlens by itself, backwards
    with reverse, in float32 whatever autocast says; the first tensor is scaled. The output is of its type, the state
    float32."""
    first = tensors[0]
    dtype = first.dtype if dtype is None else dtype
    check_packed(first.shape[0], cu_seqlens, initial_state)
    with torch.autocast(first.device.type, enabled=False):
        tensors = [x if x is None else (x if head_first else x.transpose(1, 2)).float() for x in tensors]
        tensors[0] = tensors[0] * scale
        state = None if initial_state is None else initial_state.float()
        if state is not None and state_v_first:
            state = state.transpose(-1, -2)

        def one(parts, state):
            if reverse:
                parts = [x if x is None else x.flip(2) for x in parts]
            out, state = core(*parts, state=state, **options)
            return out.flip(2) if reverse else out, state

        if cu_seqlens is None:
            out, state = one(tensors, state)
        else:
            bounds = cu_seqlens.tolist()
            parts = [
                one(
                    [x if x is None else x[:, :, start:end] for x in tensors],
                    None if state is None else state[n : n + 1])
                for n, (start, end) in enumerate(zip(bounds, bounds[1:]))
            ]
            out = torch.cat([o for o, _ in parts], 2)
            state = torch.cat([s for _, s in parts])
        out = (out if head_first else out.transpose(1, 2)).to(dtype)
        if not output_final_state:
            return out, None
        return out, state.transpose(-1, -2) if state_v_first else state


def unit_length(x, eps=1e-6):
    x = x.float()
    return x * (x.square().sum(-1, keepdim=True) + eps).rsqrt()

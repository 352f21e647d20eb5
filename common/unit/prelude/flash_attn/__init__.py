"""flash_attn for the unit language: softmax attention over (B, T, H, D), scores and softmax in float32."""

import torch
import torch.nn.functional as F
import flash_attn as flash_attn_interface
from flash_attn.bert_padding import pad_input, unpad_input

__version__ = "2.8.3"


def flash_attn_func(
        q, k, v, dropout_p=0.0, softmax_scale=None, causal=False, window_size=(-1, -1), softcap=0.0, alibi_slopes=None,
        deterministic=False, return_attn_probs=False):
    """The last query stands beside the last key; a window is (tokens before, tokens after), -1 without end; softcap c
    caps scores as c tanh(s / c); alibi_slopes (H) or (B, H) cost slope · distance. Who sees nothing gives 0."""
    if return_attn_probs:
        raise NotImplementedError("flash_attn_func: return_attn_probs is not part of this language")
    dtype, queries, keys = q.dtype, q.shape[1], k.shape[1]
    group = q.shape[2] // k.shape[2]
    with torch.autocast(q.device.type, enabled=False):
        q, k, v = [t.transpose(1, 2).float() for t in (q, k, v)]
        if group > 1:
            k, v = k.repeat_interleave(group, dim=1), v.repeat_interleave(group, dim=1)
        scores = q @ k.transpose(-1, -2) * (q.shape[-1] ** -0.5 if softmax_scale is None else softmax_scale)
        if softcap > 0.0:
            scores = softcap * torch.tanh(scores / softcap)
        behind = (
            torch.arange(queries, device=q.device)[:, None] + (keys - queries) - torch.arange(keys, device=q.device))
        if alibi_slopes is not None:
            slopes = (
                alibi_slopes.float().view(1, -1, 1, 1)
                if alibi_slopes.dim() == 1
                else alibi_slopes.float()[..., None, None]
            )
            scores = scores - slopes * behind.abs()
        hidden = torch.zeros_like(behind, dtype=torch.bool)
        if causal:
            hidden = hidden | (behind < 0)
        if window_size[0] >= 0:
            hidden = hidden | (behind > window_size[0])
        if window_size[1] >= 0:
            hidden = hidden | (-behind > window_size[1])
        weights = scores.masked_fill(hidden, float("-inf")).softmax(-1).masked_fill(hidden, 0.0)
        if dropout_p > 0.0:
            weights = F.dropout(weights, dropout_p)
        return (weights @ v).transpose(1, 2).to(dtype)


def flash_attn_qkvpacked_func(
        qkv, dropout_p=0.0, softmax_scale=None, causal=False, window_size=(-1, -1), softcap=0.0, alibi_slopes=None,
        deterministic=False, return_attn_probs=False):
    return flash_attn_func(*qkv.unbind(2), dropout_p, softmax_scale, causal, window_size, softcap, alibi_slopes)


def flash_attn_kvpacked_func(
        q, kv, dropout_p=0.0, softmax_scale=None, causal=False, window_size=(-1, -1), softcap=0.0, alibi_slopes=None,
        deterministic=False, return_attn_probs=False):
    return flash_attn_func(q, *kv.unbind(2), dropout_p, softmax_scale, causal, window_size, softcap, alibi_slopes)


def flash_attn_varlen_func(
        q, k, v, cu_seqlens_q, cu_seqlens_k, max_seqlen_q=None, max_seqlen_k=None, dropout_p=0.0, softmax_scale=None,
        causal=False, window_size=(-1, -1), softcap=0.0, alibi_slopes=None, deterministic=False,
        return_attn_probs=False, block_table=None):
    """q (tokens, H, D): the sequences of cu_seqlens one after the other."""
    if block_table is not None:
        raise NotImplementedError("flash_attn_varlen_func: block_table is not part of this language")
    starts, others, outs = cu_seqlens_q.tolist(), cu_seqlens_k.tolist(), []
    for n in range(len(starts) - 1):
        own, seen = slice(starts[n], starts[n + 1]), slice(others[n], others[n + 1])
        slopes = alibi_slopes if alibi_slopes is None or alibi_slopes.dim() == 1 else alibi_slopes[n : n + 1]
        outs.append(
            flash_attn_func(
                q[own].unsqueeze(0), k[seen].unsqueeze(0), v[seen].unsqueeze(0), dropout_p, softmax_scale, causal,
                window_size, softcap, slopes)[0]
        )
    return torch.cat(outs)


def flash_attn_varlen_qkvpacked_func(
        qkv, cu_seqlens, max_seqlen, dropout_p=0.0, softmax_scale=None, causal=False, **options ):
    return flash_attn_varlen_func(
        *qkv.unbind(1), cu_seqlens, cu_seqlens, max_seqlen, max_seqlen, dropout_p, softmax_scale, causal, **options)


def flash_attn_varlen_kvpacked_func(
        q, kv, cu_seqlens_q, cu_seqlens_k, max_seqlen_q, max_seqlen_k, dropout_p=0.0, softmax_scale=None, causal=False,
        **options):
    return flash_attn_varlen_func(
        q, *kv.unbind(1), cu_seqlens_q, cu_seqlens_k, max_seqlen_q, max_seqlen_k, dropout_p, softmax_scale, causal,
        **options)

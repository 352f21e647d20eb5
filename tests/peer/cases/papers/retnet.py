"""Multi-scale retention: the parallel, recurrent and chunkwise forms, with xPos rotation and a swish gate."""
import enum
import math
from typing import Optional, Tuple

import torch
from torch import nn
import torch.nn.functional as F


class ForwardMode(str, enum.Enum):
    PARALLEL = "parallel"
    RECURRENT = "recurrent"
    CHUNKWISE = "chunkwise"

    @classmethod
    def from_any(cls, value):
        return value if isinstance(value, cls) else cls(str(value).lower())


def rotate_every_two(x):
    x1 = x[:, :, :, ::2]
    x2 = x[:, :, :, 1::2]
    x = torch.stack((-x2, x1), dim=-1)
    return x.flatten(-2)


def theta_shift(x, sin, cos):
    return (x * cos) + (rotate_every_two(x) * sin)


class RetNetRelPos(nn.Module):
    def __init__(self, decoder_embed_dim, decoder_retention_heads, chunk_size):
        super().__init__()
        angle = 1.0 / (10000 ** torch.linspace(0, 1, decoder_embed_dim // decoder_retention_heads // 2))
        angle = angle.unsqueeze(-1).repeat(1, 2).flatten()
        decay = torch.log(1 - 2 ** (-5 - torch.arange(decoder_retention_heads, dtype=torch.float)))
        self.register_buffer("angle", angle)
        self.register_buffer("decay", decay)
        self.recurrent_chunk_size = chunk_size

    def forward(self, slen, mode: ForwardMode):
        if mode is ForwardMode.RECURRENT:
            index = torch.arange(slen).to(self.decay)
            return (torch.sin(index[:, None] * self.angle), torch.cos(index[:, None] * self.angle)), self.decay.exp()
        if mode is ForwardMode.CHUNKWISE:
            index = torch.arange(slen).to(self.decay)
            sin, cos = torch.sin(index[:, None] * self.angle[None, :]), torch.cos(index[:, None] * self.angle[None, :])
            block_index = torch.arange(self.recurrent_chunk_size).to(self.decay)
            mask = torch.tril(torch.ones(self.recurrent_chunk_size, self.recurrent_chunk_size).to(self.decay))
            mask = torch.masked_fill(block_index[:, None] - block_index[None, :], ~mask.bool(), float("inf"))
            mask = torch.exp(mask * self.decay[:, None, None])
            mask = torch.nan_to_num(mask)
            value_inner_decay = mask[:, -1] / mask[:, -1].sum(dim=-1, keepdim=True)
            value_inner_decay = value_inner_decay.unsqueeze(-1)
            scale = mask.sum(dim=-1, keepdim=True).sqrt()
            inner_mask = mask / scale
            cross_decay = torch.exp(self.decay * self.recurrent_chunk_size)[:, None, None]
            query_inner_decay = torch.exp(self.decay[:, None] * (block_index + 1))[:, :, None] / (scale / mask[:, -1].sum(dim=-1)[:, None, None])
            return (sin, cos), (inner_mask, cross_decay, query_inner_decay, value_inner_decay)
        index = torch.arange(slen).to(self.decay)
        sin, cos = torch.sin(index[:, None] * self.angle[None, :]), torch.cos(index[:, None] * self.angle[None, :])
        mask = torch.tril(torch.ones(slen, slen).to(self.decay))
        mask = torch.masked_fill(index[:, None] - index[None, :], ~mask.bool(), float("inf"))
        mask = torch.nan_to_num(torch.exp(mask * self.decay[:, None, None]))
        return (sin, cos), mask / mask.sum(dim=-1, keepdim=True).sqrt()


class MultiScaleRetention(nn.Module):
    def __init__(self, embed_dim: int = 32, value_dim: int = 64, num_heads: int = 2, gate_fn="swish", mode="parallel",
                 chunk_size: int = 4, layernorm_eps=1e-5):
        super().__init__()
        self.embed_dim, self.value_dim, self.num_heads = embed_dim, value_dim, num_heads
        self.head_dim, self.key_dim = value_dim // num_heads, embed_dim // num_heads
        self.scaling = self.key_dim ** -0.5
        self.mode = ForwardMode.from_any(mode)
        self.gate_fn = {"swish": F.silu, "gelu": F.gelu}.get(gate_fn)
        if self.gate_fn is None:
            raise NotImplementedError(gate_fn)
        self.q_proj = nn.Linear(embed_dim, embed_dim, bias=False)
        self.k_proj = nn.Linear(embed_dim, embed_dim, bias=False)
        self.v_proj = nn.Linear(embed_dim, self.value_dim, bias=False)
        self.g_proj = nn.Linear(embed_dim, self.value_dim, bias=False)
        self.out_proj = nn.Linear(self.value_dim, embed_dim, bias=False)
        self.group_norm = nn.LayerNorm(self.head_dim, eps=layernorm_eps, elementwise_affine=False)
        self.rel_pos = RetNetRelPos(embed_dim, num_heads, chunk_size)
        self.chunk_size = chunk_size
        self.reset_parameters()

    def reset_parameters(self):
        for w in (self.q_proj, self.k_proj, self.v_proj, self.g_proj):
            nn.init.xavier_uniform_(w.weight, gain=2 ** -2.5)
        nn.init.xavier_uniform_(self.out_proj.weight, gain=2 ** -1)

    def parallel_forward(self, qr, kr, v, mask):
        bsz, tgt_len, embed_dim = v.size()
        vr = v.view(bsz, tgt_len, self.num_heads, self.head_dim).transpose(1, 2)
        qk_mat = qr @ kr.transpose(-1, -2)
        qk_mat = qk_mat * mask
        qk_mat = qk_mat / qk_mat.detach().abs().sum(dim=-1, keepdim=True).clamp(min=1, max=5e4)
        return torch.matmul(qk_mat, vr).transpose(1, 2)

    def recurrent_forward(self, qr, kr, v, decay, incremental_state: dict):
        bsz, T, _ = v.shape
        v = v.view(bsz, T, self.num_heads, self.head_dim).transpose(1, 2)
        outs = []
        for t in range(T):
            kv = kr[:, :, t].unsqueeze(-1) * v[:, :, t].unsqueeze(-2)
            if "prev_key_value" in incremental_state:
                prev_kv, prev_scale = incremental_state["prev_key_value"], incremental_state["scale"]
                scale = prev_scale * decay + 1
                kv = prev_kv * (prev_scale.sqrt() * decay / scale.sqrt()).view(self.num_heads, 1, 1) + kv / scale.sqrt().view(self.num_heads, 1, 1)
            else:
                scale = torch.ones_like(decay)
            incremental_state.update(prev_key_value=kv, scale=scale)
            outs.append(torch.sum(qr[:, :, t].unsqueeze(-1) * kv, dim=-2))
        return torch.stack(outs, dim=1)

    def chunk_recurrent_forward(self, qr, kr, v, inner_mask):
        mask, cross_decay, query_inner_decay, value_inner_decay = inner_mask
        bsz, tgt_len, embed_dim = v.size()
        chunk_len = mask.size(1)
        num_chunks = tgt_len // chunk_len
        assert tgt_len % chunk_len == 0
        qr = qr.view(bsz, self.num_heads, num_chunks, chunk_len, self.key_dim).transpose(1, 2)
        kr = kr.view(bsz, self.num_heads, num_chunks, chunk_len, self.key_dim).transpose(1, 2)
        v = v.view(bsz, num_chunks, chunk_len, self.num_heads, self.head_dim).transpose(2, 3)
        kr_t = kr.transpose(-1, -2)
        qk_mat = qr @ kr_t * mask
        inner_scale = qk_mat.detach().abs().sum(dim=-1, keepdim=True).clamp(min=1)
        inner_output = torch.matmul(qk_mat / inner_scale, v)
        kv = kr_t @ (v * value_inner_decay)
        kv_recurrent, cross_scale = [], []
        kv_state = torch.zeros(bsz, self.num_heads, self.key_dim, self.head_dim).to(v)
        kv_scale = torch.ones(bsz, self.num_heads, 1, 1).to(v)
        for i in range(num_chunks):
            kv_recurrent.append(kv_state / kv_scale)
            cross_scale.append(kv_scale)
            kv_state = kv_state * cross_decay + kv[:, i]
            kv_scale = kv_state.detach().abs().sum(dim=-2, keepdim=True).max(dim=-1, keepdim=True).values.clamp(min=1)
        kv_recurrent, cross_scale = torch.stack(kv_recurrent, dim=1), torch.stack(cross_scale, dim=1)
        all_scale = torch.maximum(inner_scale, cross_scale)
        cross_output = (qr * query_inner_decay) @ kv_recurrent
        output = inner_output / (all_scale / inner_scale) + cross_output / (all_scale / cross_scale)
        return output.transpose(2, 3).reshape(bsz, tgt_len, self.num_heads, self.head_dim)

    def forward(self, x, mask: Optional[torch.Tensor] = None, incremental_state: Optional[dict] = None):
        bsz, slen, _ = x.size()
        if mask is not None:
            x = x * mask.type_as(x).view(bsz, slen, 1)
        pad = -slen % self.chunk_size if self.mode == ForwardMode.CHUNKWISE else 0
        x = F.pad(x, [0, 0, 0, pad])
        tgt_len = slen + pad
        (sin, cos), inner_mask = self.rel_pos(tgt_len, self.mode)
        q, k, v, g = self.q_proj(x), self.k_proj(x), self.v_proj(x), self.g_proj(x)
        k *= self.scaling
        q = q.view(bsz, tgt_len, self.num_heads, self.key_dim).transpose(1, 2)
        k = k.view(bsz, tgt_len, self.num_heads, self.key_dim).transpose(1, 2)
        qr, kr = theta_shift(q, sin, cos), theta_shift(k, sin, cos)
        match self.mode:
            case ForwardMode.RECURRENT:
                output = self.recurrent_forward(qr, kr, v, inner_mask, {} if incremental_state is None else incremental_state)
            case ForwardMode.CHUNKWISE:
                output = self.chunk_recurrent_forward(qr, kr, v.to(qr.dtype), inner_mask)
            case _:
                output = self.parallel_forward(qr, kr, v.to(qr.dtype), inner_mask)
        output = self.group_norm(output.to(x.dtype)).reshape(bsz, tgt_len, self.head_dim * self.num_heads)
        output = self.gate_fn(g) * output
        return self.out_proj(output)[:, :slen]

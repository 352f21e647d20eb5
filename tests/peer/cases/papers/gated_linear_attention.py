"""Gated linear attention in three equal forms: recurrent, chunked, and fully parallel, with padding masks."""
from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field
from typing import Dict, List, Literal, Optional, Tuple, Union

import torch
import torch.nn as nn
import torch.nn.functional as F

logger = logging.getLogger(__name__)
Mode = Literal["recurrent", "chunk", "parallel"]


@dataclass
class GLAConfig:
    d_model: int = 32
    n_heads: int = 4
    expand_k: float = 0.5
    expand_v: float = 1.0
    gate_low_rank: int = 8
    gate_logit_normalizer: int = 16
    chunk_size: int = 4
    mode: Mode = "chunk"
    norm_eps: float = 1e-5
    extras: Dict[str, float] = field(default_factory=dict)

    @property
    def key_dim(self) -> int:
        return int(self.d_model * self.expand_k)

    @property
    def value_dim(self) -> int:
        return int(self.d_model * self.expand_v)

    def __post_init__(self) -> None:
        assert self.key_dim % self.n_heads == 0, f"key dim {self.key_dim} not divisible by {self.n_heads = }"
        self.extras.setdefault("clamp", -5.0)


class RMSNorm(nn.Module):
    def __init__(self, dim: int, eps: float = 1e-5, elementwise_affine: bool = True) -> None:
        super().__init__()
        self.eps = eps
        if elementwise_affine:
            self.weight = nn.Parameter(torch.ones(dim))
        else:
            self.register_parameter("weight", None)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        dtype = x.dtype
        x = x.float()
        x = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)
        x = x.to(dtype)
        return x if self.weight is None else x * self.weight


def recurrent_gla(q, k, v, g, initial_state: Optional[torch.Tensor] = None) -> Tuple[torch.Tensor, torch.Tensor]:
    B, H, T, K = q.shape
    V = v.shape[-1]
    state = torch.zeros(B, H, K, V, dtype=torch.float32, device=q.device) if initial_state is None else initial_state
    outputs: List[torch.Tensor] = []
    for t in range(T):
        kt, vt, gt = k[:, :, t], v[:, :, t], g[:, :, t].exp()
        state = state * gt[..., None] + kt.unsqueeze(-1) * vt.unsqueeze(-2)
        outputs.append((q[:, :, t, :, None] * state).sum(-2))
    return torch.stack(outputs, dim=2), state


def chunk_gla(q, k, v, g, chunk_size: int):
    B, H, T, K = q.shape
    V = v.size(-1)
    n = T // chunk_size
    q, k, v, g = (a.view(B, H, n, chunk_size, -1) for a in (q, k, v, g))
    b = g.cumsum(dim=-2)
    total = b[..., -1:, :]
    q_in, k_in = q * b.exp(), k * (-b).exp()
    k_out = k * (total - b).exp()
    causal = torch.ones(chunk_size, chunk_size, dtype=torch.bool, device=q.device).tril_()
    intra = (q_in @ k_in.transpose(-1, -2)).masked_fill(~causal, 0) @ v
    kv = k_out.transpose(-1, -2) @ v
    state = q.new_zeros(B, H, K, V)
    inter = torch.empty_like(intra)
    for i in range(n):
        inter[:, :, i] = q_in[:, :, i] @ state
        state = state * total[:, :, i].exp().transpose(-1, -2) + kv[:, :, i]
    return (intra + inter).reshape(B, H, T, V), state


def parallel_gla(q, k, v, g):
    b = g.cumsum(-2)
    T = q.shape[-2]
    decay = torch.exp((b.unsqueeze(-2) - b.unsqueeze(-3)).clamp(max=0))
    scores = torch.einsum("bhtd,bhsd,bhtsd->bhts", q, k, decay)
    scores = scores * torch.tril(torch.ones((T, T), device=q.device))
    return scores @ v, None


class GatedLinearAttention(nn.Module):
    def __init__(self, config: Optional[Union[GLAConfig, dict]] = None, use_output_gate: bool = True, **kwargs):
        super().__init__()
        if config is None:
            config = GLAConfig(**kwargs)
        elif isinstance(config, dict):
            config = GLAConfig(**{**config, **kwargs})
        self.config = cfg = config
        self.head_k, self.head_v = cfg.key_dim // cfg.n_heads, cfg.value_dim // cfg.n_heads
        self.q_proj = nn.Linear(cfg.d_model, cfg.key_dim, bias=False)
        self.k_proj = nn.Linear(cfg.d_model, cfg.key_dim, bias=False)
        self.v_proj = nn.Linear(cfg.d_model, cfg.value_dim, bias=False)
        self.gk_proj = nn.Sequential(nn.Linear(cfg.d_model, cfg.gate_low_rank, bias=False),
                                     nn.Linear(cfg.gate_low_rank, cfg.key_dim, bias=True))
        self.use_output_gate = use_output_gate
        if self.use_output_gate:
            self.g_proj = nn.Linear(cfg.d_model, cfg.value_dim, bias=False)
        self.norm = RMSNorm(self.head_v, eps=cfg.norm_eps)
        self.o_proj = nn.Linear(cfg.value_dim, cfg.d_model, bias=False)
        self.apply(self._initialize_weights)

    def _initialize_weights(self, module: nn.Module):
        if getattr(module, "_is_initialized", False):
            return
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight, gain=2 ** -2.5)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        module._is_initialized = True

    def forward(self, hidden_states: torch.Tensor, attention_mask: Optional[torch.Tensor] = None, **unused):
        cfg = self.config
        B, T, _ = hidden_states.shape
        if attention_mask is not None:
            hidden_states = hidden_states.mul(attention_mask[:, -T:, None].to(hidden_states))
        split = lambda a, d: a.view(B, T, cfg.n_heads, d).transpose(1, 2)  # noqa: E731
        q = split(self.q_proj(hidden_states), self.head_k) * self.head_k ** -0.5
        k = split(self.k_proj(hidden_states), self.head_k)
        v = split(self.v_proj(hidden_states), self.head_v)
        gk = F.logsigmoid(split(self.gk_proj(hidden_states), self.head_k)) / cfg.gate_logit_normalizer
        gk = torch.clamp_min(gk, cfg.extras["clamp"])
        q, k, v, gk = map(lambda a: a.float(), (q, k, v, gk))
        pad = -T % cfg.chunk_size
        if cfg.mode == "chunk":
            if pad > 0:
                q, k, v, gk = [F.pad(a, (0, 0, 0, pad)) for a in (q, k, v, gk)]
            o, _ = chunk_gla(q, k, v, gk, cfg.chunk_size)
            o = o[:, :, :T]
        elif cfg.mode == "recurrent":
            o, _ = recurrent_gla(q, k, v, gk)
        elif cfg.mode == "parallel":
            o, _ = parallel_gla(q, k, v, gk)
        else:
            raise NotImplementedError(f"Not supported mode `{cfg.mode}`.")
        o = self.norm(o.transpose(1, 2).to(hidden_states.dtype)).reshape(B, T, -1)
        if self.use_output_gate:
            o = o * F.silu(self.g_proj(hidden_states))
        logger.debug("gla out %s", tuple(o.shape))
        return self.o_proj(o)


if __name__ == "__main__":
    torch.manual_seed(0)
    layer = GatedLinearAttention()
    print(layer(torch.randn(2, 13, 32)).shape)

# Test-time training layers: the hidden state is a model (linear or MLP) trained by its own reconstruction loss,
# in mini-batches, in dual form. Transformers-style configuration objects.
from __future__ import annotations

import copy
from collections import defaultdict
from typing import Any, Callable, Dict, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils._pytree import tree_map


class TTTConfig:
    model_type = "ttt"
    defaults = dict(hidden_size=16, num_heads=2, mini_batch_size=4, ttt_base_lr=1.0, use_gate=False, share_qk=True,
                    conv_kernel=3, rope_theta=10000.0, scan_checkpoint=False)

    def __init__(self, **kwargs: Any):
        for key, value in {**self.defaults, **kwargs}.items():
            setattr(self, key, value)
        unknown = set(kwargs) - self.defaults.keys()
        if unknown:
            raise TypeError(f"unknown settings: {', '.join(sorted(unknown))}")

    def to_dict(self) -> dict:
        return copy.deepcopy(vars(self))


def scan(f, init, xs, out, checkpoint_group=0):
    """Minic jax.lax.scan function."""
    carry = init
    num_items = len(next(iter(xs.values()))) if isinstance(xs, dict) else len(xs[0])

    def scan_fn(carry, i_start, i_end):
        for i in range(i_start, i_end):
            x = {key: tensor[i] for key, tensor in xs.items()} if isinstance(xs, dict) else [x[i] for x in xs]
            carry, y = f(carry, x)
            out[i] = y
        return carry

    if checkpoint_group > 0:
        for k in range(0, num_items, checkpoint_group):
            carry = torch.utils.checkpoint.checkpoint(scan_fn, carry, k, min(k + checkpoint_group, num_items), use_reentrant=False)
    else:
        carry = scan_fn(carry, 0, num_items)
    return carry, out


def ln_fwd(x, gamma, beta, eps=1e-6):
    mu = x.mean(dim=-1, keepdim=True)
    var = x.var(dim=-1, keepdim=True, unbiased=False)
    x_hat = (x - mu) / torch.sqrt(var + eps)
    return gamma * x_hat + beta


def ln_fused_l2_bwd(x, l2_target, gamma, beta, eps=1e-6):
    D = x.shape[-1]
    mu = x.mean(dim=-1, keepdim=True)
    var = x.var(dim=-1, keepdim=True, unbiased=False)
    std = torch.sqrt(var + eps)
    x_hat = (x - mu) / std
    grad_output = gamma * x_hat + beta - l2_target
    grad_x_hat = grad_output * gamma
    z = (1.0 / D) * (D * grad_x_hat - grad_x_hat.sum(dim=-1, keepdim=True) - x_hat * (grad_x_hat * x_hat).sum(dim=-1, keepdim=True)) / std
    return z


def gelu_bwd(x):
    tanh_out = torch.tanh(0.79788456 * x * (1 + 0.044715 * x * x))
    ff = 0.5 * x * ((1 - tanh_out * tanh_out) * (0.79788456 + 0.1070322243 * x * x)) + 0.5 * (1 + tanh_out)
    return ff


def permute_qk(q, k):
    bsz, num_head, seq_len, head_dim = q.shape
    swap = lambda a: a.reshape(bsz, num_head, seq_len, head_dim // 2, 2).transpose(4, 3).reshape(bsz, num_head, seq_len, head_dim)
    return swap(q), swap(k)


class RotaryEmbedding(nn.Module):
    def __init__(self, dim, max_position_embeddings=16, base=10000):
        super().__init__()
        self.dim, self.base, self.max_position_embeddings = dim, base, max_position_embeddings
        inv_freq = 1.0 / (self.base ** (torch.arange(0, self.dim, 2, dtype=torch.int64).float() / self.dim))
        self.register_buffer("inv_freq", inv_freq, persistent=False)

    @torch.no_grad()
    def forward(self, x, position_ids):
        inv_freq_expanded = self.inv_freq[None, :, None].float().expand(position_ids.shape[0], -1, 1)
        position_ids_expanded = position_ids[:, None, :].float()
        device_type = x.device.type if isinstance(x.device.type, str) and x.device.type != "mps" else "cpu"
        with torch.autocast(device_type=device_type, enabled=False):
            freqs = (inv_freq_expanded.float() @ position_ids_expanded.float()).transpose(1, 2)
            emb = torch.cat((freqs, freqs), dim=-1)
            cos, sin = emb.cos(), emb.sin()
        return cos.to(dtype=x.dtype), sin.to(dtype=x.dtype)


class TTTBase(nn.Module):
    def __init__(self, config: TTTConfig, layer_idx: Optional[int] = None):
        super().__init__()
        self.config, self.layer_idx = config, layer_idx
        self.width, self.num_heads = config.hidden_size, config.num_heads
        self.head_dim, self.mini_batch_size = self.width // self.num_heads, config.mini_batch_size
        token_idx = 1.0 / torch.arange(1, self.mini_batch_size + 1)
        self.register_buffer("token_idx", token_idx, persistent=False)
        self.learnable_token_idx = nn.Parameter(torch.zeros((self.mini_batch_size,)))
        for name in ("k", "v") + (() if config.share_qk else ("q",)):
            setattr(self, name + "_proj", nn.Linear(self.width, self.width, bias=False))
        if config.share_qk:
            self.q_proj = nn.Linear(self.width, self.width, bias=False)
            self.conv_q = nn.Conv1d(self.width, self.width, bias=True, kernel_size=config.conv_kernel, groups=self.width, padding=config.conv_kernel - 1)
        self.o_proj = nn.Linear(self.width, self.width, bias=False)
        self.rotary_emb = RotaryEmbedding(self.head_dim, max_position_embeddings=self.mini_batch_size, base=config.rope_theta)
        linear_weight_data = nn.Linear(self.width, 1, bias=True).weight.data
        self.learnable_ttt_lr_weight = nn.Parameter(
            torch.stack([torch.normal(0, 0.02, size=linear_weight_data.shape) for _ in range(self.num_heads)], dim=0))
        self.learnable_ttt_lr_bias = nn.Parameter(torch.stack([torch.zeros_like(nn.Linear(self.width, 1).bias.data) for _ in range(self.num_heads)], dim=0))
        ln_weight_data = nn.LayerNorm(self.head_dim).weight.data
        self.ttt_norm_weight = nn.Parameter(torch.tile(ln_weight_data.unsqueeze(0), (self.num_heads, 1)))
        self.ttt_norm_bias = nn.Parameter(torch.tile(torch.zeros_like(ln_weight_data).unsqueeze(0), (self.num_heads, 1)))
        self.post_norm = nn.LayerNorm(self.width, eps=1e-6)
        if config.use_gate:
            self.g_proj = nn.Linear(self.width, self.width, bias=False)

    def get_eta(self, X):
        ttt_lr = torch.einsum("bnkc,hdc->bhnkd", X, self.learnable_ttt_lr_weight) + self.learnable_ttt_lr_bias.reshape(1, -1, 1, 1, 1)
        ttt_lr = F.sigmoid(ttt_lr).permute(0, 1, 2, 4, 3)
        ttt_lr_eta = self.config.ttt_base_lr * ttt_lr / self.head_dim
        token_idx = torch.clamp_min(self.token_idx + self.learnable_token_idx, 0.0)[: X.shape[2]]
        return token_idx.reshape(1, 1, 1, -1, 1), ttt_lr_eta

    def ttt(self, inputs: Dict[str, torch.Tensor]) -> torch.Tensor:
        raise NotImplementedError("ttt method must be implemented in TTTBase subclasses.")

    def forward(self, hidden_states: torch.Tensor, attention_mask: Optional[torch.Tensor] = None, **_) -> torch.Tensor:
        if attention_mask is not None:
            hidden_states = hidden_states * attention_mask.unsqueeze(-1).to(hidden_states.dtype)
        B, L0 = hidden_states.shape[:2]
        M = self.mini_batch_size
        if (reminder := L0 % M) != 0:
            hidden_states = F.pad(hidden_states, (0, 0, 0, M - reminder))
        L = hidden_states.shape[1]
        XQ, XK, XV = self.q_proj(hidden_states), self.k_proj(hidden_states), self.v_proj(hidden_states)
        if self.config.share_qk:
            XQ = self.conv_q(XQ.mT)[..., :L].mT
        XQ, XK, XV = (a.reshape(B, L, self.num_heads, self.head_dim).transpose(1, 2) for a in (XQ, XK, XV))
        position_ids = torch.arange(0, L, dtype=torch.long).unsqueeze(0) % M
        cos, sin = self.rotary_emb(XV, position_ids)
        XQ, XK = permute_qk(XQ, XK)
        rot = lambda x: x * cos.unsqueeze(1) + torch.cat((-x[..., x.shape[-1] // 2:], x[..., : x.shape[-1] // 2]), -1) * sin.unsqueeze(1)
        XQ, XK = rot(XQ), rot(XK)
        chunks = tree_map(lambda a: a.reshape(B, self.num_heads, L // M, M, self.head_dim), {"XQ": XQ, "XK": XK, "XV": XV})
        token_eta, lr_eta = self.get_eta(hidden_states.reshape(B, L // M, M, self.width))
        chunks["eta"] = token_eta * lr_eta
        chunks = tree_map(lambda a: a.permute(2, 0, 1, 3, 4), chunks)
        out = self.ttt(chunks)
        out = out.permute(1, 0, 3, 2, 4).reshape(B, L, self.width)
        out = self.post_norm(out.to(hidden_states.dtype))
        if self.config.use_gate:
            out = F.gelu(self.g_proj(hidden_states), approximate="tanh") * out
        return self.o_proj(out)[:, :L0]


class TTTLinear(TTTBase):
    def __init__(self, layer_idx=0, **kwargs):
        super().__init__(TTTConfig(**kwargs), layer_idx)
        self.W1 = nn.Parameter(torch.normal(0, 0.02, size=(self.num_heads, self.head_dim, self.head_dim)))
        self.b1 = nn.Parameter(torch.zeros(self.num_heads, 1, self.head_dim))

    def ttt(self, inputs):
        gamma, beta = self.ttt_norm_weight.reshape(self.num_heads, 1, -1), self.ttt_norm_bias.reshape(self.num_heads, 1, -1)
        n, B = inputs["XK"].shape[:2]

        def compute_mini_batch(params: dict, x: dict) -> Tuple[dict, torch.Tensor]:
            W1, b1 = params["W1_states"], params["b1_states"]
            XQ, XV, XK, eta = x["XQ"], x["XV"], x["XK"], x["eta"]
            Z1 = XK @ W1 + b1
            grad = ln_fused_l2_bwd(Z1, XV - XK, gamma, beta)
            Attn1 = torch.tril(XQ @ XK.transpose(-2, -1))
            b1_bar = b1 - torch.tril(eta) @ grad
            Z1_bar = XQ @ W1 - (eta * Attn1) @ grad + b1_bar
            last_eta = eta[:, :, -1, :, None]
            W1 = W1 - (last_eta * XK).transpose(-1, -2) @ grad
            b1 = b1 - torch.sum(last_eta * grad, dim=-2, keepdim=True)
            return {"W1_states": W1, "b1_states": b1}, XQ + ln_fwd(Z1_bar, gamma, beta)

        init = dict(W1_states=self.W1.unsqueeze(0).expand(B, -1, -1, -1), b1_states=self.b1.unsqueeze(0).repeat(B, 1, 1, 1))
        out = defaultdict(lambda: None)
        scan(compute_mini_batch, init, inputs, out, int(self.config.scan_checkpoint) * 2)
        return torch.stack([out[i] for i in range(n)])


class TTTMLP(TTTBase):
    def __init__(self, layer_idx=0, **kwargs):
        super().__init__(TTTConfig(**kwargs), layer_idx)
        H, D = self.num_heads, self.head_dim
        self.W1, self.W2 = (nn.Parameter(torch.normal(0, 0.02, size=s)) for s in [(H, D, 4 * D), (H, 4 * D, D)])
        self.b1 = nn.Parameter(torch.zeros(H, 1, 4 * D))
        self.b2 = nn.Parameter(torch.zeros(H, 1, D))

    def ttt(self, inputs):
        gamma, beta = self.ttt_norm_weight.reshape(self.num_heads, 1, -1), self.ttt_norm_bias.reshape(self.num_heads, 1, -1)
        B = inputs["XK"].shape[1]
        state = [torch.tile(p.unsqueeze(0), dims=(B, 1, 1, 1)) for p in (self.W1, self.b1, self.W2, self.b2)]
        outs = []
        for XQ, XK, XV, eta in zip(*(inputs[key].unbind(0) for key in ("XQ", "XK", "XV", "eta"))):
            W1, b1, W2, b2 = state
            Z1 = XK @ W1 + b1
            X2 = F.gelu(Z1, approximate="tanh")
            Z2 = X2 @ W2 + b2
            gZ2 = ln_fused_l2_bwd(Z2, XV - XK, gamma, beta)
            gZ1 = gZ2 @ W2.transpose(-2, -1) * gelu_bwd(Z1)
            Z1_bar = XQ @ W1 - (eta * torch.tril(XQ @ XK.transpose(-2, -1))) @ gZ1 + b1 - torch.tril(eta.expand(-1, -1, XQ.size(2), -1)) @ gZ1
            X2_bar = F.gelu(Z1_bar, approximate="tanh")
            Z2_bar = X2_bar @ W2 - (eta * torch.tril(X2_bar @ X2.transpose(-2, -1))) @ gZ2 + b2 - torch.tril(eta.expand(-1, -1, XQ.size(2), -1)) @ gZ2
            last = eta[:, :, -1, :, None]
            state = [W1 - (last * XK).mT @ gZ1, b1 - (last * gZ1).sum(-2, keepdim=True),
                     W2 - (last * X2).mT @ gZ2, b2 - (last * gZ2).sum(dim=-2, keepdim=True)]
            outs.append(XQ + ln_fwd(Z2_bar, gamma, beta))
        return torch.stack(outs, dim=0)

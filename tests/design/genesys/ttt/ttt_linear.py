import torch
import torch.nn as nn
import torch.nn.functional as F
from einops import rearrange

from model_discovery.model.utils.modules import GAUBase, UnitDecl


def permute_qk(q):
    return q.unflatten(-1, (-1, 2)).transpose(-1, -2).flatten(-2)


def undo_permute_qk(q):
    return q.unflatten(-1, (2, -1)).transpose(-1, -2).flatten(-2)


def rotate_half(x):
    a, b = x.chunk(2, dim=-1)
    return torch.cat([-b, a], dim=-1)


def layer_norm_gradient(x, target, gamma, beta, eps=1e-6):
    """d/dx of half of |LN(x) - target|^2, closed form."""
    D = x.shape[-1]
    mean = x.mean(-1, keepdim=True)
    std = torch.sqrt(x.var(-1, keepdim=True, unbiased=False) + eps)
    hat = (x - mean) / std
    grad = (gamma * hat + beta - target) * gamma
    return (D * grad - grad.sum(-1, keepdim=True) - hat * (grad * hat).sum(-1, keepdim=True)) / (D * std)


class TTTLinear(GAUBase):
    """A linear model a head, trained by its input, mini-batches of 16 tokens in the dual form."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, num_attention_heads=4,
                 mini_batch_size=16, ttt_base_lr=1.0, rope_theta=10000, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        H = self.num_heads = max(num_attention_heads, embed_dim // 64)
        f = self.head_dim = embed_dim // H
        self.K, self.base_lr = mini_batch_size, ttt_base_lr
        self.q_proj = nn.Linear(embed_dim, embed_dim, bias=False, **self.factory_kwargs)
        self.k_proj = nn.Linear(embed_dim, embed_dim, bias=False, **self.factory_kwargs)
        self.v_proj = nn.Linear(embed_dim, embed_dim, bias=False, **self.factory_kwargs)
        self.o_proj = nn.Linear(embed_dim, embed_dim, bias=False, **self.factory_kwargs)
        rotary_kwargs = dict(dim=f, base=rope_theta)  # never handed on: children get kwarg_all
        self.rotary_emb = RotaryEmbedding(
            embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all, **self.factory_kwargs,
            **self.kwarg_all)
        self.lr_weight = nn.Parameter(torch.normal(0, 0.02, size=(H, embed_dim)))
        self.lr_bias = nn.Parameter(torch.zeros(H))
        self.learnable_token_idx = nn.Parameter(torch.zeros(mini_batch_size))
        self.gamma = nn.Parameter(torch.ones(H, 1, f))
        self.beta = nn.Parameter(torch.zeros(H, 1, f))
        self.W1 = nn.Parameter(torch.normal(0, 0.02, size=(H, f, f)))
        self.b1 = nn.Parameter(torch.zeros(H, 1, f))
        self.post_norm = nn.LayerNorm(embed_dim, eps=1e-6, **self.factory_kwargs)

    def rotate(self, X, q, k, **Z):
        T = X.shape[1]
        Z["input"], Z["position_ids"] = q, torch.arange(T, device=X.device) % self.K
        _, Z = self.rotary_emb(X, **Z)
        cos, sin = Z["cos"], Z["sin"]
        q, k = permute_qk(q), permute_qk(k)
        q, k = q * cos + rotate_half(q) * sin, k * cos + rotate_half(k) * sin
        return undo_permute_qk(q), undo_permute_qk(k)

    def mini_batch(self, q, k, v, eta, W, b):
        n = q.shape[2]
        tau = (1.0 / torch.arange(1, self.K + 1, device=q.device).to(q) + self.learnable_token_idx).clamp(min=0)[:n]
        g = layer_norm_gradient(k @ W + b, v - k, self.gamma, self.beta)
        step = (tau[:, None] * eta[:, :, None, :]).tril()
        Z = q @ W + b - (step * (q @ k.transpose(-1, -2) + 1)) @ g
        last = tau[-1] * eta[..., None]
        W = W - (last * k).transpose(-1, -2) @ g
        b = b - (last * g).sum(2, keepdim=True)
        return q + F.layer_norm(Z, (self.head_dim,), eps=1e-6) * self.gamma + self.beta, W, b

    def _forward(self, X, **Z):
        B, T, _ = X.shape
        q, k, v = [rearrange(f(X), "b t (h d) -> b h t d", h=self.num_heads)
                   for f in (self.q_proj, self.k_proj, self.v_proj)]
        q, k = self.rotate(X, q, k, **Z)
        eta = torch.sigmoid(torch.einsum("btc,hc->bht", X, self.lr_weight) + self.lr_bias[:, None])
        eta = eta * self.base_lr / self.head_dim
        W, b = self.W1.expand(B, -1, -1, -1), self.b1.expand(B, -1, -1, -1)
        outs = []
        for n in range(0, T, self.K):
            part = slice(n, n + self.K)
            y, W, b = self.mini_batch(q[:, :, part], k[:, :, part], v[:, :, part], eta[:, :, part], W, b)
            outs.append(y)
        y = rearrange(torch.cat(outs, dim=2), "b h t d -> b t (h d)")
        return self.o_proj(self.post_norm(y))


CHILDREN_DECLARATIONS = [
    UnitDecl(unitname="RotaryEmbedding", requirements="", inputs=["X", "input", "position_ids"],
             outputs=["Y", "cos", "sin"]),
]

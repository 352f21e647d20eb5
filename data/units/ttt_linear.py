import torch
import torch.nn as nn
import torch.nn.functional as F


def wide(t):
    """At least float32: the state is a running sum."""
    return t if t.dtype == torch.float64 else t.float()


class TTTLinear(nn.Module):
    """The state is a linear model Z = W k + b of each head, trained by gradient descent on the tokens it has seen.

    x, y: (B, T, C). Sun et al. 2024, arXiv:2407.04620. A step of descent is taken every `batch` tokens, t = 1, 2, … of each:
        g_s = d/dZ ½ |LN(Z) - (v_s - k_s)|² at Z = W k_s + b;  W_t = W - tau_t Σ_{s≤t} eta_s g_s k_sᵀ, b_t likewise,
        y_t = q_t + LN(W_t q_t + b_t), eta_s = sigmoid(w·x_s + b) / head width, tau_t = max(0, 1 / t + learned_t).
    Within a mini-batch all y come at once from the masked products q_t·k_s (the dual form); the gradient is not linear in
    W, so that mini-batches follow one another in a loop. b is one more row of W, with a 1 beside q and k. Positions, and
    so the rotary angles, begin again with each mini-batch.
    """

    SLOTS = {"rotary": {"kind": "function", "in": ["q", "k"], "out": ["q", "k"], "need": "give q and k their positions"}}

    def __init__(self, dim, *, rotary, head_dim=64, least_heads=4, batch=16, eps=1e-6):
        super().__init__()
        heads = max(least_heads, dim // head_dim)
        while heads > 1 and (dim % heads or dim // heads % 2):
            heads -= 1
        self.n_heads, self.batch, self.eps = heads, batch, eps
        width = dim // heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.rotary = rotary(width)
        self.rate = nn.Linear(dim, heads)
        nn.init.normal_(self.rate.weight, std=0.02)
        nn.init.zeros_(self.rate.bias)
        self.factor = nn.Parameter(torch.zeros(batch))
        self.weight = nn.Parameter(torch.randn(heads, width, width) * 0.02)
        self.bias = nn.Parameter(torch.zeros(heads, 1, width))
        self.gain, self.shift = nn.Parameter(torch.ones(heads, 1, width)), nn.Parameter(torch.zeros(heads, 1, width))
        self.norm = nn.LayerNorm(dim, eps=eps)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        H, K, D = self.n_heads, self.batch, C // self.n_heads
        n = -(-T // K)
        x = F.pad(x, (0, 0, 0, n * K - T))
        q, k, v = self.qkv(x).view(B, n, K, 3, H, D).permute(3, 0, 4, 1, 2, 5).unbind(0)  # (B, H, n, K, D)
        q, k = (t.view(B, H, n, K, D) for t in self.rotary(q.reshape(B, H * n, K, D), k.reshape(B, H * n, K, D)))
        q, k, v = wide(q), wide(k), wide(v)
        gain, shift = wide(self.gain), wide(self.shift)
        eta = torch.sigmoid(wide(self.rate(x))).view(B, n, K, H).permute(0, 3, 1, 2) / D
        tau = (1 / torch.arange(1, K + 1, device=x.device).to(q.dtype) + wide(self.factor)).clamp(min=0)
        target = v - k
        q1, k1 = F.pad(q, (0, 1), value=1.0), F.pad(k, (0, 1), value=1.0)
        rates = eta[..., None, :] * tau[:, None]                             # (B, H, n, K, K), of s for t
        dual = (q1 @ k1.transpose(-1, -2) * rates).tril()
        step = (k1 * rates[..., -1, :, None]).transpose(-1, -2)
        both = torch.cat((k1, q1), dim=-2)
        W, ys = wide(torch.cat((self.weight, self.bias), dim=-2)), []
        for i in range(n):
            z, y = (both[:, :, i] @ W).split(K, dim=-2)
            z = z - z.mean(dim=-1, keepdim=True)
            scale = torch.rsqrt(z.square().mean(dim=-1, keepdim=True) + self.eps)
            z = z * scale
            g = gain * (gain * z + shift - target[:, :, i])
            g = scale * (g - g.mean(dim=-1, keepdim=True) - z * (g * z).mean(dim=-1, keepdim=True))
            ys.append(y - dual[:, :, i] @ g)
            W = W - step[:, :, i] @ g
        y = q + gain[:, None] * F.layer_norm(torch.stack(ys, dim=2), (D,), eps=self.eps) + shift[:, None]
        y = y.to(x.dtype).permute(0, 2, 3, 1, 4).reshape(B, n * K, C)[:, :T]
        return self.out(self.norm(y))

import torch
import torch.nn as nn
import torch.nn.functional as F


def count_heads(dim, head_dim):
    """Heads about head_dim wide; their width is whole and, where it can be, even."""
    heads = max(1, dim // head_dim)
    while heads > 1 and (dim % heads or dim // heads % 2):
        heads -= 1
    return heads


def wide(t):
    """At least float32: exponentials of running sums need it."""
    return t if t.dtype == torch.float64 else t.float()


def unit_length(x):
    return x * torch.rsqrt(x.square().sum(dim=-1, keepdim=True) + 1e-6)


class GatedDeltaNet(nn.Module):
    """S_t = a_t S_{t-1} + b_t k_t (v_t - a_t S_{t-1}ᵀ k_t)ᵀ, y_t = S_tᵀ q_t: the delta rule with a decay a head.

    x, y: (B, T, C). Yang, Kautz and Hatamizadeh 2024, arXiv:2412.06464. a = exp(-exp(A) softplus(W x + d)), b = sigmoid(W x)
    a head; q, k, v pass a depthwise causal convolution of `width` tokens and silu, q and k are of length 1; the heads'
    outputs are normalised and gated by silu(W x). In a chunk the new values u solve
    (I + tril(b k kᵀ * G, -1)) u = b (v - exp(L) k S), G_ts = exp(L_t - L_s), L the sum of log a: exponents of at most 0.
    """

    def __init__(self, dim, head_dim=32, width=4, chunk=64):
        super().__init__()
        self.n_heads, self.width, self.chunk = count_heads(dim, head_dim), width, chunk
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.convolution = nn.Conv1d(3 * dim, 3 * dim, width, groups=3 * dim, bias=False)
        self.rate, self.decay = nn.Linear(dim, self.n_heads), nn.Linear(dim, self.n_heads)
        self.decay_scale = nn.Parameter(torch.zeros(self.n_heads))
        with torch.no_grad():  # the heads remember 8 to 256 tokens: softplus(d) is one over that
            self.decay.bias.copy_(torch.log(torch.expm1(2.0 ** -torch.linspace(3.0, 8.0, self.n_heads))))
        self.gate = nn.Linear(dim, dim, bias=False)
        self.norm = nn.Parameter(torch.ones(dim // self.n_heads))
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        H, D = self.n_heads, C // self.n_heads
        c = min(self.chunk, T)
        n = -(-T // c)
        qkv = self.convolution(F.pad(self.qkv(x).transpose(1, 2), (self.width - 1, n * c - T)))
        q, k, v = F.silu(wide(qkv)).view(B, 3, H, D, n, c).permute(1, 0, 2, 4, 5, 3).unbind(0)  # (B, H, n, c, D)
        a = -torch.exp(wide(self.decay_scale)) * F.softplus(wide(self.decay(x)))
        a, b = (F.pad(t.transpose(1, 2), (0, n * c - T)).view(B, H, n, c, 1) for t in (a, torch.sigmoid(wide(self.rate(x)))))
        q, k = unit_length(q) * D ** -0.5, unit_length(k)
        L = a.cumsum(dim=-2)
        past = torch.ones(c, c, dtype=torch.bool, device=x.device).tril()
        G = torch.exp((L - L.transpose(-1, -2)).masked_fill(~past, float("-inf")))
        system = torch.eye(c, dtype=k.dtype, device=x.device) + (b * k @ k.transpose(-1, -2) * G).tril(-1)
        right = b * torch.cat((v, torch.exp(L) * k), dim=-1)
        P, R = torch.linalg.solve_triangular(system, right, upper=False, unitriangular=True).chunk(2, -1)
        reads = q @ k.transpose(-1, -2) * G
        q, k, fade = q * torch.exp(L), k * torch.exp(L[..., -1:, :] - L), torch.exp(L[..., -1:, :])
        S, ys = torch.zeros(B, H, D, D, dtype=k.dtype, device=x.device), []
        for i in range(n):
            u = P[:, :, i] - R[:, :, i] @ S
            ys.append(q[:, :, i] @ S + reads[:, :, i] @ u)
            S = fade[:, :, i] * S + k[:, :, i].transpose(-1, -2) @ u
        y = torch.stack(ys, dim=2).to(x.dtype).permute(0, 2, 3, 1, 4).reshape(B, n * c, H, D)[:, :T]
        return self.out(F.rms_norm(y, (D,), self.norm, 1e-5).flatten(2) * F.silu(self.gate(x)))

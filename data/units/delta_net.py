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
    """At least float32: the state is a running sum."""
    return t if t.dtype == torch.float64 else t.float()


def unit_length(x):
    return x * torch.rsqrt(x.square().sum(dim=-1, keepdim=True) + 1e-6)


class DeltaNet(nn.Module):
    """S_t = S_{t-1} + b_t k_t (v_t - S_{t-1}ᵀ k_t)ᵀ, y_t = S_tᵀ q_t: what the key recalls is replaced by v.

    x, y: (B, T, C). Yang et al. 2024, arXiv:2406.06484. b = sigmoid(W x) a head; q, k, v pass a depthwise causal convolution
    of `width` tokens and silu, q and k are of length 1; the heads' outputs are normalised. In a chunk the new values
    u_t = b_t (v_t - S_{t-1}ᵀ k_t) solve (I + tril(b k kᵀ, -1)) u = b (v - k S): u = P - R S with P and R for all chunks at
    once, S in a loop over chunks. A step takes no length from S, so nothing grows but by b v.
    """

    def __init__(self, dim, head_dim=32, width=4, chunk=64):
        super().__init__()
        self.n_heads, self.width, self.chunk = count_heads(dim, head_dim), width, chunk
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.convolution = nn.Conv1d(3 * dim, 3 * dim, width, groups=3 * dim, bias=False)
        self.rate = nn.Linear(dim, self.n_heads)
        self.norm = nn.Parameter(torch.ones(dim // self.n_heads))
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        H, D = self.n_heads, C // self.n_heads
        c = min(self.chunk, T)
        n = -(-T // c)
        qkv = self.convolution(F.pad(self.qkv(x).transpose(1, 2), (self.width - 1, n * c - T)))
        q, k, v = F.silu(wide(qkv)).view(B, 3, H, D, n, c).permute(1, 0, 2, 4, 5, 3).unbind(0)  # (B, H, n, c, D)
        b = torch.sigmoid(wide(self.rate(x))).transpose(1, 2)
        b = F.pad(b, (0, n * c - T)).view(B, H, n, c, 1)
        q, k = unit_length(q) * D ** -0.5, unit_length(k)
        system = torch.eye(c, dtype=k.dtype, device=x.device) + (b * k @ k.transpose(-1, -2)).tril(-1)
        right = b * torch.cat((v, k), dim=-1)
        P, R = torch.linalg.solve_triangular(system, right, upper=False, unitriangular=True).chunk(2, -1)
        reads = (q @ k.transpose(-1, -2)).tril()
        S, ys = torch.zeros(B, H, D, D, dtype=k.dtype, device=x.device), []
        for i in range(n):
            u = P[:, :, i] - R[:, :, i] @ S
            ys.append(q[:, :, i] @ S + reads[:, :, i] @ u)
            S = S + k[:, :, i].transpose(-1, -2) @ u
        y = F.rms_norm(torch.stack(ys, dim=2), (D,), wide(self.norm), 1e-5).to(x.dtype)
        return self.out(y.permute(0, 2, 3, 1, 4).reshape(B, n * c, C)[:, :T])

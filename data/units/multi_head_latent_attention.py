import torch
import torch.nn as nn
import torch.nn.functional as F


def count_heads(dim, head_dim):
    """Heads about head_dim wide; their width is a multiple of four where it can be."""
    heads = max(1, dim // head_dim)
    while heads > 1 and (dim % heads or dim // heads % 4):
        heads -= 1
    return heads


class MultiHeadLatentAttention(nn.Module):
    """Causal softmax attention whose keys and values are made of one small latent, c = rms(W x): only it need be kept.

    x, y: (B, T, C). DeepSeek-V2, arXiv:2405.04434, with full queries as in its smaller model. c is dim / compress wide. A
    head's scores are (q·k + r·p) / sqrt(3/2 D): q and k, of width D, are made of x and c; r and p, of width D / 2, carry the
    positions, and p, made of x, is the same for all heads.
    """

    SLOTS = {"rotary": {"kind": "function", "in": ["q", "k"], "out": ["q", "k"], "need": "give q and k their positions"}}

    def __init__(self, dim, *, rotary, head_dim=16, compress=4):
        super().__init__()
        self.n_heads = count_heads(dim, head_dim)
        D, latent = dim // self.n_heads, max(4, dim // compress)
        self.q = nn.Linear(dim, 3 * dim // 2, bias=False)
        self.down = nn.Linear(dim, latent + D // 2, bias=False)
        self.norm = nn.Parameter(torch.ones(latent))
        self.up = nn.Linear(latent, 2 * dim, bias=False)
        self.rotary = rotary(D // 2)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        H, D, R = self.n_heads, C // self.n_heads, C // self.n_heads // 2
        q, r = self.q(x).view(B, T, H, D + R).transpose(1, 2).split((D, R), dim=-1)
        c, p = self.down(x).split((self.norm.shape[0], R), dim=-1)
        c = F.rms_norm(c, self.norm.shape, self.norm, 1e-5)
        k, v = self.up(c).view(B, T, 2, H, D).permute(2, 0, 3, 1, 4).unbind(0)
        r, p = self.rotary(r, p.unsqueeze(1))
        q, k = torch.cat((q, r), dim=-1), torch.cat((k, p.expand(-1, H, -1, -1)), dim=-1)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(B, T, C))

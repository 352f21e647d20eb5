import torch
import torch.nn as nn
import torch.nn.functional as F


def count_heads(dim, head_dim):
    """Heads about head_dim wide; their width is whole and, where it can be, even."""
    heads = max(1, dim // head_dim)
    while heads > 1 and (dim % heads or dim // heads % 2):
        heads -= 1
    return heads


class AlibiAttention(nn.Module):
    """Causal softmax attention whose scores fall with the distance: q_t·k_s / sqrt(D) - m (t - s), m = 2^(-8 h / H).

    x, y: (B, T, C). Press, Smith and Lewis 2021, arXiv:2108.12409, head h = 1 … H. It takes no other positions. The bias is
    made of whole distances, so that near ones are exact in every dtype.
    """

    def __init__(self, dim, head_dim=16):
        super().__init__()
        self.n_heads = count_heads(dim, head_dim)
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        H = self.n_heads
        q, k, v = self.qkv(x).view(B, T, 3, H, C // H).permute(2, 0, 3, 1, 4).unbind(0)
        position = torch.arange(T, device=x.device)
        distance = position[:, None] - position
        slope = 2.0 ** (torch.arange(1, H + 1, device=x.device, dtype=torch.float64) * (-8 / H))
        bias = (-slope[:, None, None] * distance).masked_fill(distance < 0, float("-inf"))
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype)[None])
        return self.out(y.transpose(1, 2).reshape(B, T, C))

import torch
import torch.nn as nn
import torch.nn.functional as F


def count_heads(dim, head_dim):
    """Heads about head_dim wide; their width is whole and, where it can be, even."""
    heads = max(1, dim // head_dim)
    while heads > 1 and (dim % heads or dim // heads % 2):
        heads -= 1
    return heads


class SlidingWindowAttention(nn.Module):
    """Causal softmax attention over the last `window` tokens, the token itself among them: O(T window).

    x, y: (B, T, C). Beltagy, Peters and Cohan 2020, arXiv:2004.05150. Queries stand in blocks of `window` tokens; each
    block sees itself and the block before, under a band mask.
    """

    SLOTS = {"rotary": {"kind": "function", "in": ["q", "k"], "out": ["q", "k"], "need": "give q and k their positions"}}

    def __init__(self, dim, *, rotary, head_dim=16, window=64):
        super().__init__()
        self.n_heads, self.window = count_heads(dim, head_dim), window
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.rotary = rotary(dim // self.n_heads)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.n_heads, C // self.n_heads).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = self.rotary(q, k)
        if T <= self.window:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            y = self.attend_in_blocks(q, k, v)
        return self.out(y.transpose(1, 2).reshape(B, T, C))

    def attend_in_blocks(self, q, k, v):
        B, H, T, D = q.shape
        w = self.window
        n = -(-T // w)
        q, k, v = (F.pad(t, (0, 0, 0, n * w - T)).view(B, H, n, w, D) for t in (q, k, v))
        k, v = (torch.cat((F.pad(t, (0, 0, 0, 0, 1, -1)), t), dim=3).flatten(1, 2) for t in (k, v))
        query = torch.arange(w, 2 * w, device=q.device)[:, None]
        key = torch.arange(2 * w, device=q.device)
        block = torch.arange(n, device=q.device)[:, None, None]
        mask = (key <= query) & (key > query - w) & ((block > 0) | (key >= w))  # (n, w, 2 w)
        y = F.scaled_dot_product_attention(q.flatten(1, 2), k, v, attn_mask=mask.repeat(H, 1, 1)[None])
        return y.view(B, H, n * w, D)[:, :, :T]

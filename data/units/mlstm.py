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


class MLSTM(nn.Module):
    """S_t = f_t S_{t-1} + i_t k_t v_tᵀ, n_t = f_t n_{t-1} + i_t k_t, y_t = S_tᵀ q_t / max(|n_t·q_t|, 1), i = exp(w·x + b).

    x, y: (B, T, C). The matrix memory of xLSTM, Beck et al. 2024, arXiv:2405.04517, with f = sigmoid of a linear map; the
    heads' outputs are normalised and gated by sigmoid(W x). n is one more channel of v, all ones. All weights are divided
    by exp(m_t), m_t the largest log weight of the tokens up to t, or 0 if that is larger: no exponent is above 0, and m
    cancels, so no gradient passes through it. In chunks, joined through their states, each with its own largest weight.
    """

    def __init__(self, dim, head_dim=32, chunk=64):
        super().__init__()
        self.n_heads, self.chunk = count_heads(dim, head_dim), chunk
        self.qkvo = nn.Linear(dim, 4 * dim, bias=False)
        self.gates = nn.Linear(dim, 2 * self.n_heads)
        with torch.no_grad():  # input gates near 1; forget gates for 20 to 400 tokens
            self.gates.bias.copy_(torch.cat((torch.zeros(self.n_heads), torch.linspace(3.0, 6.0, self.n_heads))))
        self.norm = nn.Parameter(torch.ones(self.n_heads, 1, 1, dim // self.n_heads))
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        H, D = self.n_heads, C // self.n_heads
        c = min(self.chunk, T)
        n = -(-T // c)
        x = F.pad(x, (0, 0, 0, n * c - T))
        q, k, v, o = self.qkvo(x).view(B, n, c, 4, H, D).permute(3, 0, 4, 1, 2, 5).unbind(0)
        q, k, v = wide(q), wide(k) * D ** -0.5, F.pad(wide(v), (0, 1), value=1.0)
        i, f = wide(self.gates(x)).view(B, n, c, 2, H).permute(3, 0, 4, 1, 2).unbind(0)     # (B, H, n, c)
        L = F.logsigmoid(f).cumsum(dim=-1)
        past = torch.ones(c, c, dtype=torch.bool, device=x.device).tril()
        weight = (L[..., :, None] - L[..., None, :] + i[..., None, :]).masked_fill(~past, float("-inf"))
        # State before chunk a: every earlier chunk b, faded by the chunks between them.
        end = L[..., -1:] - L + i
        top = end.amax(dim=-1).detach()
        state = (k * torch.exp(end - top[..., None])[..., None]).transpose(-1, -2) @ v      # (B, H, n, D, D + 1)
        whole = L[..., -1].cumsum(dim=-1)
        earlier = torch.ones(n, n, dtype=torch.bool, device=x.device).tril(-1)
        fade = F.pad(whole, (1, -1))[..., :, None] - whole[..., None, :] + top[..., None, :]
        fade = fade.masked_fill(~earlier, float("-inf"))
        before = fade.amax(dim=-1).clamp(min=0).detach()                                    # (B, H, n)
        state = (torch.exp(fade - before[..., None]) @ state.flatten(-2)).view(state.shape)
        m = torch.maximum(weight.amax(dim=-1), L + before[..., None]).clamp(min=0).detach()
        y = (q @ k.transpose(-1, -2) * torch.exp(weight - m[..., None])) @ v
        y = y + (q * torch.exp(L + before[..., None] - m)[..., None]) @ state
        # Not below exp(-34): beside the largest weight that is 0, and q may be 0.
        y = y[..., :-1] / torch.maximum(y[..., -1:].abs(), torch.exp(-m.clamp(max=34.0))[..., None])
        y = (F.layer_norm(y, (D,)) * wide(self.norm)).to(x.dtype) * torch.sigmoid(o)
        return self.out(y.permute(0, 2, 3, 1, 4).reshape(B, n * c, C)[:, :T])

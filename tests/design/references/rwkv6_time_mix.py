import torch
import torch.nn.functional as F

ARGUMENTS = [{}, {"chunk": 8, "rank": 4, "gate_rank": 8}]


def reference(m, x):
    B, T, C = x.shape
    H, S, last, rows = m.n_heads, 0, torch.zeros_like(x[:, 0]), []
    for t in range(T):
        now = x[:, t]
        mixed = torch.tanh((now + (last - now) * m.mu) @ m.mix_down.weight.T).chunk(5, dim=-1)
        up = m.mix_up.weight.chunk(5, dim=1)
        r, w, k, v, g = (now + (last - now) * (mixed[j] @ up[j].T + m.mix_bias[j]) for j in range(5))
        r, k, v = ((W.weight @ z.T).T.view(B, H, -1) for W, z in ((m.receptance, r), (m.key, k), (m.value, v)))
        w, g = (torch.tanh(z @ W.down.weight.T) @ W.up.weight.T + W.up.bias for W, z in ((m.decay, w), (m.gate, g)))
        kv = k[:, :, :, None] * v[:, :, None, :]
        o = (r[:, :, :, None] * (S + m.bonus.view(H, -1, 1) * kv)).sum(2).flatten(1)
        S = torch.exp(-torch.exp(w)).view(B, H, -1, 1) * S + kv
        o = (o - o.mean(-1, keepdim=True)) / torch.sqrt(o.var(-1, unbiased=False, keepdim=True) + 1e-5)
        rows.append((o * m.norm.weight + m.norm.bias) * F.silu(g))
        last = now
    return m.out(torch.stack(rows, 1))

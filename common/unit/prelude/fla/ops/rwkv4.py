import torch
import fla.ops.rwkv4 as fused_recurrent


def fused_recurrent_rwkv4(w, u, k, v, state):
    """wkv of RWKV-4 (Peng et al. 2023, arXiv:2305.13048). k, v (B, T, C); state (B, 3, 1, C): numerator,
    denominator and the exponent both are scaled by."""
    w = -torch.exp(w.float())
    top, bottom, exponent = state[:, 0, 0].float(), state[:, 1, 0].float(), state[:, 2, 0].float()
    outs = []
    for t in range(k.shape[1]):
        key, value = k[:, t].float(), v[:, t].float()
        most = torch.maximum(exponent, u + key)
        old, new = torch.exp(exponent - most), torch.exp(u + key - most)
        outs.append((old * top + new * value) / (old * bottom + new))
        most = torch.maximum(exponent + w, key)
        old, new = torch.exp(exponent + w - most), torch.exp(key - most)
        top, bottom, exponent = old * top + new * value, old * bottom + new, most
    return torch.stack(outs, 1).to(k.dtype), torch.stack([top, bottom, exponent], 1).unsqueeze(2).to(k.dtype)

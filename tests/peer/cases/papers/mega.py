'''MEGA: moving average equipped gated attention, multi-head EMA as a convolution or a recurrence, one gated attention
unit; with squared-relu and laplace attention functions scripted.'''
import math
from typing import Dict, List, Optional, Tuple
import torch
from torch import Tensor, nn
import torch.nn.functional as F
from torch.jit import Final


@torch.jit.script
def laplace(x: Tensor, mu: float = 0.707107, sigma: float = 0.282095) -> Tensor:
    x = (x - mu).div(sigma * math.sqrt(2.0))
    return 0.5 * (1.0 + torch.erf(x))


@torch.jit.script
def relu2(x: Tensor) -> Tensor:
    return torch.square(F.relu(x))


@torch.jit.script_if_tracing
def fused_gate(x, r, u):
    # type: (Tensor, Tensor, Tensor) -> Tensor
    return torch.addcmul(r, u, x - r)


class MultiHeadEMA(nn.Module):
    __constants__ = ["embed_dim", "ndim", "bidirectional", "truncation"]
    bidirectional: Final[bool]

    def __init__(self, embed_dim, ndim=2, bidirectional=False, truncation: Optional[int] = None, recurrent=False):
        super().__init__()
        self.embed_dim, self.ndim, self.bidirectional, self.truncation = embed_dim, ndim, bidirectional, truncation
        self.recurrent = recurrent
        self.scale = math.sqrt(1.0 / self.ndim)
        kernel_dim = 2 * embed_dim if self.bidirectional else embed_dim
        self.delta = nn.Parameter(torch.Tensor(kernel_dim, ndim, 1))
        self.alpha = nn.Parameter(torch.Tensor(kernel_dim, ndim, 1))
        self.beta = nn.Parameter(torch.Tensor(kernel_dim, ndim, 1))
        self.gamma = nn.Parameter(torch.Tensor(kernel_dim, ndim))
        self.omega = nn.Parameter(torch.Tensor(embed_dim))
        self._kernel: Optional[Tensor] = None
        self._coeffs: Optional[Tuple[Tensor, Tensor]] = None
        self.reset_parameters()

    def reset_parameters(self):
        with torch.no_grad():
            nn.init.normal_(self.delta, mean=0.0, std=0.2)
            nn.init.normal_(self.alpha, mean=0.0, std=0.2)
            val = torch.ones(self.ndim, 1)
            if self.ndim > 1:
                idx = torch.tensor(list(range(1, self.ndim, 2)))
                val.index_fill_(0, idx, -1.0)
            self.beta.normal_(mean=0.0, std=0.02).add_(val)
            nn.init.normal_(self.gamma, mean=0.0, std=1.0)
            nn.init.normal_(self.omega, mean=0.0, std=1.0)

    def _calc_coeffs(self):
        self._coeffs = None
        p = torch.sigmoid(self.delta)
        alpha = torch.sigmoid(self.alpha)
        q = 1.0 - p * alpha
        return p, q

    def _compute_kernel(self, length: int):
        self._kernel = None
        p, q = self._calc_coeffs()
        vander = torch.arange(length).to(p).view(1, 1, length) * torch.log(q)
        kernel = (p * self.beta) * torch.exp(vander)
        return torch.einsum("dnl,dn->dl", kernel, self.gamma * self.scale)

    def coeffs(self):
        if self.training:
            return self._calc_coeffs()
        if self._coeffs is None:
            self._coeffs = self._calc_coeffs()
        return self._coeffs

    def kernel(self, length: int):
        kernel_size = length if self.truncation is None else min(self.truncation, length)
        if self.training:
            return self._compute_kernel(kernel_size)
        if self._kernel is None or self._kernel.size(-1) < kernel_size:
            self._kernel = self._compute_kernel(kernel_size)
        return self._kernel[..., :kernel_size]

    def step(self, x: Tensor, hx: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
        p, q = self.coeffs()
        h = (p * self.beta).squeeze(-1) * x.unsqueeze(-1)
        if hx is not None:
            h = h + q.squeeze(-1) * hx
        out = torch.einsum("bdn,dn->bd", h, self.gamma * self.scale)
        return out, h

    def forward(self, x, padding_mask: Optional[Tensor] = None, incremental_state: Optional[Dict[str, Dict[str, Optional[Tensor]]]] = None) -> Tensor:
        seq_len, bsz, embed_dim = x.size()
        assert embed_dim == self.embed_dim
        residual = x * self.omega
        x = x.permute(1, 2, 0)
        if padding_mask is not None:
            x = x * (1.0 - padding_mask.unsqueeze(1).type_as(x))
        if self.recurrent:
            hx, out = None, []
            for t in range(seq_len):
                o, hx = self.step(x[..., t], hx)
                out.append(o)
            out = torch.stack(out, -1)
            return F.silu(out.permute(2, 0, 1).to(residual) + residual)
        k = self.kernel(seq_len)
        fft_len, s, kernel_size = seq_len, 0, k.size(1)
        if self.bidirectional:
            k1, k2 = torch.split(k, [self.embed_dim, self.embed_dim], dim=0)
            k = F.pad(k1, (kernel_size - 1, 0)) + F.pad(k2.flip(-1), (0, kernel_size - 1))
            x = F.pad(x, (kernel_size - 1, 0))
            fft_len = fft_len + kernel_size - 1
            s = 2 * kernel_size - 2
        k_f = torch.fft.rfft(k.float(), n=2 * fft_len)
        x_f = torch.fft.rfft(x.float(), n=2 * fft_len)
        out = torch.fft.irfft(x_f * k_f, n=2 * fft_len)[..., s:s + seq_len]
        out = out.type_as(x)
        return F.silu(out.permute(2, 0, 1) + residual)


class GatedAttention(nn.Module):
    def __init__(self, embed_dim=16, zdim=8, hdim=24, ndim=2, attention_activation="softmax", bidirectional=False, chunk_size=-1, truncation=None,
                 norm_affine=True, max_positions=32, recurrent=False, rel_pos_bias="simple"):
        super().__init__()
        self.embed_dim, self.hdim, self.zdim, self.chunk_size = embed_dim, hdim, zdim, chunk_size
        self.attention_activation, self.scaling = attention_activation, zdim ** -0.5 if attention_activation == "softmax" else None
        self.bidirectional = bidirectional
        self.norm = nn.LayerNorm(embed_dim, elementwise_affine=norm_affine)
        self.move = MultiHeadEMA(embed_dim, ndim=ndim, bidirectional=bidirectional, truncation=truncation, recurrent=recurrent)
        self.v_proj = nn.Linear(embed_dim, hdim)
        self.mx_proj = nn.Linear(embed_dim, zdim + hdim + 2 * embed_dim)
        self.h_proj = nn.Linear(hdim, embed_dim)
        self.gamma, self.beta = nn.Parameter(torch.Tensor(2, zdim)), nn.Parameter(torch.Tensor(2, zdim))
        self.max_positions = max_positions
        if rel_pos_bias == "simple":
            self.rel_pos_bias = nn.Parameter(torch.zeros(2 * max_positions - 1))
        else:
            self.alpha, self.b = nn.Parameter(torch.zeros(1, zdim)), nn.Parameter(torch.zeros(1, zdim))
        self.rel_kind = rel_pos_bias
        self.reset_parameters()

    def reset_parameters(self):
        std = 0.02
        for lin in filter(lambda m: type(m) is nn.Linear, self.modules()):
            nn.init.normal_(lin.weight, mean=0.0, std=std)
            nn.init.constant_(lin.bias, 0.0)
        with torch.no_grad():
            nn.init.normal_(self.gamma, mean=0.0, std=std).add_(1.0)
        nn.init.zeros_(self.beta)

    def bias(self, seq_len):
        if self.rel_kind == "simple":
            b = self.rel_pos_bias[(self.max_positions - seq_len):(self.max_positions + seq_len - 1)]
            t = F.pad(b, (0, seq_len))
            t = torch.tile(t, (seq_len,))
            t = t[:-seq_len].view(seq_len, 3 * seq_len - 2)
            r = (2 * seq_len - 1) // 2
            return t[:, r:-r] if r else t
        pos = torch.arange(seq_len).float().unsqueeze(1)
        freq = torch.exp(torch.arange(self.zdim // 2).float() * -(math.log(10000) / (self.zdim // 2 - 1)))
        sin, cos = torch.sin(pos * freq), torch.cos(pos * freq)

        def rotary(x):
            x1, x2 = torch.chunk(x.expand(seq_len, self.zdim), 2, dim=-1)
            return torch.cat([x1 * cos - x2 * sin, x2 * cos + x1 * sin], dim=1)
        return torch.einsum("mk,nk->mn", rotary(self.alpha), rotary(self.b))

    def forward(self, x, mask: Optional[Tensor] = None):
        x = x.transpose(0, 1)
        seq_len, bsz, _ = x.size()
        padding_mask = None if mask is None else mask.eq(0)
        residual = x
        x = self.norm(x)
        v = F.silu(self.v_proj(x))
        mx = self.move(x, padding_mask)
        base = self.mx_proj(mx)
        u, zr, hx = torch.split(base, [self.embed_dim, self.zdim + self.hdim, self.embed_dim], dim=-1)
        u = torch.sigmoid(u)
        z, r = torch.split(F.silu(zr), [self.zdim, self.hdim], dim=-1)
        z = z.unsqueeze(2) * self.gamma + self.beta
        q, k = torch.unbind(z, dim=2)
        q, k, v = q.transpose(0, 1), k.transpose(0, 1), v.transpose(0, 1)
        C = self.chunk_size if 0 < self.chunk_size < seq_len else seq_len
        pad = -seq_len % C
        if pad:
            q, k, v = [F.pad(a, (0, 0, 0, pad)) for a in (q, k, v)]
            padding_mask = F.pad(torch.zeros(bsz, seq_len, dtype=torch.bool) if padding_mask is None else padding_mask, (0, pad), value=True)
        q, k, v = (a.view(bsz, -1, C, a.size(-1)) for a in (q, k, v))
        attn = getattr(self, self.attention_activation + "_attention")(q, k, None if padding_mask is None else padding_mask.view(bsz, -1, C))
        h = (attn.to(v.dtype) @ v).view(bsz, seq_len + pad, self.hdim)[:, :seq_len].transpose(0, 1)
        h = F.silu(hx + self.h_proj(h * r))
        return fused_gate(h, residual, u).transpose(0, 1)

    def element_attention(self, q, k, padding_mask, fn):
        slen = k.size(2)
        keep = torch.ones(q.shape[:2] + (1, slen)) if padding_mask is None else 1.0 - padding_mask.type_as(q).unsqueeze(2)
        lengths = keep.sum(-1, keepdim=True).clamp(min=1.0)
        if not self.bidirectional:
            causal = torch.tril(torch.ones(slen, slen))
            lengths, keep = causal.sum(-1).view(1, 1, slen, 1), keep * causal
        qk = torch.matmul(q, k.transpose(2, 3)) / lengths.to(q) + self.bias(slen).to(q)
        return fn(qk) * keep.to(q)

    def relu2_attention(self, q, k, padding_mask):
        return self.element_attention(q, k, padding_mask, relu2)

    def laplace_attention(self, q, k, padding_mask):
        return self.element_attention(q, k, padding_mask, laplace)

    def softmax_attention(self, q, k, padding_mask):
        slen = k.size(2)
        qk = torch.matmul(q * self.scaling, k.transpose(2, 3)) + self.bias(slen)
        if not self.bidirectional:
            qk = qk + torch.triu(torch.full((slen, slen), float("-inf")), 1).to(qk)
        if padding_mask is not None:
            padding_mask = padding_mask & ~padding_mask.all(dim=-1, keepdim=True)
            qk = qk.masked_fill(padding_mask.unsqueeze(2), float("-inf") if self.bidirectional else -1e4)
        return qk.softmax(dim=-1, dtype=torch.float32).type_as(qk)

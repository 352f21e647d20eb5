import torch
import torch.nn as nn
import torch.nn.functional as F
from einops import rearrange

from model_discovery.model.utils.modules import GAUBase, UnitDecl


class RWKV6Attention(GAUBase):
    """S_t = diag(exp(w_t)) S_{t-1} + k_t v_t', o_t = r_t' (S_{t-1} + diag(u) k_t v_t'), by chunks of 32 in float32."""

    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, num_heads=4, gate_low_rank_dim=64,
                 proj_low_rank_dim=32, chunk_size=32, **kwargs):
        self.factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(embed_dim, block_loc, kwarg_all)
        self.num_heads, self.rank, self.chunk_size = num_heads, proj_low_rank_dim, chunk_size
        self.key_dim, self.value_dim = embed_dim // 2, embed_dim
        self.x_proj = self.child(LerpLinear, embed_dim, 5 * self.rank, None)
        self.x_proj_out = nn.Parameter(torch.empty(5, self.rank, embed_dim).uniform_(-0.01, 0.01))
        self.x_bias = nn.Parameter(torch.zeros(5, embed_dim))
        self.r_proj = self.child(DDLerpLinear, embed_dim, self.key_dim, None)
        self.k_proj = self.child(DDLerpLinear, embed_dim, self.key_dim, None)
        self.v_proj = self.child(DDLerpLinear, embed_dim, self.value_dim, None)
        self.w_proj = self.child(DDLerpLinear, embed_dim, self.key_dim, gate_low_rank_dim)
        self.g_proj = self.child(DDLerpLinear, embed_dim, self.value_dim, gate_low_rank_dim)
        self.bonus = nn.Parameter(torch.zeros(num_heads, self.key_dim // num_heads, **self.factory_kwargs))
        self.g_norm = nn.LayerNorm(self.value_dim, eps=1e-5, **self.factory_kwargs)
        self.o_proj = nn.Linear(self.value_dim, embed_dim, bias=False, **self.factory_kwargs)

    def child(self, unit, input_dim, output_dim, low_rank_dim):
        self.kwarg_all["input_dim"] = input_dim
        self.kwarg_all["output_dim"] = output_dim
        self.kwarg_all["low_rank_dim"] = low_rank_dim
        return unit(embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all,
                    **self.factory_kwargs, **self.kwarg_all)

    def lerp(self, unit, X, delta, mix):
        _, Z = unit(X, lerp_delta=delta, lerp_mix=mix)
        return Z["o"]

    def _forward(self, X, **Z):
        T = X.shape[1]
        delta = F.pad(X, (0, 0, 1, -1)) - X
        _, out = self.x_proj(X, lerp_delta=delta)
        mixed = torch.tanh(out["o"]).unflatten(-1, (5, self.rank))
        mixes = torch.einsum("btjr,jrd->jbtd", mixed, self.x_proj_out) + self.x_bias[:, None, None]
        units = (self.r_proj, self.w_proj, self.k_proj, self.v_proj, self.g_proj)
        r, w, k, v, g = [self.lerp(unit, X, delta, mix) for unit, mix in zip(units, mixes)]
        w = -torch.exp(w)
        r, w, k, v = [F.pad(rearrange(t, "b t (h d) -> b h t d", h=self.num_heads).float(),
                            (0, 0, 0, -T % self.chunk_size)) for t in (r, w, k, v)]
        o = self.recurrence(r, k, v, w)[:, :, :T]
        o = rearrange(o, "b h t d -> b t (h d)").type_as(X)
        return self.o_proj(self.g_norm(o) * F.silu(g))

    def recurrence(self, r, k, v, w):
        S = torch.zeros(*k.shape[:2], k.shape[-1], v.shape[-1], device=k.device, dtype=k.dtype)
        u = self.bonus.to(k)[None, :, None]
        outs = []
        for n in range(0, k.shape[2], self.chunk_size):
            R, K, V, W = [t[:, :, n : n + self.chunk_size] for t in (r, k, v, w)]
            after = W.cumsum(2)
            before = after - W
            scores = torch.einsum("bhtd,bhtsd,bhsd->bhts", R, self.decay(before, after), K)
            o = scores @ V + (R * u * K).sum(-1, keepdim=True) * V + (R * before.exp()) @ S
            outs.append(o)
            last = after[:, :, -1:]
            S = S * last.transpose(-1, -2).exp() + (K * (last - after).exp()).transpose(-1, -2) @ V
        return torch.cat(outs, dim=2)

    def decay(self, before, after):
        C = before.shape[2]
        earlier = torch.ones(C, C, device=before.device, dtype=torch.bool).tril(-1)[..., None]
        return (before[:, :, :, None] - after[:, :, None]).masked_fill(~earlier, -torch.inf).exp()


CHILDREN_DECLARATIONS = [
    UnitDecl(unitname="LerpLinear", requirements="", inputs=["X", "lerp_delta"], outputs=["Y", "o"]),
    UnitDecl(unitname="DDLerpLinear", requirements="", inputs=["X", "lerp_delta", "lerp_mix"], outputs=["Y", "o"]),
]

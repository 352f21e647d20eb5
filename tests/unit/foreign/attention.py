B, T, H, D = 2, 7, 4, 6
q, k, v = data(B, T, H, D, seed=1), data(B, T, 2, D, seed=2), data(B, T, 2, D, seed=3)
bounds = torch.tensor([0, 3, 7], dtype=torch.int32)


def check_flash_attention():
    from flash_attn import flash_attn_func

    same(flash_attn_func(q, k, v, causal=True), loop_softmax(q, k, v), [q, k, v], "causal")
    same(flash_attn_func(q, k, v, softmax_scale=0.3), loop_softmax(q, k, v, 0.3, causal=False), [q, k, v], "full")
    same(
        flash_attn_func(q, k, v, causal=True, window_size=(2, 0)), loop_softmax(q, k, v, window=3), [q, k, v], "window")
    last = q[:, :3]
    same(flash_attn_func(last, k, v, causal=True), loop_softmax(last, k, v), [q, k, v], "fewer queries")
    slopes = torch.tensor([0.5, 0.25, 0.125, 0.1])
    place = torch.arange(T)
    bias = (-slopes[:, None, None] * (place[:, None] - place).abs()).expand(B, H, T, T)
    same(
        flash_attn_func(q, k, v, causal=True, alibi_slopes=slopes), loop_softmax(q, k, v, bias=bias), [q, k, v],
        "slopes")
    assert flash_attn_func(q.bfloat16(), k.bfloat16(), v.bfloat16()).dtype == torch.bfloat16


def check_flash_attention_packed():
    from flash_attn import flash_attn_qkvpacked_func, flash_attn_varlen_func
    from flash_attn.flash_attn_interface import flash_attn_kvpacked_func

    wide = torch.stack([q, q * 0.5, q * 2], 2)
    close(flash_attn_qkvpacked_func(wide, causal=True), loop_softmax(q, q * 0.5, q * 2))
    close(flash_attn_kvpacked_func(q, torch.stack([k, v], 2), causal=True), loop_softmax(q, k, v))
    parts = [loop_softmax(*[t[:1, a:b] for t in (q, k, v)])[0] for a, b in ((0, 3), (3, 7))]
    close(flash_attn_varlen_func(q[0], k[0], v[0], bounds, bounds, 4, 4, causal=True), torch.cat(parts))


def check_flash_padding():
    from flash_attn.bert_padding import index_first_axis, pad_input, unpad_input

    mask = torch.tensor([[0, 0, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1]])
    x = data(B, T, D, seed=4)
    rows, indices, cu_seqlens, longest, used = unpad_input(x, mask)
    assert indices.tolist() == list(range(2, 14)) and cu_seqlens.tolist() == [0, 5, 12] and longest == 7
    assert used.tolist() == [5, 7]
    close(index_first_axis(x.reshape(B * T, D), indices), rows)
    close(pad_input(rows, indices, B, T), x * mask[..., None])


def check_flash_rotary():
    from fla.modules.rotary import RotaryEmbedding as Reference
    from flash_attn.layers.rotary import RotaryEmbedding, apply_rotary_emb

    a, b = Reference(D)(q, q * 2)
    qkv = RotaryEmbedding(D)(torch.stack([q, q * 2, q * 3], 2))
    for part, wanted in zip(qkv.unbind(2), (a, b, q * 3)):
        close(part, wanted)
    first, kv = RotaryEmbedding(D)(q, torch.stack([q * 2, q * 3], 2))
    close(first, a)
    close(kv[:, :, 0], b)
    angles = torch.outer(torch.arange(T).float(), 10000.0 ** -(torch.arange(0, D, 2) / D))
    close(apply_rotary_emb(q, angles.cos(), angles.sin()), a)
    close(apply_rotary_emb(q, angles.cos(), angles.sin(), interleaved=True), Reference(D, interleaved=True)(q, q)[0])


def check_flash_norms():
    from flash_attn.ops.rms_norm import RMSNorm
    from flash_attn.ops.triton.layer_norm import rms_norm_fn

    x = data(B, T, D, seed=4)
    close(RMSNorm(D)(x), rms(x))
    close(rms_norm_fn(x, torch.ones(D), None, eps=1e-5), rms(x))


def check_apex():
    from apex.normalization import FusedLayerNorm, FusedRMSNorm
    from apex.normalization.fused_layer_norm import MixedFusedRMSNorm

    x = data(B, T, D, seed=4)
    norm = FusedRMSNorm(D)
    same(norm(x), rms(x, norm.weight), [x, norm.weight])
    norm = FusedLayerNorm(D, eps=1e-3)
    same(norm(x), rms(x - x.mean(-1, keepdim=True), norm.weight, 1e-3) + norm.bias, [x, norm.weight, norm.bias])
    assert [n for n, _ in MixedFusedRMSNorm(D).named_parameters()] == ["weight"]
    assert norm(x.bfloat16()).dtype == torch.bfloat16


def check_xformers():
    import xformers.ops as xops

    k4, v4 = k.repeat_interleave(2, 2), v.repeat_interleave(2, 2)
    same(
        xops.memory_efficient_attention(q, k4, v4, attn_bias=xops.LowerTriangularMask()), loop_softmax(q, k, v),
        [q, k, v])
    flat = [t[:, :, 0] for t in (q, k4, v4)]
    close(xops.memory_efficient_attention(*flat), loop_softmax(*[t[:, :, None] for t in flat], causal=False)[:, :, 0])
    assert [n for n, _ in xops.SwiGLU(4, 8).named_parameters()] == ["w12.weight", "w12.bias", "w3.weight", "w3.bias"]


def check_rotary_embedding_torch():
    from fla.modules.rotary import RotaryEmbedding as Reference
    from rotary_embedding_torch import RotaryEmbedding, apply_rotary_emb

    rotary = RotaryEmbedding(dim=D)
    wanted = Reference(D, interleaved=True)(q, q)[0]
    close(rotary.rotate_queries_or_keys(q.transpose(1, 2)).transpose(1, 2), wanted)
    close(RotaryEmbedding(dim=D, seq_before_head_dim=True).rotate_queries_or_keys(q), wanted)
    assert [n for n, _ in rotary.named_parameters()] == ["freqs"]
    a, b = RotaryEmbedding(dim=D, use_xpos=True).rotate_queries_and_keys(q.transpose(1, 2), q.transpose(1, 2))
    close((a * b).sum(), (wanted * wanted).sum(), tolerance=1e-4)


def loop_local(q, k, v, size, causal, exact, mask=None):
    """(N, T, D): the windows beside, or the tokens within a window's distance."""
    rows, n = [], q.shape[1]
    for t in range(n):
        seen = [
            s
            for s in range(n)
            if (s <= t if causal else True) and abs(t // size - s // size) <= 1 and (not exact or abs(t - s) <= size)
        ]
        scores = (q[:, t, None] * k[:, seen]).sum(-1) * q.shape[-1] ** -0.5
        if mask is not None:
            scores = scores.masked_fill(~mask[:, seen], -1e30)
        rows.append((scores.softmax(-1)[..., None] * v[:, seen]).sum(1))
    return torch.stack(rows, 1)


def check_local_attention():
    from local_attention import LocalAttention

    a, b, c = [data(B, 9, D, seed=n) for n in (5, 6, 7)]
    for causal in (True, False):
        for exact in (True, False):
            attn = LocalAttention(3, causal=causal, exact_windowsize=exact)
            same(attn(a, b, c), loop_local(a, b, c, 3, causal, exact), [a, b, c], f"{causal} {exact}")
    mask = torch.tensor([[True] * 9, [False] * 2 + [True] * 7])
    same(
        LocalAttention(3, causal=False)(a, b, c, mask=mask), loop_local(a, b, c, 3, False, False, mask), [a, b, c],
        "mask")
    short = [t[:, :8] for t in (a, b, c)]
    raises(AssertionError, lambda: LocalAttention(3)(*short))
    same(LocalAttention(3, causal=True, autopad=True)(*short), loop_local(*short, 3, True, False), [a, b, c], "padded")


def check_local_attention_turned():
    from local_attention import LocalAttention
    from local_attention.transformer import LocalMHA

    a, b, c = [data(B, 9, D, seed=n) for n in (5, 6, 7)]
    from fla.modules.rotary import rotary_embedding_ref

    angles = torch.outer(torch.arange(9).float(), 10000.0 ** -(torch.arange(0, D, 2) / D))
    p, r = [rotary_embedding_ref(t.unsqueeze(2), angles.cos(), angles.sin()).squeeze(2) for t in (a, b)]
    same(LocalAttention(3, causal=True, dim=D)(a, b, c), loop_local(p, r, c, 3, True, False), [a, b, c])
    layer = LocalMHA(
        dim=8, window_size=3, dim_head=4, heads=2, causal=True, prenorm=True, qk_rmsnorm=True, gate_values_per_head=True
    )
    assert [n for n, _ in layer.named_parameters()] == [
        "q_scale", "k_scale", "norm.weight", "norm.bias", "to_qkv.weight", "to_v_gate.0.weight", "to_v_gate.0.bias",
        "to_out.weight"]
    x = data(2, 7, 8, seed=8)
    assert layer(x).shape == x.shape

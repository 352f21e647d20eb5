B, T, H, D = 2, 7, 4, 6
q, k, v = data(B, T, H, D, seed=1), data(B, T, 2, D, seed=2), data(B, T, 2, D, seed=3)
bounds = torch.tensor([0, 3, 7], dtype=torch.int32)


def check_flash_attention():
    from flash_attn import flash_attn_func
    same(flash_attn_func(q, k, v, causal=True), loop_softmax(q, k, v), [q, k, v], "causal")
    same(flash_attn_func(q, k, v, softmax_scale=0.3), loop_softmax(q, k, v, 0.3, causal=False), [q, k, v], "full")
    same(flash_attn_func(q, k, v, causal=True, window_size=(2, 0)), loop_softmax(q, k, v, window=3), [q, k, v], "window")
    last = q[:, :3]
    same(flash_attn_func(last, k, v, causal=True), loop_softmax(last, k, v), [q, k, v], "fewer queries")
    slopes = torch.tensor([0.5, 0.25, 0.125, 0.1])
    place = torch.arange(T)
    bias = (-slopes[:, None, None] * (place[:, None] - place).abs()).expand(B, H, T, T)
    same(flash_attn_func(q, k, v, causal=True, alibi_slopes=slopes), loop_softmax(q, k, v, bias=bias), [q, k, v], "slopes")
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
    same(xops.memory_efficient_attention(q, k4, v4, attn_bias=xops.LowerTriangularMask()), loop_softmax(q, k, v), [q, k, v])
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

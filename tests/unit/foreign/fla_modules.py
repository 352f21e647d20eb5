B, T, D = 2, 9, 6
x, z, w, b = data(B, T, D, seed=1), data(B, T, D, seed=2), data(D, seed=3), data(D, seed=4)
mask = torch.tensor([[0, 0, 1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1, 1, 1]])
bounds = torch.tensor([0, 4, 5, 9], dtype=torch.int32)


def centered(x):
    return x - x.mean(-1, keepdim=True)


def silu(x):
    return x / (1 + torch.exp(-x))


def weigh(module):
    with torch.no_grad():
        for k, p in enumerate(module.parameters()):
            p.copy_(data(*p.shape, seed=40 + k, grad=False))
    return module, list(module.parameters())


def check_norm_functions():
    from fla.modules.layernorm import group_norm, layer_norm, rms_norm

    same(rms_norm(x, w, b), rms(x, w) + b, [x, w, b])
    same(layer_norm(x, w, b), rms(centered(x), w) + b, [x, w, b])
    y, total = rms_norm(x, w, None, residual=z, eps=1e-3, prenorm=True)
    same((y, total), (rms(x + z, w, 1e-3), x + z), [x, z, w], "residual")
    split = rms(x.reshape(B, T, 2, 3)).reshape(B, T, D) * w
    same(group_norm(x, w, None, num_groups=2, is_rms_norm=True), split, [x, w], "groups")
    raises(ValueError, lambda: group_norm(x, w, None, num_groups=4))


def check_norm_types():
    from fla.modules.layernorm import rms_norm

    short = x.detach().bfloat16()
    y, total = rms_norm(short, w, None, residual=short, prenorm=True)
    close(y, rms(short.float() * 2, w).bfloat16(), "bfloat16", 1e-2)
    assert total.dtype == torch.bfloat16
    assert rms_norm(short, w, None, prenorm=True, residual_in_fp32=True)[1].dtype == torch.float32


def check_norm_modules():
    from fla.modules import GroupNorm, LayerNorm, RMSNorm

    norm, (weight,) = weigh(RMSNorm(D))
    same(norm(x), rms(x, weight), [x, weight])
    assert norm.bias is None
    norm, (weight, bias) = weigh(LayerNorm(D, bias=True, eps=1e-2))
    same(norm(x), rms(centered(x), weight, 1e-2) + bias, [x, weight, bias])
    norm, (weight,) = weigh(GroupNorm(3, D))
    same(norm(x), rms(centered(x.reshape(B, T, 3, 2))).reshape(B, T, D) * weight, [x, weight])
    assert list(RMSNorm(D, elementwise_affine=False).parameters()) == []
    assert repr(RMSNorm(4)) == "RMSNorm(4, eps=1e-05)"


def check_gated_norms():
    from fla.modules import FusedLayerNormGated, FusedRMSNormGated, FusedRMSNormSwishGate
    from fla.modules.fused_norm_gate import FusedLayerNormSwishGate

    for kind in (FusedRMSNormGated, FusedRMSNormSwishGate):
        norm, (weight,) = weigh(kind(D))
        same(norm(x, z), rms(x, weight) * silu(z), [x, z, weight])
    norm, (weight, bias) = weigh(FusedLayerNormGated(D, bias=True, activation="sigmoid"))
    same(norm(x, z), (rms(centered(x), weight) + bias) / (1 + torch.exp(-z)), [x, z, weight, bias])
    norm, (weight,) = weigh(FusedLayerNormSwishGate(D))
    same(norm(x, z), rms(centered(x), weight) * silu(z), [x, z, weight])
    raises(ValueError, lambda: FusedRMSNormGated(D, activation="relu"))


def check_gated_norm_then_linear():
    from fla.modules import FusedRMSNormSwishGateLinear

    norm, (weight,) = weigh(FusedRMSNormSwishGateLinear(D))
    matrix = data(4, D, seed=5)
    same(norm(x, z, matrix, None), (rms(x, weight) * silu(z)) @ matrix.T, [x, z, weight, matrix])


def check_norms_of_mamba():
    from fla.modules.layernorm_gated import RMSNormGated, layernorm_fn, rmsnorm_fn

    same(rmsnorm_fn(x, w, None, z), rms(x, w, 1e-6) * silu(z), [x, z, w])
    same(rmsnorm_fn(x, w, None, z, norm_before_gate=False), rms(x * silu(z), w, 1e-6), [x, z, w], "gate first")
    groups = rms((x * silu(z)).reshape(B, T, 2, 3), eps=1e-6).reshape(B, T, D) * w
    same(rmsnorm_fn(x, w, None, z, group_size=3, norm_before_gate=False), groups, [x, z, w], "groups")
    same(layernorm_fn(x, w, b), rms(centered(x), w, 1e-6) + b, [x, w, b])
    norm, (weight,) = weigh(RMSNormGated(D))
    same(norm(x, z), rms(x * silu(z), weight), [x, z, weight])


def check_unit_length():
    from fla.modules.l2norm import l2_norm, l2norm

    wanted = x / torch.sqrt((x * x).sum(-1, keepdim=True) + 1e-6)
    same(l2norm(x), wanted, [x])
    same(l2_norm(x, 1e-6), wanted, [x])


def check_activations():
    from fla.modules.activations import ACT2FN, logsigmoid, sigmoid, sqrelu, swiglu, swiglu_linear, swish

    same(swish(x), silu(x), [x])
    same(sigmoid(x), 1 / (1 + torch.exp(-x)), [x])
    same(logsigmoid(x, 2.0), -torch.log(1 + torch.exp(-x)) / 2, [x])
    same(sqrelu(x), torch.where(x > 0, x * x, 0 * x), [x])
    same(swiglu(x, z), silu(x) * z, [x, z])
    matrix = data(4, D, seed=5)
    same(swiglu_linear(x, z, matrix, None), (silu(x) * z) @ matrix.T, [x, z, matrix])
    close(ACT2FN["swish"](x), silu(x))
    assert sorted(ACT2FN) == ["bias_gelu", "gelu", "logsigmoid", "relu", "sigmoid", "silu", "sqrelu", "swish"]


def check_more_activations():
    from fla.modules.activations import elu_p1, fast_gelu_impl, powglu, sigmoidglu

    same(sigmoidglu(x, z), z / (1 + torch.exp(-x)), [x, z])
    same(elu_p1(x), torch.where(x > 0, x + 1, torch.exp(x)), [x])
    close(fast_gelu_impl(x), F.gelu(x, approximate="tanh"))
    safe = x.clamp(min=1e-6)
    close(powglu(x, z), torch.where(x > 0, safe ** (3 / (safe**0.5 + 1)), x) / (1 + torch.exp(-x)) * z)


def check_short_convolution():
    from fla.modules import ShortConvolution

    conv, (weight,) = weigh(ShortConvolution(D, 4))
    flat = weight[:, 0]
    y, state = conv(x)
    assert state is None and tuple(weight.shape) == (D, 1, 4)
    same(y, loop_conv(x, flat, None, None, True)[0], [x, weight])
    same(conv(x, residual=z)[0], loop_conv(x, flat, None, None, True)[0] + z, [x, z, weight], "residual")
    plain, (weight, bias) = weigh(ShortConvolution(D, 3, bias=True, activation=None))
    same(plain(x)[0], loop_conv(x, weight[:, 0], bias, None, False)[0], [x, weight, bias], "bias")
    masked = x.detach() * mask[..., None]
    close(plain(x * 1.0, mask=mask)[0], loop_conv(masked, weight[:, 0], bias, None, False)[0], "mask")
    raises(AssertionError, lambda: ShortConvolution(D, 4, activation="relu"))


def check_here_convolution_as_called_before():
    from fla.modules import ShortConvolution

    conv, (weight,) = weigh(ShortConvolution(D, 4, use_fast_conv1d=False))
    y, state = conv(x, mask, None, output_final_state=True)
    close(y, loop_conv(x * mask[..., None], weight[:, 0], None, None, True)[0])
    close(state, (x * mask[..., None]).transpose(1, 2)[..., -4:])
    parts = [loop_conv(x[:, a:b], weight[:, 0], None, None, True)[0] for a, b in ((0, 4), (4, 9))]
    mixed = torch.tensor([[0] * 4 + [1] * 5] * B, dtype=torch.int32)
    close(conv(x, seq_idx=mixed)[0], torch.cat(parts, 1), "sequences")


def check_convolution_from_a_cache():
    from fla.modules import ShortConvolution

    conv, (weight,) = weigh(ShortConvolution(D, 4))
    past = data(B, D, 4, seed=6)
    with torch.no_grad():
        y, state = conv(x, cache=past, output_final_state=True)
        wanted = loop_conv(x, weight[:, 0], None, past, True)
    close(y, wanted[0])
    close(state, wanted[1])


def check_packed_convolution():
    from fla.modules.convolution import ShortConvolution

    conv, (weight,) = weigh(ShortConvolution(D, 4))
    parts = [loop_conv(x[:1, s:e], weight[:, 0], None, None, True) for s, e in ((0, 4), (4, 5), (5, 9))]
    y, state = conv(x[:1], cu_seqlens=bounds, output_final_state=True)
    same(y, torch.cat([p[0] for p in parts], 1), [x, weight])
    close(state, torch.cat([p[1] for p in parts]))
    raises(ValueError, lambda: conv(x[:1], mask=mask[:1], cu_seqlens=bounds))


def check_convolution_step_by_step():
    from fla.modules import ShortConvolution

    conv, (weight,) = weigh(ShortConvolution(D, 4))
    with torch.no_grad():
        whole, cache, steps = conv(x)[0], None, []
        for t in range(T):
            y, cache = conv(x[:, t : t + 1], cache=cache, output_final_state=True)
            steps.append(y)
        close(torch.cat(steps, 1), whole)


def check_long_convolution():
    from fla.modules.long_conv import ImplicitLongConvolution, LongConvolution

    conv, (filters,) = weigh(LongConvolution(D, T))
    wanted = torch.stack([sum(filters[:, t - s] * x[:, s] for s in range(t + 1)) for t in range(T)], 1) + x
    same(conv(x), wanted, [x, filters], "long", 1e-4)
    implicit, _ = weigh(ImplicitLongConvolution(D, T, d_emb=5))
    assert implicit(x).shape == x.shape


def turn(x, offset=0, base=10000.0, interleaved=False):
    """Rotary, token by token and channel by channel."""
    half, rows = x.shape[-1] // 2, []
    for t in range(x.shape[1]):
        out = [None] * (2 * half)
        for j in range(half):
            a, c = (2 * j, 2 * j + 1) if interleaved else (j, j + half)
            angle = (t + offset) / base ** (2 * j / (2 * half))
            out[a] = x[:, t, :, a] * math.cos(angle) - x[:, t, :, c] * math.sin(angle)
            out[c] = x[:, t, :, c] * math.cos(angle) + x[:, t, :, a] * math.sin(angle)
        rows.append(torch.stack(out, -1))
    return torch.stack(rows, 1)


def check_rotary():
    from fla.modules import RotaryEmbedding

    q, k = data(B, T, 2, 8, seed=7), data(B, T, 2, 8, seed=8)
    same(RotaryEmbedding(8)(q, k), (turn(q), turn(k)), [q, k])
    same(
        RotaryEmbedding(8, base=50.0, interleaved=True)(q, k), (turn(q, 0, 50.0, True), turn(k, 0, 50.0, True)), [q, k],
        "pairs")
    same(RotaryEmbedding(8)(q, k, seqlen_offset=5), (turn(q, 5), turn(k, 5)), [q, k], "offset")
    wide = torch.cat([turn(q[..., :4]), q[..., 4:]], -1)
    same(RotaryEmbedding(4)(q, k)[0], wide, [q], "half")
    packed = torch.cat([turn(q[:1, s:e]) for s, e in ((0, 4), (4, 5), (5, 9))], 1)
    same(RotaryEmbedding(8)(q[:1], k[:1], cu_seqlens=bounds)[0], packed, [q], "packed")


def check_rotary_growing():
    from fla.modules.rotary import RotaryEmbedding, rotary_embedding_ref, rotate_half

    q = data(B, T, 2, 8, seed=7)
    r = RotaryEmbedding(8, scale_base=512)
    power = (torch.arange(T) - T // 2) / 512
    zeta = ((torch.arange(0, 8, 2) + 0.4 * 8) / (1.4 * 8)) ** power[:, None]
    scale = torch.cat([zeta, zeta], -1)[:, None]
    first, second = r(q, q)
    close(first, turn(q) * scale, "q")
    close(second, turn(q) / scale, "k")
    assert rotate_half(torch.tensor([1.0, 2, 3, 4])).tolist() == [-3, -4, 1, 2]
    assert rotate_half(torch.tensor([1.0, 2, 3, 4]), interleaved=True).tolist() == [-2, 1, -4, 3]
    angles = torch.outer(torch.arange(T).float(), 10000.0 ** -(torch.arange(0, 8, 2) / 8))
    close(rotary_embedding_ref(q, angles.cos(), angles.sin()), turn(q))


def check_token_shift():
    from fla.modules.token_shift import token_shift

    wanted = torch.stack([(x[:, t - 1] if t else 0 * x[:, 0]) - x[:, t] for t in range(T)], 1)
    same(token_shift(x), wanted, [x])
    parts = [
        torch.stack([(x[:1, t - 1] if t > s else 0 * x[:1, 0]) - x[:1, t] for t in range(s, e)], 1)
        for s, e in ((0, 4), (4, 5), (5, 9))
    ]
    same(token_shift(x[:1], bounds), torch.cat(parts, 1), [x], "packed")


def check_gated_mlp():
    from fla.modules import GatedMLP

    mlp, (gate, up, down) = weigh(GatedMLP(D, intermediate_size=8))
    same(mlp(x), (silu(x @ gate.T) * (x @ up.T)) @ down.T, [x, gate, up, down])
    assert [n for n, _ in mlp.named_parameters()] == ["gate_proj.weight", "up_proj.weight", "down_proj.weight"]
    assert GatedMLP(96, hidden_ratio=4).intermediate_size == 256


def check_feature_maps():
    from fla.modules.feature_map import (
        DPFPFeatureMap, HadamardFeatureMap, HedgehogFeatureMap, RebasedFeatureMap, T2RFeatureMap, TaylorFeatureMap)

    k, q = data(5, 4, seed=9), data(5, 4, seed=10)
    taylor = TaylorFeatureMap(4)
    s = (q * k).sum(-1) / 2
    same((taylor(q) * taylor(k)).sum(-1), 1 + s + s * s / 2, [q, k], "Taylor")
    rebased, (gamma, beta) = weigh(RebasedFeatureMap(4))
    a, c = [rms(centered(t)) * gamma + beta for t in (q, k)]
    same((rebased(q) * rebased(k)).sum(-1), (a * c).sum(-1) ** 2 / 4, [q, k, gamma, beta], "squares", 1e-4)
    hedgehog, (matrix, bias) = weigh(HedgehogFeatureMap(4))
    y = 2 * (q @ matrix.T + bias)
    e = torch.exp(torch.cat([y, -y], -1))
    same(hedgehog(q), e / e.sum(-1, keepdim=True), [q, matrix, bias])
    both = torch.cat([q.relu(), (-q).relu()], -1)
    same(DPFPFeatureMap(4, 2)(q), torch.cat([both * both[:, [(i - j) % 8 for i in range(8)]] for j in (1, 2)], -1), [q])
    t2r, (matrix,) = weigh(T2RFeatureMap(4, 3))
    same(t2r(q), (q @ matrix.T).relu(), [q, matrix])
    hadamard, (m1, b1, m2, b2) = weigh(HadamardFeatureMap(4))
    same(hadamard(q), (q @ m1.T + b1) * (q @ m2.T + b2), [q, m1, b1, m2, b2])


def check_losses():
    from fla.modules import FusedCrossEntropyLoss

    logits, target = data(7, 5, seed=11), torch.tensor([0, 1, -100, 3, 4, 2, 2])
    kept = [n for n in range(7) if n != 2]
    rows = torch.stack([torch.log(torch.exp(logits[n]).sum()) - logits[n, target[n]] for n in kept])
    same(FusedCrossEntropyLoss()(logits, target), rows.mean(), [logits])
    lse = torch.log(torch.exp(logits).sum(-1))
    same(
        FusedCrossEntropyLoss(reduction="sum", lse_square_scale=0.1)(logits, target),
        rows.sum() + 0.1 * (lse[kept] ** 2).sum(), [logits])


def check_quantized_linear():
    from fla.modules.fused_bitlinear import BitLinear

    layer, (matrix, weight) = weigh(BitLinear(D, 4))
    y = rms(x, weight, 1e-8)
    peak = y.abs().amax(-1, keepdim=True)
    inputs = torch.round(y * 127 / peak) * peak / 127
    size = matrix.abs().mean()
    weights = torch.round(matrix / size).clamp(-1, 1) * size
    close(layer(x), inputs @ weights.T)


def check_padding():
    from fla.layers.utils import get_unpad_data, index_first_axis, index_put_first_axis, pad_input, unpad_input

    indices, cu_seqlens, longest = get_unpad_data(mask)
    assert indices.tolist() == [*range(2, 18)] and cu_seqlens.tolist() == [0, 7, 16] and longest == 9
    assert cu_seqlens.dtype == torch.int32 and indices.dtype == torch.int64
    rows = index_first_axis(x.reshape(B * T, D), indices)
    same(rows, x.reshape(B * T, D)[indices], [x])
    same(pad_input(rows, indices, B, T), x * mask[..., None], [x])
    same(index_put_first_axis(rows, indices, B * T), (x * mask[..., None]).reshape(B * T, D), [x])
    q, (k, v), places, (cu_q, cu_k), (most_q, most_k) = unpad_input(x, (z, z), mask, T)
    close(q, rows)
    assert most_q == most_k == 9 and cu_q.tolist() == cu_k.tolist() and places.tolist() == indices.tolist()
    q, _, places, (cu_q, _), (most_q, _) = unpad_input(x[:, :1], (z, z), mask, 1)
    assert most_q == 1 and cu_q.tolist() == [0, 1, 2] and tuple(q.shape) == (2, D)
    raises(NotImplementedError, lambda: unpad_input(x[:, :3], (z, z), mask, 3))


def check_cache():
    from fla.models.utils import Cache

    cache = Cache()
    cache.update(recurrent_state=x, conv_state=(z, None), layer_idx=0, offset=T)
    cache.update(recurrent_state=z, layer_idx=1, offset=T)
    assert len(cache) == 2 and cache[0]["recurrent_state"] is x and cache[1]["conv_state"] is None
    assert cache.get_seq_length() == T
    cache.update(recurrent_state=z, layer_idx=0, offset=1)
    assert cache[0]["recurrent_state"] is z and cache[0]["conv_state"][0] is z


def check_mixing_layers():
    from fla.layers.rwkv6 import DDLerpLinear, LerpLinear, LoRA

    before = torch.stack([(x[:, t - 1] if t else 0 * x[:, 0]) - x[:, t] for t in range(T)], 1)
    lora, (down, up, bias) = weigh(LoRA(D, 4, 3))
    same(lora(x), torch.tanh(x @ down.T) @ up.T + bias, [x, down, up, bias])
    lerp, (mu, matrix) = weigh(LerpLinear(D, 4))
    assert [n for n, _ in lerp.named_parameters()] == ["mu", "linear.weight"]
    same(lerp(x), (x + before * mu) @ matrix.T, [x, mu, matrix])
    given, (matrix,) = weigh(DDLerpLinear(D, 4))
    same(given(x, w, z), (x + z * w) @ matrix.T, [x, w, z, matrix])
    raises(ValueError, lambda: LoRA(D, 4, 3, activation="gelu"))

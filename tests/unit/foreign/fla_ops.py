B, T, H, K, V = 2, 21, 2, 4, 6
q, k, v = data(B, T, H, K, seed=1), data(B, T, H, K, seed=2), data(B, T, H, V, seed=3)
gate = decays(B, T, H, K, seed=4)
decay = decays(B, T, H, seed=5)
beta = leaf(data(B, T, H, seed=6).sigmoid())
unit = leaf(F.normalize(k, dim=-1))
start = data(B, H, K, V, seed=7)
bounds = torch.tensor([0, 5, 6, 21], dtype=torch.int32)


def packed(x):
    return x[:1]


def by_sequence(loop, *tensors, state=None, **options):
    parts = [
        loop(*[x[:1, a:b] for x in tensors], state=None if state is None else state[n : n + 1], **options)
        for n, (a, b) in enumerate(((0, 5), (5, 6), (6, 21)))
    ]
    return torch.cat([o for o, _ in parts], 1), torch.cat([s for _, s in parts])


def check_gla():
    from fla.ops.gla import fused_recurrent_gla

    same(
        fused_recurrent_gla(q, k, v, gate, initial_state=start, output_final_state=True),
        loop_linear(q, k, v, gate, state=start), [q, k, v, gate, start], "gla")
    values = decays(B, T, H, V, seed=8)
    same(
        fused_recurrent_gla(q, k, v, gk=gate, gv=values, scale=0.3, output_final_state=True),
        loop_linear(q, k, v, gate, values, scale=0.3), [q, k, v, gate, values], "both gates")
    out, state = fused_recurrent_gla(q, k, v, gate)
    assert state is None
    back, _ = loop_linear(*[x.flip(1) for x in (q, k, v, gate)])
    same(fused_recurrent_gla(q, k, v, gate, reverse=True)[0], back.flip(1), [q, k, v, gate], "reverse")
    starts = data(3, H, K, V, seed=9)
    same(
        fused_recurrent_gla(
            *[packed(x) for x in (q, k, v, gate)], initial_state=starts, output_final_state=True, cu_seqlens=bounds),
        by_sequence(loop_linear, q, k, v, gate, state=starts),
        [q, k, v, gate, starts],
        "packed",
    )
    short = [x.detach().bfloat16() for x in (q, k, v, gate)]
    close(fused_recurrent_gla(*short)[0], loop_linear(*short)[0].bfloat16(), "bfloat16", 1e-2)
    assert "batch size" in raises(ValueError, lambda: fused_recurrent_gla(q, k, v, gate, cu_seqlens=bounds))


def check_gla_in_chunks():
    from fla.ops import chunk_gla, fused_chunk_gla
    from fla.ops.gla.chunk import chunk_gla as again

    assert chunk_gla is again
    long = [data(1, 70, 1, 4, seed=n) for n in range(3)] + [decays(1, 70, 1, 4, seed=3)]
    same(chunk_gla(*long, output_final_state=True), loop_linear(*long), long, "70 tokens")
    resets = gate.detach().clone()
    resets[:, 7] = float("-inf")
    close(
        chunk_gla(q, k, v, resets)[0][:, 7:],
        loop_linear(q[:, 7:], k[:, 7:], v[:, 7:], gate[:, 7:] * 0 + resets[:, 7:].clamp(-1e4))[0], "a decay of -inf")
    first = [x.transpose(1, 2) for x in (q, k, v, gate)]
    close(fused_chunk_gla(*first, head_first=True)[0].transpose(1, 2), chunk_gla(q, k, v, gate)[0], "head first")


def check_naive_gla():
    from fla.ops.gla.naive import naive_recurrent_gla

    same(
        naive_recurrent_gla(q, k, v, gate, start, True), loop_linear(q, k, v, gate, state=start), [q, k, v, gate, start]
    )


def check_simple_gla():
    from fla.ops.simple_gla import fused_recurrent_simple_gla
    from fla.ops.simple_gla.naive import naive_recurrent_simple_gla

    wanted = loop_linear(q, k, v, decay[..., None], state=start)
    leaves = [q, k, v, decay, start]
    same(fused_recurrent_simple_gla(q, k, v, decay, initial_state=start, output_final_state=True), wanted, leaves)
    same(naive_recurrent_simple_gla(q, k, v, decay, initial_state=start), wanted, leaves)
    same(fused_recurrent_simple_gla(q, k, v)[0], loop_linear(q, k, v)[0], [q, k, v], "no decay")
    constant = torch.tensor([-0.1, -0.7])
    same(
        fused_recurrent_simple_gla(q, k, v, g_gamma=constant)[0],
        loop_linear(q, k, v, constant.expand(B, T, H)[..., None])[0], [q, k, v], "a decay a head")


def check_simple_gla_forms():
    from fla.ops.simple_gla import chunk_simple_gla, fused_chunk_simple_gla, parallel_simple_gla
    from fla.ops.simple_gla.naive import naive_chunk_simple_gla, naive_parallel_simple_gla

    wanted, leaves = loop_linear(q, k, v, decay[..., None]), [q, k, v, decay]
    for form in (chunk_simple_gla, fused_chunk_simple_gla, naive_chunk_simple_gla):
        same(form(q, k, v, g=decay, output_final_state=True), wanted, leaves)
    o, weights = parallel_simple_gla(q, k, v, decay, output_attentions=True)
    same(o, wanted[0], leaves)
    assert weights.shape == (B, H, T, T)
    same(naive_parallel_simple_gla(q, k, v, decay)[0], wanted[0], leaves)


def check_linear_attention():
    from fla.ops.linear_attn import fused_recurrent_linear_attn
    from fla.ops.linear_attn.naive import naive_recurrent_linear_attn

    p, r = [leaf(x.abs()) for x in (q, k)]
    o, S = loop_linear(p, r, v)
    same(fused_recurrent_linear_attn(p, r, v, output_final_state=True), (o, S), [p, r, v])
    weights = (p * p.shape[-1] ** -0.5 * r.cumsum(1)).sum(-1, keepdim=True) + 1e-10
    same(naive_recurrent_linear_attn(p, r, v, normalize=True)[0], o / weights, [p, r, v], "normalized")


def check_linear_attention_sums():
    from fla.ops.linear_attn import chunk_linear_attn, fused_chunk_linear_attn

    p, r = [leaf(x.abs()) for x in (q, k)]
    whole, (S, z) = chunk_linear_attn(p, r, v, output_final_state=True)
    first, state = chunk_linear_attn(p[:, :9], r[:, :9], v[:, :9], output_final_state=True)
    rest, (S2, z2) = fused_chunk_linear_attn(p[:, 9:], r[:, 9:], v[:, 9:], initial_state=state, output_final_state=True)
    close(torch.cat([first, rest], 1), whole, "in two parts")
    close(S2, S)
    close(z2, z)


def check_retention():
    from fla.ops.retention import fused_recurrent_retention
    from fla.ops.retention.naive import naive_retention

    gamma = torch.tensor([1 - 2.0**-5, 1 - 2.0**-6]).log().expand(B, T, H)[..., None]
    wanted = loop_linear(q, k, v, gamma)
    same(fused_recurrent_retention(q, k, v, output_final_state=True), wanted, [q, k, v])
    same(naive_retention(*[x.transpose(1, 2) for x in (q, k, v)]).transpose(1, 2), wanted[0], [q, k, v])


def check_retention_forms():
    from fla.ops.retention import chunk_retention, fused_chunk_retention, parallel_retention
    from fla.ops.retention import fused_recurrent_retention

    wanted = fused_recurrent_retention(q, k, v)[0]
    for form in (chunk_retention, fused_chunk_retention, parallel_retention):
        same(form(q, k, v)[0], wanted, [q, k, v])


def check_lightning():
    from fla.ops.lightning_attn import fused_recurrent_lightning_attn

    gamma = (-(8 / H * (1 - 1 / 4)) * torch.arange(H)).expand(B, T, H)[..., None]
    same(fused_recurrent_lightning_attn(q, k, v, 1, 4)[0], loop_linear(q, k, v, gamma)[0], [q, k, v])


def check_delta_rule():
    from fla.ops.delta_rule import fused_recurrent_delta_rule
    from fla.ops.delta_rule.naive import delta_rule_recurrence

    leaves = [q, unit, v, beta, start]
    wanted = loop_delta(q, unit, v, beta, state=start)
    same(fused_recurrent_delta_rule(q, unit, v, beta, initial_state=start, output_final_state=True), wanted, leaves)
    first = [x.transpose(1, 2) for x in (q, unit, v)]
    o, S = delta_rule_recurrence(*first, beta.transpose(1, 2), start)
    same((o.transpose(1, 2), S), wanted, leaves, "naive")
    normal = [x / torch.sqrt((x * x).sum(-1, keepdim=True) + 1e-6) for x in (q, k)]
    same(
        fused_recurrent_delta_rule(q, k, v, beta, use_qk_l2norm_in_kernel=True)[0], loop_delta(*normal, v, beta)[0],
        [q, k, v, beta], "normalized inside")


def check_delta_rule_forms():
    from fla.ops.delta_rule import chunk_delta_rule, fused_chunk_delta_rule

    tensors = [data(1, 75, 2, 4, seed=n) for n in range(3)]
    tensors[1] = leaf(F.normalize(tensors[1], dim=-1))
    strength = leaf(data(1, 75, 2, seed=4).sigmoid())
    for form in (chunk_delta_rule, fused_chunk_delta_rule):
        same(
            form(*tensors, strength, output_final_state=True), loop_delta(*tensors, strength), [*tensors, strength],
            "75 tokens")


def check_channelwise_delta_rule():
    from fla.ops.delta_rule import fused_recurrent_delta_rule

    wide = leaf(data(B, T, H, V, seed=11).sigmoid())
    S, outs = torch.zeros(B, H, K, V), []
    for t in range(T):
        new = (v[:, t] - (S * unit[:, t, :, :, None]).sum(-2)) * wide[:, t]
        S = S + unit[:, t, :, :, None] * new[:, :, None]
        outs.append((S * q[:, t, :, :, None] * K**-0.5).sum(-2))
    same(
        fused_recurrent_delta_rule(q, unit, v, wide, output_final_state=True), (torch.stack(outs, 1), S),
        [q, unit, v, wide])


def check_gated_delta_rule():
    from fla.ops.gated_delta_rule import fused_recurrent_gated_delta_rule, naive_recurrent_gated_delta_rule

    wanted = loop_delta(q, unit, v, beta, decay[..., None], state=start)
    leaves = [q, unit, v, beta, decay, start]
    same(
        naive_recurrent_gated_delta_rule(q, unit, v, beta, decay, initial_state=start, output_final_state=True), wanted,
        leaves)
    with torch.no_grad():
        o, S = fused_recurrent_gated_delta_rule(
            q, unit, v, decay, beta=beta, initial_state=start, output_final_state=True)
    close(o, wanted[0])
    close(S, wanted[1])


def check_gated_delta_rule_forms():
    from fla.ops.gated_delta_rule import chunk_gated_delta_rule, naive_chunk_gated_delta_rule

    wanted = loop_delta(q, unit, v, beta, decay[..., None])
    leaves = [q, unit, v, beta, decay]
    same(chunk_gated_delta_rule(q, unit, v, decay, beta, output_final_state=True), wanted, leaves)
    same(naive_chunk_gated_delta_rule(q, unit, v, decay, beta, chunk_size=16, output_final_state=True), wanted, leaves)
    same(
        chunk_gated_delta_rule(*[packed(x) for x in (q, unit, v, decay, beta)], cu_seqlens=bounds)[0],
        by_sequence(lambda a, b, c, d, e, state: loop_delta(a, b, c, e, d[..., None]), q, unit, v, decay, beta)[0],
        leaves, "packed")
    values = data(B, T, 4, V, seed=12)
    more = [x.repeat_interleave(2, 2) for x in (q, unit, decay, beta)]
    same(
        chunk_gated_delta_rule(q, unit, values, more[2], more[3])[0],
        loop_delta(more[0], more[1], values, more[3], more[2][..., None])[0], [q, unit, values], "more value heads")


def check_kda():
    from fla.ops.kda.naive import naive_recurrent_kda

    same(
        naive_recurrent_kda(q, unit, v, gate, beta, initial_state=start, output_final_state=True),
        loop_delta(q, unit, v, beta, gate, state=start), [q, unit, v, gate, beta, start])


def check_comba():
    from fla.ops.comba import naive_recurrent_comba

    p = data(B, T, H, K, seed=13, scale=0.5)
    same(
        naive_recurrent_comba(q, unit, v, p, beta, decay, output_final_state=True),
        loop_delta(q, unit, v, beta, decay[..., None], p), [q, unit, v, p, beta, decay])


def check_low_rank():
    from fla.ops.generalized_delta_rule.dplr.naive import dplr_recurrence
    from fla.ops.generalized_delta_rule.iplr.naive import iplr_recurrence

    a, b = data(B, T, H, K, seed=14, scale=0.5), data(B, T, H, K, seed=15, scale=0.5)
    leaves = [q, k, v, a, b, gate, start]
    first = [x.transpose(1, 2) for x in (q, k, v, a, b, gate)]
    o, S = dplr_recurrence(*first, start)
    same((o.transpose(1, 2), S), loop_low_rank(q, k, v, a, b, gate, start), leaves)
    o, S = iplr_recurrence(*first[:5])
    same((o.transpose(1, 2), S), loop_low_rank(q, k, v, a, b, gate * 0), leaves[:5], "identity")


def check_rwkv7():
    from fla.ops.rwkv7 import fused_mul_recurrent_rwkv7

    a = data(B, T, H, K, seed=16).sigmoid().detach()
    with torch.no_grad():
        close(
            fused_mul_recurrent_rwkv7(q, gate, k, v, unit, a)[0],
            loop_low_rank(q, k, v, -unit, unit * a, gate, scale=1.0)[0])


def check_rwkv7_forms():
    from fla.ops.rwkv7 import chunk_rwkv7, fused_recurrent_rwkv7

    a, b = data(B, T, H, K, seed=14, scale=0.5), data(B, T, H, K, seed=15, scale=0.5)
    same(
        chunk_rwkv7(q, gate, k, v, a, b, output_final_state=True), loop_low_rank(q, k, v, a, b, gate, scale=1.0),
        [q, k, v, a, b, gate])
    same(
        fused_recurrent_rwkv7(q, gate, k, v, a, b, scale=1.0), loop_low_rank(q, k, v, a, b, gate, scale=1.0),
        [q, k, v, a, b, gate])


def check_rwkv6():
    from fla.ops.rwkv6 import fused_recurrent_rwkv6
    from fla.ops.rwkv6.recurrent_naive import naive_recurrent_rwkv6

    u = data(H, K, seed=17)
    wanted = loop_linear(q, k, v, gate, state=start, u=u)
    leaves = [q, k, v, gate, u, start]
    given = fused_recurrent_rwkv6(q, k, v, gate, u, initial_state=start, output_final_state=True)
    same(given[0], wanted[0], leaves, "rwkv6", 1e-4)
    close(given[1], wanted[1], "state")
    o, S = naive_recurrent_rwkv6(
        *[x.transpose(1, 2) for x in (q, k, v, gate)], u, initial_state=start, output_final_state=True)
    same((o.transpose(1, 2), S), wanted, leaves, "naive")


def check_rwkv4():
    from fla.ops.rwkv4 import fused_recurrent_rwkv4

    w, u, key, value = data(5, seed=18), data(5, seed=19), data(2, 9, 5, seed=20), data(2, 9, 5, seed=21)
    rate, outs = -torch.exp(w), []
    for t in range(9):
        weights = [torch.exp(key[:, s] + rate * (t - 1 - s)) for s in range(t)] + [torch.exp(u + key[:, t])]
        outs.append(sum(a * value[:, s] for s, a in enumerate(weights)) / sum(weights))
    state = torch.zeros(2, 3, 1, 5)
    state[:, 2] = -1e38
    with torch.no_grad():
        close(fused_recurrent_rwkv4(w, u, key, value, state)[0], torch.stack(outs, 1))


def check_hgrn():
    from fla.ops.hgrn import fused_recurrent_hgrn
    from fla.ops.hgrn.naive import naive_recurrent_hgrn

    x, g, h0 = data(B, 37, 5, seed=22), decays(B, 37, 5, seed=23), data(B, 5, seed=24)
    h, outs = h0, []
    for t in range(37):
        h = g[:, t].exp() * h + x[:, t]
        outs.append(h)
    for form in (fused_recurrent_hgrn, naive_recurrent_hgrn):
        same(form(x, g, h0, True), (torch.stack(outs, 1), h), [x, g, h0])


def check_gsa():
    from fla.ops.gsa.naive import naive_recurrent_gsa
    from fla.ops.gsa import fused_recurrent_gsa

    M = 3
    s, g = leaf(data(B, T, H, M, seed=25).sigmoid()), decays(B, T, H, M, seed=26)
    slots, hk = loop_linear(q, k, s, h=g)
    o, hv = loop_linear(slots.softmax(-1), s, v, g, scale=1.0)
    out, states = naive_recurrent_gsa(q, k, v, s, g, output_final_state=True)
    same((out, *states), (o, hk, hv), [q, k, v, s, g])
    same(fused_recurrent_gsa(q, k, v, s, g)[0], o, [q, k, v, s, g], "fused")


def check_slots_of_a_softmax():
    from fla.ops.abc.naive import naive_recurrent_abc

    s = data(B, T, H, 3, seed=27)
    rows = []
    for t in range(T):
        w = s[:, : t + 1].softmax(1)
        slots = (w[..., None] * k[:, : t + 1, :, None]).sum(1)
        p = ((q[:, t, :, None] * K**-0.5) * slots).sum(-1).softmax(-1)
        rows.append((p[..., None] * (w[..., None] * v[:, : t + 1, :, None]).sum(1)).sum(-2))
    o, _ = naive_recurrent_abc(*[x.transpose(1, 2) for x in (q, k, v, s)])
    same(o.transpose(1, 2), torch.stack(rows, 1), [q, k, v, s])


def check_based():
    from fla.ops.based.naive import naive_parallel_based
    from fla.ops.rebased.naive import naive_parallel_rebased

    rows, others = [], []
    for t in range(T):
        s = (q[:, t, None] * k[:, : t + 1]).sum(-1) * K**-0.5
        w, x = 1 + s + s * s / 2, s * s
        rows.append((w[..., None] * v[:, : t + 1]).sum(1) / (w.sum(1)[..., None] + 1e-6))
        others.append((x[..., None] * v[:, : t + 1]).sum(1) / (x.sum(1)[..., None] + 1e-6))
    first = [x.transpose(1, 2) for x in (q, k, v)]
    same(naive_parallel_based(*first).transpose(1, 2), torch.stack(rows, 1), [q, k, v])
    same(naive_parallel_rebased(*first).transpose(1, 2), torch.stack(others, 1), [q, k, v], "squares")


def check_based_forms():
    from fla.ops.based import fused_chunk_based, parallel_based
    from fla.ops.based.naive import naive_parallel_based
    from fla.ops.rebased import parallel_rebased

    wanted = naive_parallel_based(*[x.transpose(1, 2) for x in (q, k, v)]).transpose(1, 2)
    close(parallel_based(q, k, v), wanted)
    close(fused_chunk_based(q, k, v), wanted)
    assert parallel_rebased(q, k, v).shape == v.shape


def check_softmax_attention():
    from fla.ops.attn.naive import naive_parallel_attn
    from fla.ops.forgetting_attn.naive import naive_forgetting_attn

    many = data(B, T, 4, K, seed=28)
    same(naive_parallel_attn(many, k, v)[0], loop_softmax(many, k, v), [many, k, v])
    same(naive_parallel_attn(q, k, v, window_size=5)[0], loop_softmax(q, k, v, window=5), [q, k, v], "window")
    total = decay.cumsum(1).transpose(1, 2)
    same(
        naive_forgetting_attn(q, k, v, decay), loop_softmax(q, k, v, bias=total[..., None] - total[..., None, :]),
        [q, k, v, decay], "forgetting")


def check_packed_attention():
    from fla.ops.attn import parallel_attn
    from fla.ops import parallel_forgetting_attn

    same(
        parallel_attn(*[packed(x) for x in (q, k, v)], cu_seqlens=bounds),
        torch.cat([loop_softmax(*[x[:1, a:b] for x in (q, k, v)]) for a, b in ((0, 5), (5, 6), (6, 21))], 1), [q, k, v])
    assert parallel_forgetting_attn(q, k, v, decay).dtype == torch.float32


def check_products_of_householders():
    from fla.ops.gated_delta_product.naive import naive_recurrent_gated_delta_product

    keys, values = leaf(F.normalize(data(B, 2 * T, H, K, seed=29), dim=-1)), data(B, 2 * T, H, V, seed=30)
    strengths = leaf(data(B, 2 * T, H, seed=31).sigmoid())
    S, outs = torch.zeros(B, H, K, V), []
    for t in range(T):
        S = S * decay[:, t, :, None, None].exp()
        for j in (2 * t, 2 * t + 1):
            S = (
                S
                + keys[:, j, :, :, None]
                * ((values[:, j] - (S * keys[:, j, :, :, None]).sum(-2)) * strengths[:, j, :, None])[:, :, None]
            )
        outs.append((S * q[:, t, :, :, None] * 0.5).sum(-2))
    same(
        naive_recurrent_gated_delta_product(q, keys, values, decay, strengths, 0.5, num_householder=2),
        (torch.stack(outs, 1), S), [q, keys, values, decay, strengths])


def check_sums():
    from fla.ops.utils import chunk_global_cumsum, chunk_local_cumsum

    x = data(1, 21, 2, seed=32, grad=False)
    close(chunk_local_cumsum(x, 8), torch.cat([x[:, a : a + 8].cumsum(1) for a in (0, 8, 16)], 1), "of chunks")
    close(chunk_global_cumsum(x, reverse=True), x.flip(1).cumsum(1).flip(1), "reverse")
    close(
        chunk_global_cumsum(x, cu_seqlens=bounds),
        torch.cat([x[:, a:b].cumsum(1) for a, b in ((0, 5), (5, 6), (6, 21))], 1), "packed")


def check_indices():
    from fla.ops.utils import prepare_chunk_indices, prepare_lens, prepare_position_ids, prepare_token_indices
    from fla.ops.utils.index import prepare_chunk_offsets, prepare_sequence_ids

    assert prepare_lens(bounds).tolist() == [5, 1, 15]
    assert prepare_position_ids(bounds).tolist() == [*range(5), 0, *range(15)]
    assert prepare_sequence_ids(bounds).tolist() == [0] * 5 + [1] + [2] * 15
    assert prepare_token_indices(bounds)[5:8].tolist() == [[1, 0], [2, 0], [2, 1]]
    assert prepare_chunk_indices(bounds, 8).tolist() == [[0, 0], [1, 0], [2, 0], [2, 1]]
    assert prepare_chunk_offsets(bounds, 8).tolist() == [0, 1, 2, 4]


def check_solved_chunks():
    from fla.ops.utils.solve_tril import solve_tril

    A = data(1, 32, 2, 16, seed=33, scale=0.3, grad=False)
    for chunk in range(2):
        for row in range(16):
            A[:, chunk * 16 + row, :, row:] = 0
    rows = [torch.linalg.inv(torch.eye(16) + A[:, a : a + 16].transpose(1, 2)).transpose(1, 2) for a in (0, 16)]
    close(solve_tril(A), torch.cat(rows, 1))


def check_autocast():
    from fla.ops.gla import fused_recurrent_gla

    with torch.autocast("cpu", dtype=torch.bfloat16):
        o, _ = fused_recurrent_gla(q, k, v, gate)
    close(o, loop_linear(q, k, v, gate)[0], "float32 whatever autocast says")


def check_here_heads_before_tokens():
    from fla.ops import (
        chunk_delta_rule, chunk_gated_delta_rule, chunk_gsa, chunk_linear_attn, chunk_retention, chunk_rwkv6,
        chunk_simple_gla, parallel_based, parallel_retention, parallel_simple_gla)

    u, s = data(H, K, seed=17), data(B, T, H, 3, seed=25).sigmoid()
    for form, tensors, rest in (
        (chunk_retention, [q, k, v], []), (chunk_linear_attn, [q, k, v], []), (chunk_simple_gla, [q, k, v, decay], []),
        (chunk_delta_rule, [q, unit, v, beta], []), (chunk_gated_delta_rule, [q, unit, v, decay, beta], []),
        (chunk_rwkv6, [q, k, v, gate], [u]), (chunk_gsa, [q, k, v, s], []), (parallel_based, [q, k, v], []),
        (parallel_retention, [q, k, v], []), (parallel_simple_gla, [q, k, v, decay], [])):
        first, wanted = form(*[x.transpose(1, 2) for x in tensors], *rest, head_first=True), form(*tensors, *rest)
        first, wanted = [y[0] if isinstance(y, tuple) else y for y in (first, wanted)]
        close(first.transpose(1, 2), wanted, form.__name__)


def check_states_carry_on():
    from fla.ops import chunk_delta_rule, chunk_gated_delta_rule, chunk_gla, chunk_gsa, chunk_rwkv7, fused_recurrent_kda

    s, g = data(B, T, H, 3, seed=25).sigmoid(), decays(B, T, H, 3, seed=26)
    for form, tensors in (
        (chunk_gla, [q, k, v, gate]), (chunk_delta_rule, [q, unit, v, beta]), (chunk_gsa, [q, k, v, s, g]),
        (chunk_gated_delta_rule, [q, unit, v, decay, beta]), (fused_recurrent_kda, [q, unit, v, gate, beta]),
        (chunk_rwkv7, [q, gate, k, v, -unit, unit * 0.5])):
        whole, _ = form(*tensors)
        first, state = form(*[x[:, :8] for x in tensors], output_final_state=True)
        rest, _ = form(*[x[:, 8:] for x in tensors], initial_state=state)
        close(torch.cat([first, rest], 1), whole, form.__name__)
        empty = torch.tensor([0, 8, 8, 21], dtype=torch.int32)
        parts = [form(*[x[:1, a:b] for x in tensors])[0] for a, b in ((0, 8), (8, 21))]
        close(form(*[x[:1] for x in tensors], cu_seqlens=empty)[0], torch.cat(parts, 1), f"{form.__name__} packed")


def check_decoding():
    from fla.ops.attn.decoding import attn_decoding_one_step

    many = data(1, 3, 4, K, seed=28)
    with torch.no_grad():
        wanted = [
            loop_softmax(many[:, n : n + 1], k[:1, a:b], v[:1, a:b])
            for n, (a, b) in enumerate(((0, 5), (5, 6), (6, 21)))]
        close(attn_decoding_one_step(many, k[:1], v[:1], cu_seqlens=bounds), torch.cat(wanted, 1))
        total = decay[:1].cumsum(1)
        gated = []
        for n, (a, b) in enumerate(((0, 5), (5, 6), (6, 21))):
            bias = (total[:, b - 1 : b] - total[:, a:b]).repeat_interleave(2, 2).transpose(1, 2)[:, :, None]
            gated.append(loop_softmax(many[:, n : n + 1], k[:1, a:b], v[:1, a:b], bias=bias))
        gates = decay[:1].repeat_interleave(2, 2)
        close(attn_decoding_one_step(many, k[:1], v[:1], gates, cu_seqlens=bounds), torch.cat(gated, 1), "gates")

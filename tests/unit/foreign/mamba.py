B, T, D, N, W = 2, 11, 6, 4, 4
x, z, step = data(B, D, T, seed=1), data(B, D, T, seed=2), data(B, D, T, seed=3)
weight, bias = data(D, W, seed=4), data(D, seed=5)
mixed = torch.tensor([[0] * 5 + [1] * 6, [0] * 2 + [1] * 3 + [2] * 6], dtype=torch.int32)


def silu(x):
    return x / (1 + torch.exp(-x))


def scan(u, delta, A, inputs, outputs, skip=None, gate=None):
    """(B, D, T), inputs and outputs (B, D, N, T)."""
    h, ys = torch.zeros(u.shape[0], *A.shape), []
    for t in range(u.shape[2]):
        h = torch.exp(delta[:, :, t, None] * A) * h + delta[:, :, t, None] * inputs[..., t] * u[:, :, t, None]
        ys.append((h * outputs[..., t]).sum(-1))
    y = torch.stack(ys, -1)
    y = y if skip is None else y + u * skip[:, None]
    return (y if gate is None else y * silu(gate)), h


def check_convolution():
    from causal_conv1d.causal_conv1d_interface import causal_conv1d_ref as conv

    turned = x.transpose(1, 2)
    same(
        conv(x, weight, bias, activation="silu"), loop_conv(turned, weight, bias, None, True)[0].transpose(1, 2),
        [x, weight, bias])
    same(conv(x, weight), loop_conv(turned, weight, None, None, False)[0].transpose(1, 2), [x, weight], "plain")
    past = data(B, D, W - 1, seed=6)
    y, final = conv(x, weight, bias, initial_states=past, return_final_states=True, activation="swish")
    wanted, state = loop_conv(turned, weight, bias, past, True)
    same((y, final), (wanted.transpose(1, 2), state[..., 1:]), [x, weight, bias, past], "states")
    raises(NotImplementedError, lambda: conv(x, weight, activation="relu"))


def check_convolution_of_mixed_sequences():
    from causal_conv1d.causal_conv1d_interface import causal_conv1d_ref as conv

    rows = []
    for n, starts in ((0, (0, 5, 11)), (1, (0, 2, 5, 11))):
        parts = [
            loop_conv(x[n : n + 1, :, a:b].transpose(1, 2), weight, bias, None, True)[0]
            for a, b in zip(starts, starts[1:])
        ]
        rows.append(torch.cat(parts, 1))
    same(conv(x, weight, bias, seq_idx=mixed, activation="silu"), torch.cat(rows).transpose(1, 2), [x, weight, bias])


def check_convolution_update():
    from causal_conv1d.causal_conv1d_interface import causal_conv1d_ref, causal_conv1d_update_ref

    with torch.no_grad():
        whole = causal_conv1d_ref(x, weight, bias, activation="silu")
        state, circle = torch.zeros(B, D, W), torch.zeros(B, D, W)
        for t in range(T):
            close(causal_conv1d_update_ref(x[:, :, t], state, weight, bias, "silu"), whole[:, :, t], f"token {t}")
            seen = torch.tensor([t, t], dtype=torch.int32)
            close(
                causal_conv1d_update_ref(x[:, :, t], circle, weight, bias, "silu", cache_seqlens=seen), whole[:, :, t],
                "circle")
        close(state, x[..., -W:].detach())


def check_varlen_states():
    from causal_conv1d.causal_conv1d_varlen import causal_conv1d_varlen_states_ref

    flat = data(7, D, seed=7, grad=False)
    states = causal_conv1d_varlen_states_ref(flat, torch.tensor([0, 2, 7]), 3)
    close(states[0], torch.cat([torch.zeros(1, D), flat[:2]]).T.contiguous())
    close(states[1], flat[4:7].T.contiguous())


def check_selective_scan():
    from mamba_ssm.ops.selective_scan_interface import selective_scan_ref as selective_scan

    A, skip, offset = leaf(-data(D, N, seed=8).abs()), data(D, seed=9), data(D, seed=10)
    inputs, outputs = data(B, N, T, seed=11), data(B, N, T, seed=12)
    delta = torch.log(1 + torch.exp(step + offset[:, None]))
    wide = [t[:, None].expand(B, D, N, T) for t in (inputs, outputs)]
    leaves = [x, step, A, inputs, outputs, skip, z, offset]
    same(
        selective_scan(x, step, A, inputs, outputs, skip, z, offset, True, True), scan(x, delta, A, *wide, skip, z),
        leaves)
    same(selective_scan(x, step, A, inputs, outputs), scan(x, step, A, *wide)[0], leaves[:5], "plain")
    grouped = data(B, 2, N, T, seed=13)
    same(
        selective_scan(x, step, A, grouped, outputs), scan(x, step, A, grouped.repeat_interleave(3, 1), wide[1])[0],
        [x, step, A, grouped, outputs], "groups")
    fixed = data(D, N, seed=14)
    same(
        selective_scan(x, step, A, fixed, fixed),
        scan(x, step, A, *[fixed[None, :, :, None].expand(B, D, N, T)] * 2)[0], [x, step, A, fixed],
        "the same for all tokens")
    short = [t.detach().bfloat16() for t in (x, step)]
    close(
        selective_scan(*short, A, inputs, outputs), scan(*[t.float() for t in short], A, *wide)[0].bfloat16(),
        "bfloat16", 1e-2)


def check_complex_scan():
    from mamba_ssm.ops.selective_scan_interface import selective_scan_ref as selective_scan

    A = torch.complex(-data(D, N, seed=8).abs(), data(D, N, seed=9)).detach()
    inputs, outputs = data(B, N, 2 * T, seed=11), data(B, N, 2 * T, seed=12)
    b, c = [
        torch.view_as_complex(t.reshape(B, N, T, 2).contiguous())[:, None].expand(B, D, N, T) for t in (inputs, outputs)
    ]
    h, ys = torch.zeros(B, D, N, dtype=torch.complex64), []
    for t in range(T):
        h = torch.exp(step[:, :, t, None] * A) * h + step[:, :, t, None] * b[..., t] * x[:, :, t, None]
        ys.append((h * c[..., t]).sum(-1).real * 2)
    close(selective_scan(x, step, A, inputs, outputs), torch.stack(ys, -1))


def check_state_update():
    from mamba_ssm.ops.triton.selective_state_update import selective_state_update_ref as update

    A, skip, offset = -data(D, N, seed=8, grad=False).abs(), data(D, seed=9, grad=False), data(D, seed=10, grad=False)
    inputs, outputs, state = (
        data(B, N, seed=11, grad=False), data(B, N, seed=12, grad=False), data(B, D, N, seed=13, grad=False))
    before, u, d, g = state.clone(), x[..., 0].detach(), step[..., 0].detach(), z[..., 0].detach()
    delta = torch.log(1 + torch.exp(d + offset))
    after = torch.exp(delta[..., None] * A) * before + delta[..., None] * inputs[:, None] * u[..., None]
    y = update(state, u, d, A, inputs, outputs, skip, g, offset, True)
    close(y, ((after * outputs[:, None]).sum(-1) + skip * u) * silu(g))
    close(state, after, "in place")


def heads(P=3, H=4, G=2):
    u, dt = data(B, T, H, P, seed=21), data(B, T, H, seed=22)
    A = leaf(-data(H, seed=23).abs())
    inputs, outputs = data(B, T, G, N, seed=24), data(B, T, G, N, seed=25)
    return u, dt, A, inputs, outputs


def loop_heads(u, dt, A, inputs, outputs, skip=None, state=None, cut=None):
    """State space duality token by token: S (B, H, P, N)."""
    H = u.shape[2]
    inputs, outputs = [t.repeat_interleave(H // t.shape[2], 2) for t in (inputs, outputs)]
    S = torch.zeros(B, H, u.shape[3], inputs.shape[3]) if state is None else state
    ys = []
    for t in range(u.shape[1]):
        if cut is not None and t > 0:
            S = S * (cut[:, t] == cut[:, t - 1]).float()[:, None, None, None]
        S = (
            S * torch.exp(dt[:, t] * A)[..., None, None]
            + (dt[:, t, :, None] * u[:, t])[..., None] * inputs[:, t, :, None]
        )
        y = (S * outputs[:, t, :, None]).sum(-1)
        ys.append(y if skip is None else y + skip[:, None] * u[:, t])
    return torch.stack(ys, 1), S


def check_duality():
    from mamba_ssm.ops.triton.ssd_combined import mamba_chunk_scan_combined

    u, dt, A, inputs, outputs = heads()
    skip, offset, gate, start = data(4, seed=26), data(4, seed=27), data(B, T, 4, 3, seed=28), data(B, 4, 3, N, seed=29)
    delta = torch.log(1 + torch.exp(dt + offset))
    y, S = loop_heads(u, delta, A, inputs, outputs, skip, start)
    leaves = [u, dt, A, inputs, outputs, skip, gate, offset, start]
    same(
        mamba_chunk_scan_combined(
            u, dt, A, inputs, outputs, 4, D=skip, z=gate, dt_bias=offset, initial_states=start, dt_softplus=True,
            return_final_states=True),
        (y * silu(gate), S),
        leaves,
    )
    bounded = loop_heads(u, dt.clamp(0.1, 0.6), A, inputs, outputs)[0]
    same(
        mamba_chunk_scan_combined(u, dt, A, inputs, outputs, 8, dt_limit=(0.1, 0.6)), bounded,
        [u, dt, A, inputs, outputs], "limits")
    same(
        mamba_chunk_scan_combined(u, dt.abs(), A, inputs, outputs, 8, seq_idx=mixed),
        loop_heads(u, dt.abs(), A, inputs, outputs, cut=mixed)[0], [u, dt, A, inputs, outputs], "sequences")


def check_minimal_duality():
    from mamba_ssm.modules.ssd_minimal import segsum, ssd_minimal_discrete

    u, dt, A, inputs, outputs = heads(G=4)
    u, dt, inputs, outputs = [t[:, :8] for t in (u, dt, inputs, outputs)]
    wanted = loop_heads(u, dt, A, inputs, outputs)
    same(ssd_minimal_discrete(u * dt[..., None], A * dt, inputs, outputs, 4), wanted, [u, dt, A, inputs, outputs])
    assert segsum(torch.tensor([1.0, 2.0, 3.0])).tolist() == [[0, -math.inf, -math.inf], [2, 0, -math.inf], [5, 3, 0]]


def weigh(module):
    with torch.no_grad():
        for k, p in enumerate(module.parameters()):
            p.copy_(data(*p.shape, seed=40 + k, scale=0.5, grad=False))
    return dict(module.named_parameters())


def check_mamba():
    from mamba_ssm.modules.mamba_simple import Mamba

    layer = Mamba(8, d_state=N, d_conv=3, expand=2)
    p = weigh(layer)
    assert list(p) == [
        "A_log", "D", "in_proj.weight", "conv1d.weight", "conv1d.bias", "x_proj.weight", "dt_proj.weight",
        "dt_proj.bias", "out_proj.weight"]
    h = data(B, T, 8, seed=31)
    u, gate = (h @ p["in_proj.weight"].T).split(16, -1)
    u = loop_conv(u, p["conv1d.weight"][:, 0], p["conv1d.bias"], None, True)[0]
    dt, b, c = (u @ p["x_proj.weight"].T).split([1, N, N], -1)
    delta = torch.log(1 + torch.exp(dt @ p["dt_proj.weight"].T + p["dt_proj.bias"])).transpose(1, 2)
    wide = [t.transpose(1, 2)[:, None].expand(B, 16, N, T) for t in (b, c)]
    y, _ = scan(u.transpose(1, 2), delta, -torch.exp(p["A_log"]), *wide, p["D"], gate.transpose(1, 2))
    same(layer(h), y.transpose(1, 2) @ p["out_proj.weight"].T, [h, *p.values()], "mamba", 1e-4)


def check_mamba_step_by_step():
    from mamba_ssm.modules.mamba_simple import Mamba
    from mamba_ssm.modules.mamba2 import Mamba2
    from mamba_ssm.utils.generation import InferenceParams

    h = data(B, T, 8, seed=31, grad=False)
    options = {"d_state": N, "headdim": 4, "layer_idx": 0, "use_mem_eff_path": False}
    for layer in (
        Mamba(8, d_state=N, layer_idx=0), Mamba2(8, **options), Mamba2(8, rmsnorm=False, ngroups=2, **options)):
        weigh(layer)
        with torch.no_grad():
            whole, steps = layer(h), []
            cache = InferenceParams(max_seqlen=T, max_batch_size=B)
            steps.append(layer(h[:, :4], inference_params=cache))
            for t in range(4, T):
                cache.seqlen_offset = t
                steps.append(layer(h[:, t : t + 1], inference_params=cache))
            close(torch.cat(steps, 1), whole, type(layer).__name__, 1e-4)


def loop_mamba2(h, p, H, P, G, norm, gate_first=True):
    di = H * P
    inner = h @ p["in_proj.weight"].T
    rest = (inner.shape[-1] - 2 * di - 2 * G * N - H) // 2
    z0, x0, gate, xbc, dt = inner.split([rest, rest, di, di + 2 * G * N, H], -1)
    xbc = loop_conv(xbc, p["conv1d.weight"][:, 0], p.get("conv1d.bias"), None, True)[0]
    u, b, c = xbc.split([di, G * N, G * N], -1)
    delta = torch.log(1 + torch.exp(dt + p["dt_bias"]))
    y, _ = loop_heads(
        u.reshape(B, T, H, P), delta, -torch.exp(p["A_log"]), b.reshape(B, T, G, N), c.reshape(B, T, G, N), p["D"],
        p["init_states"].expand(B, -1, -1, -1) if "init_states" in p else None)
    y = y.reshape(B, T, di)
    if norm:
        y = y * silu(gate) if gate_first else y
        y = rms(y.reshape(B, T, G, -1)).reshape(B, T, di) * p["norm.weight"]
        y = y if gate_first else y * silu(gate)
    else:
        y = y * silu(gate)
    y = torch.cat([silu(z0) * x0, y], -1) if rest else y
    return y @ p["out_proj.weight"].T


def check_mamba2():
    from mamba_ssm.modules.mamba2 import Mamba2

    h = data(B, T, 8, seed=31)
    for options, norm, first in (
        ({}, True, True), ({"rmsnorm": False}, False, True), ({"norm_before_gate": True, "ngroups": 2}, True, False),
        ({"d_ssm": 8}, True, True), ({"conv_bias": False}, True, True)):
        layer = Mamba2(8, d_state=N, headdim=4, chunk_size=8, use_mem_eff_path=False, **options)
        p = weigh(layer)
        heads = options.get("d_ssm", 16) // 4
        same(
            layer(h), loop_mamba2(h, p, heads, 4, options.get("ngroups", 1), norm, first), [h, *p.values()],
            str(options), 1e-4)
    assert list(weigh(Mamba2(8, d_state=N, headdim=4))) == [
        "dt_bias", "A_log", "D", "in_proj.weight", "conv1d.weight", "conv1d.bias", "norm.weight", "out_proj.weight"]


def check_simple_mamba2():
    from mamba_ssm.modules.mamba2_simple import Mamba2Simple

    h = data(B, T, 8, seed=31)
    layer = Mamba2Simple(8, d_state=N, headdim=4, learnable_init_states=True, use_mem_eff_path=False)
    p = weigh(layer)
    same(layer(h), loop_mamba2(h, p, 4, 4, 1, True), [h, *p.values()], "simple", 1e-4)


def check_gated_norms():
    from mamba_ssm.ops.triton.layernorm_gated import LayerNorm, RMSNorm, rms_norm_ref

    u, gate, w = data(B, T, D, seed=32), data(B, T, D, seed=33), data(D, seed=34)
    same(rms_norm_ref(u, w, None, gate), rms(u, w, 1e-6) * silu(gate), [u, gate, w])
    same(
        rms_norm_ref(u, w, None, gate, group_size=2, norm_before_gate=False),
        rms((u * silu(gate)).reshape(B, T, 3, 2), eps=1e-6).reshape(B, T, D) * w, [u, gate, w])
    norm = RMSNorm(D)
    same(norm(u, gate), rms(u, norm.weight) * silu(gate), [u, gate, norm.weight])
    assert [n for n, _ in LayerNorm(D).named_parameters()] == ["weight", "bias"]


def check_norms():
    from mamba_ssm.ops.triton.layer_norm import RMSNorm, layer_norm_fn, layer_norm_ref, rms_norm_ref

    u, other, w, b = data(B, T, D, seed=32), data(B, T, D, seed=33), data(D, seed=34), data(D, seed=35)
    same(
        rms_norm_ref(u, w, b, residual=other, prenorm=True), (rms(u + other, w, 1e-6) + b, u + other), [u, other, w, b])
    same(layer_norm_ref(u, w, b), rms(u - u.mean(-1, keepdim=True), w, 1e-6) + b, [u, w, b])
    norm = RMSNorm(D)
    close(norm(u), rms(u, norm.weight))
    y, total = norm(u.bfloat16(), prenorm=True, residual_in_fp32=True)
    assert y.dtype == torch.bfloat16 and total.dtype == torch.float32
    first, second = layer_norm_fn(u, w, b, x1=other, weight1=w, bias1=None)
    close(second, rms(u + other - (u + other).mean(-1, keepdim=True), w, 1e-6))


def check_mlp_and_block():
    from mamba_ssm.modules.block import Block
    from mamba_ssm.modules.mlp import GatedMLP

    mlp = GatedMLP(D, multiple_of=4)
    h = data(B, T, D, seed=31)
    y, gate = (h @ mlp.fc1.weight.T).split(16, -1)
    close(mlp(h), (y * silu(gate)) @ mlp.fc2.weight.T)
    from mamba_ssm.modules.mamba_simple import Mamba

    block = Block(8, lambda d: Mamba(d, d_state=N), nn.Identity)
    out, residual = block(data(B, T, 8, seed=31))
    assert out.shape == residual.shape


def check_attention():
    from mamba_ssm.modules.mha import MHA

    layer = MHA(8, 4, num_heads_kv=2, mlp_dim=256, causal=True, d_conv=3, rotary_emb_dim=2)
    names = [n for n, _ in layer.named_parameters()]
    assert names == [
        "in_proj.weight", "in_proj.bias", "conv1d.weight", "conv1d.bias", "out_proj.weight", "out_proj.bias"]
    assert layer(data(B, T, 8, seed=31)).shape == (B, T, 8)

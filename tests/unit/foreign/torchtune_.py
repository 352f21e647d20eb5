B, T, H, D = 2, 5, 2, 8


def check_norms():
    from torchtune.modules.layer_norm import Fp32LayerNorm
    from torchtune.modules.rms_norm import RMSNorm

    x, norm = data(B, T, D, seed=1), RMSNorm(D)
    assert [n for n, _ in norm.named_parameters()] == ["scale"]
    same(norm(x), rms(x, norm.scale, 1e-6), [x, norm.scale])
    assert norm(x.bfloat16()).dtype == torch.bfloat16
    norm = Fp32LayerNorm(D)
    same(norm(x), rms(x - x.mean(-1, keepdim=True), norm.weight) + norm.bias, [x, norm.weight, norm.bias])
    assert norm.bfloat16()(x.bfloat16()).dtype == torch.bfloat16


def check_rotary():
    from torchtune.modules.position_embeddings import RotaryPositionalEmbeddings

    x = data(B, T, H, D, seed=2)
    rope = RotaryPositionalEmbeddings(D, max_seq_len=16, base=100)
    out = []
    for t in range(T):
        row = []
        for j in range(D // 2):
            angle = t / 100 ** (2 * j / D)
            row += [
                x[:, t, :, 2 * j] * math.cos(angle) - x[:, t, :, 2 * j + 1] * math.sin(angle),
                x[:, t, :, 2 * j + 1] * math.cos(angle) + x[:, t, :, 2 * j] * math.sin(angle)]
        out.append(torch.stack(row, -1))
    same(rope(x), torch.stack(out, 1), [x])
    close(rope(x, input_pos=torch.arange(T)), rope(x))
    close(rope(x[:, 2:3], input_pos=torch.tensor([2])), rope(x)[:, 2:3])
    assert list(rope.state_dict()) == [] and tuple(rope.cache.shape) == (16, D // 2, 2)


def check_pieces():
    from torchtune.modules.feed_forward import FeedForward
    from torchtune.modules.kv_cache import KVCache
    from torchtune.modules.tanh_gate import TanhGate

    x = data(B, T, D, seed=1)
    mlp = FeedForward(
        gate_proj=nn.Linear(D, 6, bias=False), down_proj=nn.Linear(6, D, bias=False),
        up_proj=nn.Linear(D, 6, bias=False))
    assert [n for n, _ in mlp.named_parameters()] == ["w1.weight", "w2.weight", "w3.weight"]
    g = x @ mlp.w1.weight.T
    close(mlp(x), (g / (1 + torch.exp(-g)) * (x @ mlp.w3.weight.T)) @ mlp.w2.weight.T)
    close(TanhGate()(x), 0 * x)
    cache, k = KVCache(B, 8, H, 4, torch.float32), data(B, H, 3, 4, seed=3, grad=False)
    keys, values = cache.update(k, 2 * k)
    assert cache.size == 3
    close(keys[:, :, :3], k)
    cache.update(k, k)
    assert cache.size == 6
    cache.reset()
    assert cache.size == 0


def check_attention():
    from torchtune.modules.attention import MultiHeadAttention

    x = data(B, T, 8, seed=1)

    def linear(n):
        return nn.Linear(8, n, bias=False)

    attn = MultiHeadAttention(
        embed_dim=8, num_heads=2, num_kv_heads=1, head_dim=4, q_proj=linear(8), k_proj=linear(4), v_proj=linear(4),
        output_proj=linear(8))
    q, k, v = [(x @ p.weight.T).reshape(B, T, -1, 4) for p in (attn.q_proj, attn.k_proj, attn.v_proj)]
    close(attn(x, x), loop_softmax(q, k, v).reshape(B, T, 8) @ attn.output_proj.weight.T)
    lower = torch.ones(B, T, T, dtype=torch.bool).tril()
    close(attn(x, x, mask=lower), attn(x, x))

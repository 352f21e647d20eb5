x = data(3, 5, 6, seed=1)


def check_layers():
    from timm.layers import DropPath, GluMlp, LayerScale, Mlp, RmsNorm, SwiGLU

    mlp = Mlp(6, 8, act_layer=nn.SiLU, drop=0.0)
    h = x @ mlp.fc1.weight.T + mlp.fc1.bias
    close(mlp(x), (h / (1 + torch.exp(-h))) @ mlp.fc2.weight.T + mlp.fc2.bias)
    glu = GluMlp(6, 8, bias=False)
    first, second = (x @ glu.fc1.weight.T).chunk(2, -1)
    close(glu(x), (first / (1 + torch.exp(-second))) @ glu.fc2.weight.T)
    swiglu = SwiGLU(6, 7, align_to=4, bias=(True, False))
    assert [tuple(p.shape) for p in swiglu.parameters()] == [(8, 6), (8,), (8, 6), (8,), (6, 8)]
    g = x @ swiglu.fc1_g.weight.T + swiglu.fc1_g.bias
    close(
        swiglu(x),
        (g / (1 + torch.exp(-g)) * (x @ swiglu.fc1_x.weight.T + swiglu.fc1_x.bias)) @ swiglu.fc2.weight.T)
    close(LayerScale(6, 0.5)(x), 0.5 * x)
    close(RmsNorm(6)(x), rms(x, None, 1e-6))
    path = DropPath(0.5)
    close(path.eval()(x), x)
    rows = path.train()(x)
    assert all(bool((r == 0).all()) or bool(torch.allclose(r, 2 * s)) for r, s in zip(rows, x))


def check_here_masks():
    from transformers.modeling_attn_mask_utils import _prepare_4d_attention_mask, _prepare_4d_causal_attention_mask

    low = torch.finfo(torch.float32).min
    mask = torch.tensor([[0, 1, 1], [1, 1, 1]])
    full = _prepare_4d_causal_attention_mask(mask, (2, 3), x, 0)
    assert full[0, 0].tolist() == [[low] * 3, [low, 0, low], [low, 0, 0]]
    assert _prepare_4d_causal_attention_mask(None, (2, 3), x, 0)[1, 0].tolist() == [[0, low, low], [0, 0, low], [0] * 3]
    assert _prepare_4d_causal_attention_mask(None, (2, 3), x, 0, 1)[0, 0, 2].tolist() == [low, 0, 0]
    assert _prepare_4d_attention_mask(mask, torch.float32)[0, 0, 1].tolist() == [low, 0, 0]


def check_here_mlp():
    from flash_attn.modules.mlp import GatedMlp, Mlp

    mlp = GatedMlp(6, 8, activation=F.silu, multiple_of=4, bias1=False, bias2=False)
    y, gate = (x @ mlp.fc1.weight.T).chunk(2, -1)
    close(mlp(x), (y * gate / (1 + torch.exp(-gate))) @ mlp.fc2.weight.T)
    y, residual = Mlp(6, return_residual=True)(x)
    assert y.shape == x.shape and residual is x

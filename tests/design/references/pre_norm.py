def reference(m, x):
    x = x + m.mixer(m.norm_1(x))
    return x + m.mlp(m.norm_2(x))

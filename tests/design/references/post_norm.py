LENGTHS = (1, 2, 65)


def reference(m, x):
    x = m.norm_1(x + m.mixer(x))
    return m.norm_2(x + m.mlp(x))

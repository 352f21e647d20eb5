LENGTHS = (1, 2, 65)


def reference(m, x):
    a, b = m.strength.unbind()
    x = x + a * m.mixer(x)
    return x + b * m.mlp(x)

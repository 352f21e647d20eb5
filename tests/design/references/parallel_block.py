def reference(m, x):
    return x + m.mixer(m.norm(x)) + m.mlp(m.norm(x))

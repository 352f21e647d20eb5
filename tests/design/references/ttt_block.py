FILLERS = {"convolution": "short_convolution", "mixer": "short_convolution"}


def reference(m, x):
    h = x + m.convolution(m.norm_1(x))
    h = h + m.mixer(m.norm_2(h))
    return h + m.mlp(m.norm_3(h))

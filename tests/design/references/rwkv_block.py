FILLERS = {"mixer": "short_convolution", "second": "short_convolution"}


def reference(m, x):
    h = x + m.mixer(m.norm_1(x))
    return h + m.second(m.norm_2(h))

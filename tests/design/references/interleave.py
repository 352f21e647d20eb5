FILLERS = {"common": "short_convolution", "rare": "linear_attention"}
ARGUMENTS = [{"layer": i, "n_layers": 8} for i in (0, 2, 3, 7)] + [{"layer": i, "n_layers": 2} for i in (0, 1)] + [
    {"layer": i, "n_layers": 6, "every": 2} for i in (0, 1, 5)]
LENGTHS = (1, 2, 65)


def reference(m, x):
    return m.mixer(x)

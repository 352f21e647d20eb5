FILLERS = {"mixer": "gated_recurrence"}
LENGTHS = (1, 3, 65)


def reference(m, x):
    h = x + m.mixer_1(m.norm_1(x))
    return h + m.mixer_2(m.norm_2(h))

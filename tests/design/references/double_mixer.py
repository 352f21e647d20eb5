FILLERS = {"mixer": "gated_recurrence"}


def reference(m, x):
    h = x + m.mixer_1(m.norm_1(x))
    return h + m.mixer_2(m.norm_2(h))

def reference(m, x):
    return m.second(m.first(x))

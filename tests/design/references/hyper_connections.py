import torch

ARGUMENTS = [
    {},
    {"streams": 2, "layer": 1, "n_layers": 3},
    {"streams": 1, "layer": 2, "n_layers": 3},
]
LENGTHS = (1, 2, 65)
BFLOAT16 = 0.1  # two blocks one after another


def inputs(T, dim):
    n = torch.arange(2 * T * dim, dtype=torch.float64).view(2, T, dim)
    return (torch.sin(0.7 * n),)


def call(m, x):
    """Two blocks with the same weights, the second given what the first carried."""
    y, carry = m(x)
    z, carry = m(y, carry=carry)
    return z, carry["streams"]


def branch(H, c, norm, f):
    n = len(H)
    static, dynamic = c.static.view(n, n + 2), []
    for h in H:
        scaled = h / torch.sqrt((h * h).mean(-1, keepdim=True) + 1e-5)
        dynamic.append(torch.tanh(scaled @ c.dynamic.weight.T))
    s_a, s_b = c.strength.unbind()
    read = [static[i, 0] + s_a * dynamic[i][..., 0] for i in range(n)]
    write = [static[i, n + 1] + s_b * dynamic[i][..., n + 1] for i in range(n)]
    y = f(norm(sum(read[i][..., None] * H[i] for i in range(n))))
    out = []
    for j in range(n):
        mixed = sum((static[i, 1 + j] + s_a * dynamic[i][..., 1 + j])[..., None] * H[i] for i in range(n))
        out.append(mixed + write[j][..., None] * y)
    return out


def reference(m, x):
    n = m.streams
    H = [x for _ in range(n)]
    for _ in range(2):
        H = branch(H, m.connection_1, m.norm_1, m.mixer)
        H = branch(H, m.connection_2, m.norm_2, m.mlp)
        y = sum(H) if m.last else H[0]
        H = [y] + H[1:]
    others = torch.stack(H[1:], 2) if n > 1 else x.new_zeros(*x.shape[:2], 0, x.shape[2])
    return y, others

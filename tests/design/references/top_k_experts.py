import torch

ARGUMENTS = [{}, {"n_experts": 8, "k": 1}, {"n_experts": 2, "k": 4}]
LENGTHS = (1, 2, 31)


def reference(m, x):
    rows = []
    for token in x.flatten(0, 1):
        p, y = torch.softmax(m.router.weight @ token, 0), 0
        for e in sorted(range(len(p)), key=lambda i: -p[i].item())[:m.k]:
            a, g = (m.up[e].weight @ token).chunk(2)
            y = y + p[e] * (m.down[e].weight @ (a * g / (1 + torch.exp(-g))))
        rows.append(y)
    return torch.stack(rows).view(x.shape)

import torch

ARGUMENTS = [{}, {"n_experts": 8, "k": 1, "capacity": 1.0}, {"capacity": 0.5}]
LENGTHS = (1, 2, 3, 31, 65)


def reference(m, x):
    rows = []
    for row in x:
        chose = [0] * len(m.up)
        for t, token in enumerate(row):
            p, y = torch.softmax(m.router.weight @ token, 0), torch.zeros_like(token)
            for e in sorted(range(len(p)), key=lambda i: -p[i].item())[:m.k]:
                if chose[e] < m.room * (t + 1):
                    a, g = (m.up[e].weight @ token).chunk(2)
                    y = y + p[e] * (m.down[e].weight @ (a * g / (1 + torch.exp(-g))))
                chose[e] += 1
            rows.append(y)
    return torch.stack(rows).view(x.shape)

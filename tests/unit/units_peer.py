"""Every unit of data/units under stock PyTorch: shapes, causality, gradients, and a slow reference apart from it.

    python3 tests/unit/units_peer.py [data/units]

Exits 1 when one fails.
"""
import importlib.util
import math
import pathlib
import sys
from functools import partial

import torch
import torch.nn as nn
import torch.nn.functional as F

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2] / "data" / "units")
LENGTHS = (1, 2, 3, 7, 63, 64, 65, 128, 129, 200)


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [v for v in vars(module).values()
            if isinstance(v, type) and issubclass(v, nn.Module) and v.__module__ == path.stem][-1]


UNITS = {p.stem: load(p) for p in sorted(ROOT.glob("*.py"))}


def build(name):
    """A unit with its slots filled by the plainest fillers."""
    fillers = {"norm": "rms_norm", "mixer": "multi_head_attention", "mlp": "swiglu", "rotary": "rotary",
               "first": "short_convolution", "second": "multi_head_attention"}
    slots = {slot: build(fillers[slot]) for slot in getattr(UNITS[name], "SLOTS", {})}
    return partial(UNITS[name], **slots)


def rand(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def perturbed(module):
    """Moves parameters off their initial values, so that what starts at zero or one counts."""
    module = module.double()
    with torch.no_grad():
        for p in module.parameters():
            p.add_(0.1 * torch.randn_like(p))
    return module


def check_module(name, dim):
    cls = UNITS[name]
    module = perturbed(build(name)(dim))
    token = getattr(cls, "KIND", "sequence") == "token"
    for T in LENGTHS:
        x = rand(2, T, dim).requires_grad_()
        y = module(x)
        assert y.shape == x.shape and y.isfinite().all(), (T, y.shape)
        (y * rand(*y.shape)).sum().backward()
        for n, p in module.named_parameters():
            assert p.grad is not None and p.grad.isfinite().all(), n
        for t in {0, T // 2, T - 2} & set(range(T - 1)):
            for future in (100 * rand(2, T - t - 1, dim), torch.zeros(2, T - t - 1, dim).double()):
                other = torch.cat((x[:, :t + 1].detach(), future), dim=1)
                gap = (module(other) - y)[:, :t + 1].abs().max().item()
                assert gap < 1e-9, f"position {t} of {T} sees the future: {gap}"
            gap = (module(x[:, :t + 1]) - y[:, :t + 1]).abs().max().item()
            assert gap < 1e-9, f"prefix {t + 1} of {T} differs: {gap}"
        if token:
            gap = (module(x.flip(1)).flip(1) - y).abs().max().item()
            assert gap < 1e-12, f"mixes tokens: {gap}"
    unused = [n for n, p in module.named_parameters() if not p.grad.abs().max() > 0]
    assert not unused, f"no gradient reaches {unused}"
    large = build(name)(dim)
    y = large(30 * torch.randn(2, 256, dim))
    y.sum().backward()
    assert y.isfinite().all() and all(p.grad.isfinite().all() for p in large.parameters()), "large inputs overflow"


# Slow references: the law of each docstring, token by token.
def split_heads(t, heads):
    return t.view(*t.shape[:2], heads, -1)


def softmax_attention(m, x, window):
    B, T, C = x.shape
    q, k, v = (split_heads(t, m.n_heads) for t in m.qkv(x).chunk(3, dim=-1))
    D = C // m.n_heads
    angle = [[t / 10000 ** (2 * i / D) for i in range(D // 2)] for t in range(T)]

    def turn(u, t):
        z = torch.view_as_complex(u.reshape(*u.shape[:-1], D // 2, 2).contiguous())
        return torch.view_as_real(z * torch.polar(torch.ones(D // 2).double(), torch.tensor(angle[t], dtype=torch.float64))).flatten(-2)

    q = torch.stack([turn(q[:, t], t) for t in range(T)], 1)
    k = torch.stack([turn(k[:, t], t) for t in range(T)], 1)
    rows = []
    for t in range(T):
        first = max(0, t - window + 1)
        w = torch.softmax((q[:, t, None] * k[:, first:t + 1]).sum(-1) / math.sqrt(D), dim=1)
        rows.append((w[..., None] * v[:, first:t + 1]).sum(1).flatten(1))
    return m.out(torch.stack(rows, 1))


def linear_attention(m, x):
    q, k, v = (split_heads(t, m.n_heads) for t in m.qkv(x).chunk(3, dim=-1))
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S, z, rows = 0, 0, []
    for t in range(x.shape[1]):
        S = S + k[:, t, :, :, None] * v[:, t, :, None, :]
        z = z + k[:, t]
        rows.append(((q[:, t, :, :, None] * S).sum(2) / ((q[:, t] * z).sum(-1, keepdim=True) + 1e-6)).flatten(1))
    return m.out(torch.stack(rows, 1))


def gated_linear_attention(m, x):
    q, k, v, g = (split_heads(t, m.n_heads) for t in m.qkvg(x).chunk(4, dim=-1))
    a = torch.sigmoid(m.decay(x))
    S, rows, D = 0, [], q.shape[-1]
    for t in range(x.shape[1]):
        S = a[:, t, :, None, None] * S + k[:, t, :, :, None] * v[:, t, :, None, :]
        y = (q[:, t, :, :, None] * S).sum(2) / math.sqrt(D)
        y = m.norm * y / torch.sqrt((y * y).mean(-1, keepdim=True) + 1e-5)
        rows.append((y * F.silu(g[:, t])).flatten(1))
    return m.out(torch.stack(rows, 1))


def gated_recurrence(m, x):
    z, c, g = m.zcg(x).chunk(3, dim=-1)
    z, h, rows = torch.sigmoid(z + m.bias), 0, []
    for t in range(x.shape[1]):
        h = (1 - z[:, t]) * h + z[:, t] * c[:, t]
        rows.append(h)
    return m.out(torch.stack(rows, 1) * F.silu(g))


def short_convolution(m, x):
    w, b, rows = m.convolution.weight[:, 0], m.convolution.bias, []
    for t in range(x.shape[1]):
        y = b.expand(x.shape[0], -1)
        for j in range(min(m.width, t + 1)):
            y = y + w[:, m.width - 1 - j] * x[:, t - j]
        rows.append(F.silu(y))
    return torch.stack(rows, 1)


def normalised(x, eps):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps)


def mlp(m, x, law):
    return law(x @ m.up.weight.T) @ m.down.weight.T


def gated(f):
    return lambda u: u[..., :u.shape[-1] // 2] * f(u[..., u.shape[-1] // 2:])


REFERENCES = {
    "multi_head_attention": lambda m, x: softmax_attention(m, x, 10**9),
    "sliding_window_attention": lambda m, x: softmax_attention(m, x, m.window),
    "linear_attention": linear_attention,
    "gated_linear_attention": gated_linear_attention,
    "gated_recurrence": gated_recurrence,
    "short_convolution": short_convolution,
    "rms_norm": lambda m, x: m.weight * normalised(x, m.eps),
    "layer_norm": lambda m, x: m.weight * (x - x.mean(-1, keepdim=True))
                  / torch.sqrt(((x - x.mean(-1, keepdim=True)) ** 2).mean(-1, keepdim=True) + m.eps) + m.bias,
    "swiglu": lambda m, x: mlp(m, x, gated(lambda g: g / (1 + torch.exp(-g)))),
    "geglu": lambda m, x: mlp(m, x, gated(lambda g: g * (1 + torch.erf(g / math.sqrt(2))) / 2)),
    "relu2_mlp": lambda m, x: mlp(m, x, lambda u: u.clamp(min=0) ** 2),
    "pre_norm": lambda m, x: (lambda h: h + m.mlp(m.norm_2(h)))(x + m.mixer(m.norm_1(x))),
    "parallel_block": lambda m, x: x + m.mixer(m.norm(x)) + m.mlp(m.norm(x)),
    "gated_sum": lambda m, x: (lambda g: g * m.first(x) + (1 - g) * m.second(x))(1 / (1 + torch.exp(-m.gate(x)))),
    "series": lambda m, x: m.second(m.first(x)),
}


def check_reference(name, dim):
    module = perturbed(build(name)(dim))
    worst = 0.0
    for T in (1, 5, 64, 100, 150):
        x = rand(2, T, dim).requires_grad_()
        weight = rand(2, T, dim)
        inputs = [x, *module.parameters()]
        fast, slow = module(x), REFERENCES[name](module, x)
        pairs = [(fast, slow), *zip(torch.autograd.grad((fast * weight).sum(), inputs),
                                    torch.autograd.grad((slow * weight).sum(), inputs))]
        worst = max(worst, *((a - b).abs().max().item() / max(1.0, b.abs().max().item()) for a, b in pairs))
    assert worst < 1e-10, f"differs from its slow reference by {worst:.1e}"
    return worst


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    failed = 0
    for name, cls in UNITS.items():
        try:
            if getattr(cls, "KIND", "sequence") == "function":
                print(f"{name:26} function: held by the attention units")
                continue
            for dim in (16, 48, 64):
                check_module(name, dim)
            print(f"{name:26} ok, slow reference within {check_reference(name, 32):.1e}")
        except Exception as error:  # report all units
            failed += 1
            print(f"{name:26} FAILED: {type(error).__name__}: {error}")
    print(f"{len(UNITS) - failed} of {len(UNITS)} units hold under PyTorch {torch.__version__}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

import torch
import torch.nn as nn
import torch.nn.functional as F


class Connection(nn.Module):
    """Weights of n streams H, (B, T, n, C), around one branch: static ones, plus s tanh(rms(H) W) with s = 0.01, W = 0.

    reading: (B, T, n), the branch's input is Σ_i reading_i H_i; mixing: (B, T, n, n); writing: (B, T, n).
    """

    def __init__(self, dim, streams, turn):
        super().__init__()
        static = torch.cat((torch.zeros(streams, 1), torch.eye(streams), torch.ones(streams, 1)), dim=1)
        static[turn % streams, 0] = 1.0                  # the branches read the streams in turn
        self.static = nn.Parameter(static.flatten())     # a vector: weight decay would shrink the identity in it
        self.dynamic = nn.Linear(dim, streams + 2, bias=False)
        nn.init.zeros_(self.dynamic.weight)
        self.strength = nn.Parameter(torch.full((2,), 0.01))

    def forward(self, H):
        n, C = H.shape[-2:]
        strength = torch.cat((self.strength[:1].expand(n + 1), self.strength[1:]))
        w = self.static.view(n, n + 2) + strength * torch.tanh(self.dynamic(F.rms_norm(H, (C,), eps=1e-5)))
        return w[..., 0], w[..., 1:-1], w[..., -1]


class HyperConnections(nn.Module):
    """n residual streams; each branch f reads Σ_i a_i H_i and the streams become H'_j = Σ_i M_ij H_i + b_j f(norm(·)).

    x, y: (B, T, C). Zhu et al. 2024, arXiv:2409.19606, the dynamic form: a, M and b depend on the token. All streams begin
    as x. Between blocks the first is the block's output and the others go by `carry`; the last block gives the sum.
    """

    SLOTS = {
        "norm": {"kind": "token", "need": "normalise the channels of each token"},
        "mixer": {"kind": "sequence", "need": "mix tokens causally"},
        "mlp": {"kind": "token", "need": "transform each token by itself"},
    }

    def __init__(self, dim, *, norm, mixer, mlp, streams=4, layer=0, n_layers=1):
        super().__init__()
        self.streams, self.last = streams, layer == n_layers - 1
        self.norm_1, self.norm_2 = norm(dim), norm(dim)
        self.mixer, self.mlp = mixer(dim), mlp(dim)
        self.connection_1 = Connection(dim, streams, 2 * layer)
        self.connection_2 = Connection(dim, streams, 2 * layer + 1)

    def forward(self, x, carry=None):
        H = x.unsqueeze(2)
        H = H.expand(-1, -1, self.streams, -1) if carry is None else torch.cat((H, carry["streams"]), dim=2)
        H = self.branch(H, self.connection_1, self.norm_1, self.mixer)
        H = self.branch(H, self.connection_2, self.norm_2, self.mlp)
        return H.sum(dim=2) if self.last else H[:, :, 0], {"streams": H[:, :, 1:]}

    def branch(self, H, connection, norm, f):
        reading, mixing, writing = connection(H)
        y = f(norm((reading.unsqueeze(2) @ H).squeeze(2)))
        return mixing.transpose(-1, -2) @ H + writing.unsqueeze(-1) * y.unsqueeze(2)

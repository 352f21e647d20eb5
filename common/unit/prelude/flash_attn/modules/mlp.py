import torch.nn as nn
import torch.nn.functional as F


class Mlp(nn.Module):
    def __init__(
        self, in_features, hidden_features=None, out_features=None, activation=F.gelu, bias1=True, bias2=True,
        return_residual=False, device=None, dtype=None
    ):
        super().__init__()
        out_features = in_features if out_features is None else out_features
        hidden_features = in_features * 4 if hidden_features is None else hidden_features
        self.return_residual = return_residual
        self.fc1 = nn.Linear(in_features, hidden_features, bias=bias1, device=device, dtype=dtype)
        self.activation = activation
        self.fc2 = nn.Linear(hidden_features, out_features, bias=bias2, device=device, dtype=dtype)

    def forward(self, x):
        y = self.fc2(self.activation(self.fc1(x)))
        return (y, x) if self.return_residual else y


class GatedMlp(nn.Module):
    def __init__(
        self, in_features, hidden_features=None, out_features=None, activation=F.sigmoid, bias1=True, bias2=True,
        multiple_of=128, return_residual=False, device=None, dtype=None
    ):
        super().__init__()
        out_features = in_features if out_features is None else out_features
        hidden_features = int(8 * in_features / 3) if hidden_features is None else hidden_features
        hidden_features = -(-hidden_features // multiple_of) * multiple_of
        self.return_residual = return_residual
        self.fc1 = nn.Linear(in_features, 2 * hidden_features, bias=bias1, device=device, dtype=dtype)
        self.activation = activation
        self.fc2 = nn.Linear(hidden_features, out_features, bias=bias2, device=device, dtype=dtype)

    def forward(self, x):
        y = self.fc1(x)
        if self.activation is F.sigmoid:
            y = F.glu(y, dim=-1)
        else:
            y, gate = y.chunk(2, dim=-1)
            y = y * self.activation(gate)
        y = self.fc2(y)
        return (y, x) if self.return_residual else y

# One of each module of torch.nn: what it gives, what it is called, how it prints, how it is copied.
import copy
from collections import OrderedDict

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.nn.utils.parametrize as parametrize
from torch.nn.utils.parametrizations import orthogonal, spectral_norm, weight_norm
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Symmetric(nn.Module):
    def forward(self, X):
        return X.triu() + X.triu(1).transpose(-1, -2)


def parametrized():
    linear = nn.Linear(8, 8)
    parametrize.register_parametrization(linear, "weight", Symmetric())
    return linear


class Packed(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.rnn = getattr(nn, kind)(8, 4, batch_first=True)

    def forward(self, x):
        packed = pack_padded_sequence(x, torch.tensor([x.size(1) - 1, x.size(1)]), batch_first=True, enforce_sorted=False)
        out, _ = self.rnn(packed)
        return pad_packed_sequence(out, batch_first=True, total_length=x.size(1))[0]


class Encoder(nn.Module):
    def __init__(self, layers=2, **kw):
        super().__init__()
        self.body = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 12, dropout=0.0, batch_first=True, **kw), layers,
                                          enable_nested_tensor=False)

    def forward(self, x):
        return self.body(x, mask=nn.Transformer.generate_square_subsequent_mask(x.size(1)), is_causal=True)


class Seq2Seq(nn.Transformer):
    def forward(self, x):
        return super().forward(x, x.flip(1), tgt_mask=self.generate_square_subsequent_mask(x.size(1)))


class Loss(nn.Module):
    def __init__(self, loss, *targets):
        super().__init__()
        self.loss, self.targets = loss, targets

    def forward(self, x):
        return self.loss(x, *[t(x) for t in self.targets]).reshape(1, 1)


class Mha(nn.MultiheadAttention):
    def forward(self, x):
        out, weights = super().forward(x, x * 2, x + 1, need_weights=True, average_attn_weights=False)
        return torch.cat([out, weights.sum(1)[..., :2]], -1)


def same(x): return x.detach().flip(1)
def labels(x): return (x.detach()[:, 0] > 0).float().argmax(-1)
def signs(x): return torch.sign(x.detach()).flip(1)


SETS = {
    "shape1": lambda: [nn.Conv1d(8, 4, 3, stride=2, padding=1, groups=2, dilation=2, bias=False), nn.Conv1d(8, 8, 3, padding="same", padding_mode="circular"),
                       nn.ConvTranspose1d(8, 4, 3, stride=2, padding=1, output_padding=1), nn.BatchNorm1d(8, bias=False), nn.InstanceNorm1d(8, affine=True),
                       nn.MaxPool1d(3, 1, padding=1, ceil_mode=True), nn.AvgPool1d(3, 1, 1, count_include_pad=False), nn.AdaptiveAvgPool1d(2), nn.AdaptiveMaxPool1d(3),
                       nn.ConstantPad1d((1, -1), 2.5), nn.ReflectionPad1d(1), nn.ReplicationPad1d(2), nn.CircularPad1d((1, 0)), nn.ZeroPad1d(1), nn.LPPool1d(2, 2),
                       nn.LocalResponseNorm(3), nn.Upsample(scale_factor=1.5, mode="linear"), nn.Upsample(size=3, mode="area"), nn.GroupNorm(4, 8),
                       nn.Dropout1d(0.0), nn.Flatten(1), nn.Unflatten(1, (2, 4)), nn.PReLU(8), nn.GLU(1)],
    "shape2": lambda: [nn.Conv2d(4, 6, (1, 3), padding=(0, 1)), nn.ConvTranspose2d(4, 2, 2), nn.BatchNorm2d(4, affine=False), nn.MaxPool2d(2, 1), nn.AvgPool2d((2, 1)),
                       nn.AdaptiveAvgPool2d(2), nn.AdaptiveMaxPool2d((1, None)), nn.ZeroPad2d((0, 0, 1, -1)), nn.ReflectionPad2d(1), nn.LPPool2d(2, 2), nn.PixelShuffle(2),
                       nn.PixelUnshuffle(2), nn.ChannelShuffle(2), nn.Softmax2d(), nn.Upsample(size=(5, 7), mode="bilinear", align_corners=True),
                       nn.UpsamplingNearest2d(scale_factor=2), nn.Unfold((2, 2)), nn.InstanceNorm2d(4), nn.LocalResponseNorm(2, 0.1), nn.Dropout2d(0.0)],
    "pointwise": lambda: [getattr(nn, n)() for n in ("ReLU ReLU6 SiLU Mish SELU Hardswish Hardsigmoid ELU CELU LeakyReLU PReLU GELU Sigmoid Tanh LogSigmoid Softsign "
                                                     "Tanhshrink Softplus Hardtanh Hardshrink Softshrink Identity").split()]
                 + [nn.Softmax(dim=-1), nn.Softmin(dim=1), nn.LogSoftmax(-1), nn.GELU("tanh"), nn.Threshold(0.1, 20.0), nn.LayerNorm(8, bias=False), nn.RMSNorm(8, eps=1e-5),
                    nn.LayerNorm(8, elementwise_affine=False)],
    "recurrent": lambda: [Packed("GRU"), Packed("LSTM"), Packed("RNN"), Encoder(), Encoder(1, norm_first=True, activation="gelu", bias=False),
                          Seq2Seq(8, 2, 1, 1, 12, dropout=0.0, batch_first=True), Mha(8, 2, batch_first=True, add_bias_kv=True, add_zero_attn=True, bias=True)],
    "norms": lambda: [weight_norm(nn.Linear(8, 4)), weight_norm(nn.Linear(8, 4), dim=None), parametrized(), nn.utils.weight_norm(nn.Linear(8, 4, bias=False)),
                      copy.deepcopy(nn.Sequential(OrderedDict(a=nn.Linear(8, 4), b=nn.Tanh()))), nn.Bilinear(8, 8, 3),
                      nn.utils.remove_weight_norm(nn.utils.weight_norm(nn.Linear(8, 2)))],
    "losses": lambda: [Loss(nn.MSELoss(), same), Loss(nn.L1Loss(reduction="sum"), same), Loss(nn.HuberLoss(delta=0.3), same), Loss(nn.SmoothL1Loss(beta=0.2), same),
                       Loss(nn.PoissonNLLLoss(), same), Loss(nn.SoftMarginLoss(), signs), Loss(nn.KLDivLoss(reduction="batchmean"), lambda x: same(x).softmax(-1)),
                       Loss(nn.BCEWithLogitsLoss(), lambda x: same(x).sigmoid()), Loss(nn.HingeEmbeddingLoss(), signs),
                       Loss(nn.GaussianNLLLoss(full=True), same, lambda x: same(x).abs()), Loss(nn.TripletMarginLoss(swap=True), same, lambda x: x * 2)],
}


class Gallery(nn.Module):
    def __init__(self, name="pointwise", text=False):
        super().__init__()
        self.parts = nn.ModuleList(SETS[name]())
        self.name, self.text = name, text
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x):
        if self.text:
            words = repr(self) + " ".join(self.state_dict()) + " ".join(n for n, _ in (self if self.name == "norms" else copy.deepcopy(self)).named_parameters())
            return self.scale * torch.tensor([float(ord(c)) for c in words])
        x = x * self.scale
        if self.name == "shape1":
            x = x.transpose(1, 2)
        elif self.name == "shape2":
            x = x.view(x.size(0), 4, -1, 4)
        outs = []
        for part in self.parts:
            out = part(x, x * 2) if isinstance(part, nn.Bilinear) else part(x)
            outs.append(out.reshape(-1))
        return torch.cat(outs)

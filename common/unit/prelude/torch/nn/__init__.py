# torch.nn
from torch.nn import functional
from torch.nn import init
from torch.nn import parameter
from torch.nn.parameter import Buffer, Parameter
from torch.nn._module import Module
from torch.nn._container import Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict
from torch.nn._linear import (
    Identity, Linear, Bilinear, Embedding, Flatten, Unflatten, Dropout, Dropout1d, Dropout2d, AlphaDropout,
    FeatureAlphaDropout)
from torch.nn._activation import (
    ReLU, ReLU6, SiLU, Mish, SELU, Hardswish, Hardsigmoid, ELU, CELU, LeakyReLU, RReLU, PReLU, GELU, GLU,
    Sigmoid, Tanh, LogSigmoid, Softsign, Tanhshrink, Softplus, Hardtanh, Hardshrink, Softshrink, Threshold,
    Softmax, Softmin, LogSoftmax, MultiheadAttention)
from torch.nn._norm import LayerNorm, RMSNorm, GroupNorm, BatchNorm1d, BatchNorm2d, InstanceNorm1d, InstanceNorm2d
from torch.nn._conv import (
    Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConstantPad1d, ConstantPad2d, ZeroPad1d,
    ZeroPad2d, ReflectionPad1d, ReflectionPad2d, ReplicationPad1d, ReplicationPad2d, CircularPad1d,
    CircularPad2d, MaxPool1d, MaxPool2d, AvgPool1d, AvgPool2d, AdaptiveAvgPool1d, AdaptiveAvgPool2d,
    AdaptiveMaxPool1d, Upsample, Unfold, PixelShuffle)
from torch.nn._rnn import GRU, RNN, LSTM, GRUCell, LSTMCell, RNNCell, _RNN as RNNBase, _Cell as RNNCellBase
from torch.nn._loss import (
    MSELoss, L1Loss, SmoothL1Loss, CrossEntropyLoss, NLLLoss, BCEWithLogitsLoss, BCELoss, KLDivLoss,
    CosineSimilarity)
from torch.nn._more import (
    BatchNorm3d, SyncBatchNorm, InstanceNorm3d, ConvTranspose3d, ConstantPad3d, ZeroPad3d, ReflectionPad3d, ReplicationPad3d,
    CircularPad3d, MaxPool3d, AvgPool3d, AdaptiveAvgPool3d, AdaptiveMaxPool2d, AdaptiveMaxPool3d, MaxUnpool1d, MaxUnpool2d, LPPool1d,
    LPPool2d, LocalResponseNorm, Fold, ChannelShuffle, PixelUnshuffle, UpsamplingNearest2d, UpsamplingBilinear2d, Softmax2d,
    Dropout3d, PairwiseDistance, EmbeddingBag, HuberLoss, PoissonNLLLoss, GaussianNLLLoss, HingeEmbeddingLoss, MarginRankingLoss,
    SoftMarginLoss, MultiMarginLoss, MultiLabelMarginLoss, MultiLabelSoftMarginLoss, CosineEmbeddingLoss, TripletMarginLoss,
    TripletMarginWithDistanceLoss, CTCLoss, LinearCrossEntropyLoss, AdaptiveLogSoftmaxWithLoss, MaxUnpool3d, LPPool3d, LazyLinear,
    LazyConv1d, LazyConv2d, LazyConv3d, LazyConvTranspose1d, LazyConvTranspose2d, LazyConvTranspose3d, LazyBatchNorm1d,
    LazyBatchNorm2d, LazyBatchNorm3d, LazyInstanceNorm1d, LazyInstanceNorm2d, LazyInstanceNorm3d, DataParallel)
from torch.nn._transformer import (
    Transformer, TransformerEncoder, TransformerDecoder, TransformerEncoderLayer, TransformerDecoderLayer)
from torch.nn import attention
from torch.nn import utils
from torch.nn import modules

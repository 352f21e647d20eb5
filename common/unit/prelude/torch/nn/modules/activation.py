from torch.nn._activation import (
    ReLU, ReLU6, SiLU, Mish, SELU, Hardswish, Hardsigmoid, ELU, CELU, LeakyReLU, RReLU, PReLU, GELU, GLU,
    Sigmoid, Tanh, LogSigmoid, Softsign, Tanhshrink, Softplus, Hardtanh, Hardshrink, Softshrink, Threshold,
    Softmax, Softmin, LogSoftmax, MultiheadAttention)

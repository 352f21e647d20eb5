from fla.modules import norm, norm as layernorm, norm as fused_norm_gate, norm as layernorm_gated
from fla.modules import convolution, convolution as causal_conv1d, convolution as conv
from fla.modules import fused_cross_entropy, fused_cross_entropy as fused_kl_div
from fla.modules import fused_cross_entropy as fused_linear_cross_entropy
from fla.modules.convolution import ShortConvolution
from fla.modules.fused_bitlinear import BitLinear, FusedBitLinear
from fla.modules.fused_cross_entropy import FusedCrossEntropyLoss, FusedKLDivLoss, FusedLinearCrossEntropyLoss
from fla.modules.long_conv import ImplicitLongConvolution, LongConvolution
from fla.modules.mlp import GatedMLP
from fla.modules.norm import (
    FusedLayerNormGated, FusedLayerNormSwishGate, FusedLayerNormSwishGateLinear, FusedRMSNormGated,
    FusedRMSNormSwishGate, FusedRMSNormSwishGateLinear, GroupNorm, GroupNormLinear, L2Norm, LayerNorm, LayerNormLinear,
    RMSNorm, RMSNormLinear)
from fla.modules.rotary import RotaryEmbedding
from fla.modules.token_shift import TokenShift

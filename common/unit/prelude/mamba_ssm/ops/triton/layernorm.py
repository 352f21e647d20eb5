from mamba_ssm.ops.triton.layer_norm import (
    RMSNorm, layer_norm_fn, layer_norm_linear_fn, layer_norm_ref, rms_norm_fn, rms_norm_ref)

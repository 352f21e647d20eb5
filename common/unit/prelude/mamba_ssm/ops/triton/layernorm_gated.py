from fla.modules.norm import LayerNormGated, RMSNormGated, layernorm_fn, rmsnorm_fn


class LayerNorm(LayerNormGated):
    pass


class RMSNorm(RMSNormGated):
    def __init__(self, hidden_size, eps=1e-5, group_size=None, norm_before_gate=True, device=None, dtype=None):
        super().__init__(hidden_size, eps, group_size, norm_before_gate, device, dtype)


def rms_norm_ref(x, weight, bias, z=None, eps=1e-6, group_size=None, norm_before_gate=True, upcast=True):
    return rmsnorm_fn(x, weight, bias, z, eps, group_size, norm_before_gate)

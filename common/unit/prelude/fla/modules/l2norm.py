from fla.modules.norm import L2Norm, l2_norm

l2norm = l2_norm


def l2norm_fwd(x, eps=1e-6, output_dtype=None):
    return l2_norm(x, eps, output_dtype), (x.float().square().sum(-1) + eps).rsqrt()

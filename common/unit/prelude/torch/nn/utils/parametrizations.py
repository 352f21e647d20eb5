def weight_norm(module, name="weight", dim=0):
    raise NotImplementedError("weight_norm: write g * v / |v| in forward")


def orthogonal(module, name="weight", **kwargs):
    raise NotImplementedError("orthogonal parametrization: use nn.init.orthogonal_")


def spectral_norm(module, name="weight", **kwargs):
    raise NotImplementedError("spectral_norm is not part of this language")

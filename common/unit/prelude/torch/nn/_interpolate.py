# Of torch.nn.functional: interpolate, grid_sample, affine_grid.
import _torch
import torch


def _sizes(input, size, scale_factor, n):
    """size and scale_factor as lists, one of them None."""
    spatial = list(input.shape[2:])
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is not None:
        if not isinstance(size, (list, tuple)):
            return [size] * n, None
        if len(size) != n:
            raise ValueError(
                "Input and output must have the same number of spatial dimensions, but got "
                f"input with spatial dimensions of {spatial} and output size of {size}. "
                "Please provide input tensor in (N, C, d1, d2, ...,dK) format and output size in (o1, o2, ...,oK) format.")
        return list(size), None
    if scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if not isinstance(scale_factor, (list, tuple)):
        return None, [float(scale_factor)] * n
    if len(scale_factor) != n:
        raise ValueError(
            "Input and scale_factor must have the same number of spatial dimensions, but "
            f"got input with spatial dimensions of {spatial} and scale_factor of shape {scale_factor}. "
            "Please provide input tensor in (N, C, d1, d2, ...,dK) format and scale_factor in (s1, s2, ...,sK) format.")
    return None, [float(s) for s in scale_factor]


_NEAREST = {("nearest", 1): _torch.upsample_nearest1d, ("nearest", 2): _torch.upsample_nearest2d,
            ("nearest", 3): _torch.upsample_nearest3d, ("nearest-exact", 1): _torch._upsample_nearest_exact1d,
            ("nearest-exact", 2): _torch._upsample_nearest_exact2d, ("nearest-exact", 3): _torch._upsample_nearest_exact3d}
_AREA = {1: torch.adaptive_avg_pool1d, 2: _torch.adaptive_avg_pool2d, 3: _torch.adaptive_avg_pool3d}
_LINEAR = {("linear", 1): _torch.upsample_linear1d, ("bilinear", 2): _torch.upsample_bilinear2d,
           ("trilinear", 3): _torch.upsample_trilinear3d, ("bicubic", 2): _torch.upsample_bicubic2d}
_ANTIALIASED = {"bilinear": _torch._upsample_bilinear2d_aa, "bicubic": _torch._upsample_bicubic2d_aa}


def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None,
                antialias=False):
    n = input.dim() - 2
    if mode in ("nearest", "area", "nearest-exact") and align_corners is not None:
        raise ValueError("align_corners option can only be set with the interpolating modes: "
                         "linear | bilinear | bicubic | trilinear")
    sizes, scales = _sizes(input, size, scale_factor, n)
    if recompute_scale_factor and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    if recompute_scale_factor or (mode == "area" and sizes is None):
        sizes, scales = [int(input.size(i + 2) * scales[i]) for i in range(n)], None
    if antialias and not (mode in ("bilinear", "bicubic", "lanczos") and n == 2):
        raise ValueError("Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input")
    if (mode, n) in _NEAREST:
        return _NEAREST[mode, n](input, sizes, scales)
    if mode == "area" and n in _AREA:
        return _AREA[n](input, sizes)
    if (mode, n) in _LINEAR:
        function = _ANTIALIASED[mode] if antialias else _LINEAR[mode, n]
        return function(input, sizes, bool(align_corners), scales)
    raise NotImplementedError(f"interpolate(mode={mode!r}) on an input of {input.dim()} dimensions")


def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    modes, paddings = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")
    if mode not in modes:
        raise ValueError("nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', "
                         f"but got: '{mode}'")
    if padding_mode not in paddings:
        raise ValueError("nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', "
                         f"but got: '{padding_mode}'")
    return torch.grid_sampler(input, grid, modes.index(mode), paddings.index(padding_mode), bool(align_corners))


def affine_grid(theta, size, align_corners=None):
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    n = len(size) - 2
    if n not in (2, 3):
        raise NotImplementedError("affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. "
                                  f"Got size {size}.")
    if theta.dim() != 3 or theta.shape[-2] != n or theta.shape[-1] != n + 1:
        raise ValueError(f"Expected a batch of {n}D affine matrices of shape Nx{n}x{n + 1} for size {size}. Got {theta.shape}.")
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    return torch.affine_grid_generator(theta, size, bool(align_corners))

# torch.nn.functional. What is one operator with PyTorch's own signature is that operator; the rest is spelt out.
import math

import _torch
import torch

linear = _torch.linear
bilinear = torch.bilinear
gelu = _torch.gelu
glu = _torch.glu
sigmoid = torch.sigmoid
tanh = torch.tanh
softplus = _torch.softplus
logsigmoid = _torch.log_sigmoid
prelu = torch.prelu
hardshrink = torch.hardshrink
softshrink = _torch.softshrink
layer_norm = torch.layer_norm
rms_norm = torch.rms_norm
group_norm = torch.group_norm
conv1d = torch.conv1d
conv2d = torch.conv2d
conv3d = torch.conv3d
conv_transpose1d = torch.conv_transpose1d
conv_transpose2d = torch.conv_transpose2d
conv_transpose3d = torch.conv_transpose3d
pad = _torch.pad
scaled_dot_product_attention = _torch.scaled_dot_product_attention
one_hot = _torch.one_hot
cosine_similarity = torch.cosine_similarity
pairwise_distance = torch.pairwise_distance
pdist = torch.pdist
pixel_shuffle = torch.pixel_shuffle
pixel_unshuffle = torch.pixel_unshuffle
channel_shuffle = torch.channel_shuffle
conv_tbc = torch.conv_tbc
native_channel_shuffle = torch.native_channel_shuffle
avg_pool1d = torch.avg_pool1d
avg_pool2d = _torch.avg_pool2d
avg_pool3d = _torch.avg_pool3d
adaptive_avg_pool1d = torch.adaptive_avg_pool1d
relu_ = torch.relu_
selu_ = torch.selu_
elu_ = _torch.elu_
leaky_relu_ = _torch.leaky_relu_


def relu(input, inplace=False):
    return torch.relu_(input) if inplace else torch.relu(input)


def relu6(input, inplace=False):
    return _torch.relu6_(input) if inplace else _torch.relu6(input)


def silu(input, inplace=False):
    return _torch.silu_(input) if inplace else _torch.silu(input)


def mish(input, inplace=False):
    return _torch.mish_(input) if inplace else _torch.mish(input)


def elu(input, alpha=1.0, inplace=False):
    return _torch.elu_(input, alpha) if inplace else _torch.elu(input, alpha)


def selu(input, inplace=False):
    return torch.selu_(input) if inplace else torch.selu(input)


def celu(input, alpha=1.0, inplace=False):
    return torch.celu_(input, alpha) if inplace else torch.celu(input, alpha)


def leaky_relu(input, negative_slope=0.01, inplace=False):
    return _torch.leaky_relu_(input, negative_slope) if inplace else _torch.leaky_relu(input, negative_slope)


def rrelu(input, lower=1.0 / 8, upper=1.0 / 3, training=False, inplace=False):
    return torch.rrelu_(input, lower, upper, training) if inplace else torch.rrelu(input, lower, upper, training)


def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    return _torch.hardtanh_(input, min_val, max_val) if inplace else _torch.hardtanh(input, min_val, max_val)


def hardswish(input, inplace=False):
    return _torch.hardswish_(input) if inplace else _torch.hardswish(input)


def hardsigmoid(input, inplace=False):
    return _torch.hardsigmoid_(input) if inplace else _torch.hardsigmoid(input)


def threshold(input, threshold, value, inplace=False):
    return torch.threshold_(input, threshold, value) if inplace else torch.threshold(input, threshold, value)


def softsign(input):
    return input / (input.abs() + 1)


def tanhshrink(input):
    return input - input.tanh()


def _softmax_dim(ndim):
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    if dim is None:
        dim = _softmax_dim(input.dim())
    return input.softmax(dim) if dtype is None else input.softmax(dim, dtype=dtype)


def softmin(input, dim=None, _stacklevel=3, dtype=None):
    return softmax(-input, dim, dtype=dtype)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    if dim is None:
        dim = _softmax_dim(input.dim())
    return input.log_softmax(dim) if dtype is None else input.log_softmax(dim, dtype=dtype)


def gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1):
    gumbels = -torch.empty_like(logits).exponential_().log()
    gumbels = (logits + gumbels) / tau
    y_soft = gumbels.softmax(dim)
    if not hard:
        return y_soft
    index = y_soft.max(dim, keepdim=True)[1]
    y_hard = torch.zeros_like(logits).scatter_(dim, index, 1.0)
    return y_hard - y_soft.detach() + y_soft


def dropout(input, p=0.5, training=True, inplace=False):
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    return torch.dropout_(input, p, training) if inplace else torch.dropout(input, p, training)


def alpha_dropout(input, p=0.5, training=False, inplace=False):
    return torch.alpha_dropout(input, p, training)


def dropout1d(input, p=0.5, training=True, inplace=False):
    return torch.feature_dropout(input, p, training)


def dropout2d(input, p=0.5, training=True, inplace=False):
    return torch.feature_dropout(input, p, training)


def feature_alpha_dropout(input, p=0.5, training=False, inplace=False):
    return torch.feature_alpha_dropout(input, p, training)


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    if max_norm is not None:
        raise NotImplementedError("embedding(max_norm=…) changes its weight during forward, which units cannot")
    if padding_idx is None:
        padding_idx = -1
    elif padding_idx < 0:
        padding_idx = weight.size(0) + padding_idx
    return torch.embedding(weight, input, padding_idx, scale_grad_by_freq, sparse)


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    if training and input.numel() == input.size(1) and input.dim() > 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {input.size()}")
    return torch.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, False)


def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5):
    return torch.instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, False)


def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    denom = input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    return input / denom


def _output_size(output_size, input, n):
    """Of an adaptive pool: one number for all dimensions, None for that of the input."""
    if isinstance(output_size, int):
        return [output_size] * n
    return [input.size(k - n) if s is None else s for k, s in enumerate(output_size)]


def adaptive_avg_pool2d(input, output_size):
    return _torch.adaptive_avg_pool2d(input, _output_size(output_size, input, 2))


def adaptive_avg_pool3d(input, output_size):
    return _torch.adaptive_avg_pool3d(input, _output_size(output_size, input, 3))


def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    function = torch.max_pool1d_with_indices if return_indices else torch.max_pool1d
    return function(input, kernel_size, [] if stride is None else stride, padding, dilation, ceil_mode)


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    function = _torch.max_pool2d_with_indices if return_indices else torch.max_pool2d
    return function(input, kernel_size, [] if stride is None else stride, padding, dilation, ceil_mode)


def adaptive_max_pool1d(input, output_size, return_indices=False):
    result = torch.adaptive_max_pool1d(input, output_size)
    return result if return_indices else result[0]


def lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    out = avg_pool1d(input.pow(norm_type), kernel_size, [] if stride is None else stride, 0, ceil_mode)
    return (torch.sign(out) * relu(torch.abs(out))).mul(kernel_size).pow(1.0 / norm_type)


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    return _torch.im2col(input, kernel_size, dilation, padding, stride)


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    return _torch.col2im(input, output_size, kernel_size, dilation, padding, stride)


def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None, antialias=False):
    if recompute_scale_factor and scale_factor is not None:
        if size is not None:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        scale = [scale_factor] * (input.dim() - 2) if isinstance(scale_factor, (int, float)) else scale_factor
        size, scale_factor = [math.floor(input.size(k + 2) * s) for k, s in enumerate(scale)], None
    if align_corners is not None and mode in ("nearest", "area", "nearest-exact"):
        raise ValueError("align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear")
    n = input.dim() - 2
    sizes = None if size is None else [size] * n if isinstance(size, int) else list(size)
    scales = None if scale_factor is None else [float(scale_factor)] * n if not isinstance(scale_factor, (list, tuple)) else [float(s) for s in scale_factor]
    if mode == "nearest" and n == 1:
        return _torch.upsample_nearest1d(input, sizes, scales)
    if mode == "nearest" and n == 2:
        return _torch.upsample_nearest2d(input, sizes, scales)
    corners = bool(align_corners)
    if mode == "linear" and n == 1:
        return _torch.upsample_linear1d(input, sizes, corners, scales)
    if antialias:
        if mode not in ("bilinear", "bicubic") or n != 2:
            raise ValueError("Anti-alias option is restricted to bilinear and bicubic modes and requires a 4-D tensor as input")
        return getattr(_torch, f"_upsample_{mode}2d_aa")(input, sizes, corners, scales)
    if mode == "bilinear" and n == 2:
        return _torch.upsample_bilinear2d(input, sizes, corners, scales)
    if mode == "bicubic" and n == 2:
        return _torch.upsample_bicubic2d(input, sizes, corners, scales)
    if mode == "nearest" and n == 3:
        return _torch.upsample_nearest3d(input, sizes, scales)
    if mode == "nearest-exact" and 1 <= n <= 3:
        return getattr(_torch, f"_upsample_nearest_exact{n}d")(input, sizes, scales)
    if mode == "trilinear" and n == 3:
        return _torch.upsample_trilinear3d(input, sizes, corners, scales)
    if mode == "area" and 1 <= n <= 3:
        sizes = [int(math.floor(float(input.size(k + 2)) * s)) for k, s in enumerate(scales)] if sizes is None else sizes
        return (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[n - 1](input, sizes)
    raise NotImplementedError(f"Got {input.dim()}D input, but {mode} mode is not for it")


def _reduction(reduction, size_average=None, reduce=None):
    if size_average is not None or reduce is not None:
        reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
    if reduction == "none":
        return 0
    if reduction in ("mean", "elementwise_mean"):
        return 1
    if reduction == "sum":
        return 2
    if reduction == "batchmean":
        return 2
    raise ValueError(f"{reduction} is not a valid value for reduction")


def cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0):
    return _torch.cross_entropy_loss(input, target, weight, _reduction(reduction, size_average, reduce), ignore_index, label_smoothing)


def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    return _torch.nll_loss_nd(input, target, weight, _reduction(reduction, size_average, reduce), ignore_index)


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    input, target = torch.broadcast_tensors(input, target)
    return _torch.mse_loss(input, target, _reduction(reduction, size_average, reduce))


def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    input, target = torch.broadcast_tensors(input, target)
    return _torch.l1_loss(input, target, _reduction(reduction, size_average, reduce))


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    input, target = torch.broadcast_tensors(input, target)
    return _torch.smooth_l1_loss(input, target, _reduction(reduction, size_average, reduce), beta)


def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    input, target = torch.broadcast_tensors(input, target)
    return _torch.huber_loss(input, target, _reduction(reduction), delta)


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    return _torch.binary_cross_entropy(input, target, weight, _reduction(reduction, size_average, reduce))


def binary_cross_entropy_with_logits(input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None):
    return torch.binary_cross_entropy_with_logits(input, target, weight, pos_weight, _reduction(reduction, size_average, reduce))


def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    loss = torch.kl_div(input, target, _reduction(reduction, size_average, reduce), log_target=log_target)
    return loss / input.size()[0] if reduction == "batchmean" and input.dim() != 0 else loss


def cosine_embedding_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    return torch.cosine_embedding_loss(input1, input2, target, margin, _reduction(reduction, size_average, reduce))


def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
    return torch.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, _reduction(reduction), zero_infinity)


def linear_cross_entropy(input, linear_weight, target, *, linear_bias=None, weight=None, reduction="mean", ignore_index=None,
                         label_smoothing=0.0, options=None):
    """By its definition; options say how to save memory."""
    shape = linear_weight.shape
    bias = None if linear_bias is None else linear_bias.reshape(-1)
    logits = linear(input, linear_weight.reshape(-1, shape[-1]), bias).reshape(*input.shape[:-1], *shape[:-1])
    return cross_entropy(logits, target, weight, ignore_index=-100 if ignore_index is None else ignore_index, reduction=reduction,
                         label_smoothing=label_smoothing)


def _canonical_mask(mask, dtype, name="attn_mask"):
    if mask is None or mask.is_floating_point():
        return mask
    if mask.dtype != torch.bool:
        raise AssertionError(f"only bool and floating types of {name} are supported")
    return torch.zeros_like(mask, dtype=dtype).masked_fill_(mask, -math.inf)


def _check_attention_shapes(query, key, value, key_padding_mask, attn_mask):
    """True if there is a dimension for the batch."""
    batched = query.dim() == 3
    if query.dim() not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {query.dim()}-D query tensor")
    kind = "batched (3-D)" if batched else "unbatched (2-D)"
    if key.dim() != query.dim() or value.dim() != query.dim():
        raise AssertionError(f"For {kind} `query`, expected `key` and `value` to be {query.dim()}-D"
                             f" but found {key.dim()}-D and {value.dim()}-D tensors respectively")
    if key_padding_mask is not None and key_padding_mask.dim() != query.dim() - 1:
        raise AssertionError(f"For {kind} `query`, expected `key_padding_mask` to be `None` or {query.dim() - 1}-D"
                             f" but found {key_padding_mask.dim()}-D tensor instead")
    if attn_mask is not None and attn_mask.dim() not in (2, 3):
        raise AssertionError(f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D"
                             f" but found {attn_mask.dim()}-D tensor instead")
    return batched


def multi_head_attention_forward(
        query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn, dropout_p,
        out_proj_weight, out_proj_bias, training=True, key_padding_mask=None, need_weights=True, attn_mask=None,
        use_separate_proj_weight=False, q_proj_weight=None, k_proj_weight=None, v_proj_weight=None, static_k=None, static_v=None,
        average_attn_weights=True, is_causal=False):
    batched = _check_attention_shapes(query, key, value, key_padding_mask, attn_mask)
    if not batched:
        query, key, value = query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    T, B, C = query.shape
    H, D = num_heads, C // num_heads
    padding = _canonical_mask(key_padding_mask, query.dtype, "key_padding_mask")
    if is_causal and attn_mask is None:
        raise RuntimeError("Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
                           "`generate_square_subsequent_mask` to create this mask.")
    if is_causal and padding is None and not need_weights:
        attn_mask = None  # the hint is taken at its word
    else:
        attn_mask = _canonical_mask(attn_mask, query.dtype)
        is_causal = is_causal and padding is None
    if C != embed_dim_to_check:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim_to_check}, but got {C}")
    if D * H != C:
        raise AssertionError(f"embed_dim {C} not divisible by num_heads {H}")
    if use_separate_proj_weight and key.shape[:2] != value.shape[:2]:
        raise AssertionError(f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}")
    if not use_separate_proj_weight and key.shape != value.shape:
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")

    weights = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else in_proj_weight.chunk(3)
    biases = (None, None, None) if in_proj_bias is None else in_proj_bias.chunk(3)
    q, k, v = (_torch.linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases))
    if attn_mask is not None:
        shape = (T, key.shape[0]) if attn_mask.dim() == 2 else (B * H, T, key.shape[0])
        if attn_mask.shape != shape:
            raise RuntimeError(f"The shape of the {attn_mask.dim()}D attn_mask is {attn_mask.shape}, but should be {shape}.")
    if (bias_k is None) != (bias_v is None):
        raise AssertionError("bias_k and bias_v must be set together")
    extra = 0
    if bias_k is not None:
        if static_k is not None or static_v is not None:
            raise AssertionError("bias cannot be added to static key or value.")
        k, v = torch.cat([k, bias_k.repeat(1, B, 1)]), torch.cat([v, bias_v.repeat(1, B, 1)])
        extra += 1
    q = q.reshape(T, B, H, D).permute(1, 2, 0, 3)
    k = k.reshape(-1, B, H, D).permute(1, 2, 0, 3) if static_k is None else static_k.view(B, H, -1, D)
    v = v.reshape(-1, B, H, D).permute(1, 2, 0, 3) if static_v is None else static_v.view(B, H, -1, D)
    if add_zero_attn:
        zeros = torch.zeros((B, H, 1, D), dtype=k.dtype)
        k, v = torch.cat([k, zeros], dim=2), torch.cat([v, zeros], dim=2)
        extra += 1
    if extra:
        attn_mask = None if attn_mask is None else pad(attn_mask, (0, extra))
        padding = None if padding is None else pad(padding, (0, extra))
    S = k.shape[2]
    if attn_mask is not None and attn_mask.dim() == 3:
        attn_mask = attn_mask.view(B, H, T, S)
    if padding is not None:
        padding = padding.view(B, 1, 1, S)
        attn_mask = padding if attn_mask is None else attn_mask + padding
    dropout_p = dropout_p if training else 0.0
    weights = None
    if need_weights:
        scores = (q * math.sqrt(1.0 / float(D))) @ k.transpose(-2, -1)
        weights = (scores if attn_mask is None else scores + attn_mask).softmax(-1)
        if dropout_p > 0:
            weights = dropout(weights, dropout_p)
        out = weights @ v
    else:
        out = scaled_dot_product_attention(q, k, v, attn_mask, dropout_p, is_causal)
    out = _torch.linear(out.permute(2, 0, 1, 3).reshape(T, B, C), out_proj_weight, out_proj_bias)
    if weights is not None and average_attn_weights:
        weights = weights.mean(dim=1)
    if not batched:
        return out.squeeze(1), None if weights is None else weights.squeeze(0)
    return out, weights


def dropout3d(input, p=0.5, training=True, inplace=False):
    return torch.feature_dropout(input, p, training)


def max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    function = _torch.max_pool3d_with_indices if return_indices else torch.max_pool3d
    return function(input, kernel_size, [] if stride is None else stride, padding, dilation, ceil_mode)


def adaptive_max_pool2d(input, output_size, return_indices=False):
    result = _torch.adaptive_max_pool2d(input, _output_size(output_size, input, 2))
    return result if return_indices else result[0]


def adaptive_max_pool3d(input, output_size, return_indices=False):
    result = _torch.adaptive_max_pool3d(input, _output_size(output_size, input, 3))
    return result if return_indices else result[0]


def _unpooled(input, kernel_size, stride, padding, output_size, n):
    kernel, stride, padding = ([x] * n if isinstance(x, int) else list(x) for x in (kernel_size, stride or kernel_size, padding))
    if output_size is not None:
        return list(output_size)[-n:]
    return [(input.size(k - n) - 1) * stride[k] + kernel[k] - 2 * padding[k] for k in range(n)]


def max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    size = _unpooled(input, kernel_size, stride, padding, output_size, 1)
    return _torch.max_unpool2d(input.unsqueeze(-1), indices.unsqueeze(-1), size + [1]).squeeze(-1)


def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    return _torch.max_unpool2d(input, indices, _unpooled(input, kernel_size, stride, padding, output_size, 2))


def max_unpool3d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    size = _unpooled(input, kernel_size, stride, padding, output_size, 3)
    stride, padding = ([x] * 3 if isinstance(x, int) else x for x in (kernel_size if stride is None else stride, padding))
    return _torch.max_unpool3d(input, indices, size, stride, padding)


def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    kw, kh = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    out = avg_pool2d(input.pow(norm_type), kernel_size, [] if stride is None else stride, 0, ceil_mode)
    return (torch.sign(out) * relu(torch.abs(out))).mul(kw * kh).pow(1.0 / norm_type)


def lp_pool3d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    kd, kw, kh = (kernel_size,) * 3 if isinstance(kernel_size, int) else kernel_size
    out = avg_pool3d(input.pow(norm_type), kernel_size, [] if stride is None else stride, 0, ceil_mode)
    return (torch.sign(out) * relu(torch.abs(out))).mul(kd * kw * kh).pow(1.0 / norm_type)


def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    if input.dim() < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input (got {input.dim()} dimensions)")
    if input.numel() == 0:
        return input
    div = input.mul(input)
    if input.dim() == 3:
        div = avg_pool2d(pad(div.unsqueeze(1), (0, 0, size // 2, (size - 1) // 2)), (size, 1), stride=1).squeeze(1)
    else:
        sizes = input.size()
        div = pad(div.view(sizes[0], 1, sizes[1], sizes[2], -1), (0, 0, 0, 0, size // 2, (size - 1) // 2))
        div = avg_pool3d(div, (size, 1, 1), stride=1).squeeze(1).view(sizes)
    return input / div.mul(alpha).add(k).pow(beta)


def embedding_bag(input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode="mean", sparse=False,
                  per_sample_weights=None, include_last_offset=False, padding_idx=None):
    if max_norm is not None:
        raise NotImplementedError("embedding_bag(max_norm=…) changes its weight during forward, which units cannot")
    if input.dim() == 2:
        offsets = torch.arange(0, input.numel(), input.size(1))
        input = input.reshape(-1)
        per_sample_weights = None if per_sample_weights is None else per_sample_weights.reshape(-1)
    number = {"sum": 0, "mean": 1, "max": 2}[mode]
    return torch.embedding_bag(weight, input, offsets, scale_grad_by_freq, number, sparse, per_sample_weights, include_last_offset,
                               padding_idx)[0]


def affine_grid(theta, size, align_corners=None):
    return torch.affine_grid_generator(theta, size, bool(align_corners))


def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    return torch.grid_sampler(input, grid, {"bilinear": 0, "nearest": 1, "bicubic": 2}[mode],
                              {"zeros": 0, "border": 1, "reflection": 2}[padding_mode], bool(align_corners))


def hardtanh_(input, min_val=-1.0, max_val=1.0):
    return _torch.hardtanh_(input, min_val, max_val)


celu_, rrelu_, threshold_ = torch.celu_, torch.rrelu_, torch.threshold_


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input, size=None, scale_factor=None):
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input, size=None, scale_factor=None):
    return interpolate(input, size, scale_factor, "bilinear", True)


def _reduced(loss, reduction, size_average=None, reduce=None):
    return (loss, loss.mean(), loss.sum())[_reduction(reduction, size_average, reduce)]


def poisson_nll_loss(input, target, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean"):
    return torch.poisson_nll_loss(input, target, log_input, full, eps, _reduction(reduction, size_average, reduce))


def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    if isinstance(var, float):
        var = var * torch.ones_like(input)
    if var.size() != input.size() and input.size()[:-1] == var.size():
        var = torch.unsqueeze(var, -1)
    if torch.any(var < 0):
        raise ValueError("var has negative entry/entries")
    var = var.clone()
    with torch.no_grad():
        var.clamp_(min=eps)
    loss = 0.5 * (torch.log(var) + (input - target) ** 2 / var)
    if full:
        loss += 0.5 * math.log(2 * math.pi)
    return _reduced(loss, reduction)


def hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None, reduction="mean"):
    return torch.hinge_embedding_loss(input, target, margin, _reduction(reduction, size_average, reduce))


def margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    return torch.margin_ranking_loss(input1, input2, target, margin, _reduction(reduction, size_average, reduce))


def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    return _torch.soft_margin_loss(input, target, _reduction(reduction, size_average, reduce))


def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
    return _torch.multi_margin_loss(input, target, p, margin, weight, _reduction(reduction, size_average, reduce))


def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    return _torch.multilabel_margin_loss(input, target, _reduction(reduction, size_average, reduce))


def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    loss = (loss if weight is None else loss * weight).sum(dim=input.dim() - 1) / input.size(input.dim() - 1)
    return _reduced(loss, reduction, size_average, reduce)


def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False, size_average=None, reduce=None,
                        reduction="mean"):
    return torch.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, _reduction(reduction, size_average, reduce))


def triplet_margin_with_distance_loss(anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"):
    distance = distance_function or torch.pairwise_distance
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = torch.minimum(far, distance(positive, negative))
    return _reduced(torch.clamp_min(margin + near - far, 0), reduction)


def _indexed(pool):
    def with_indices(input, *args, return_indices=False, **kwargs):
        return pool(input, *args, return_indices=True, **kwargs)
    with_indices.__name__ = pool.__name__ + "_with_indices"
    return with_indices


(max_pool1d_with_indices, max_pool2d_with_indices, max_pool3d_with_indices, adaptive_max_pool1d_with_indices,
 adaptive_max_pool2d_with_indices, adaptive_max_pool3d_with_indices) = map(
    _indexed, (max_pool1d, max_pool2d, max_pool3d, adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d))

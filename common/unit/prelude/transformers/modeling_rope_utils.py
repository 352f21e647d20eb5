"""Inverse frequencies of rotary embeddings from a configuration: (inv_freq, scale of cos and sin)."""

import math
import torch


def _parameters(config):
    given = dict(getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {})
    base = given.get("rope_theta", getattr(config, "rope_theta", 10000.0))
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    part = given.get("partial_rotary_factor", getattr(config, "partial_rotary_factor", 1.0))
    return given, base, int(head * part)


def _inverse(base, dim, device):
    return 1.0 / (base ** (torch.arange(0, dim, 2, dtype=torch.int64).to(device=device, dtype=torch.float) / dim))


def _compute_default_rope_parameters(config=None, device=None, seq_len=None, **kwargs):
    _, base, dim = _parameters(config)
    return _inverse(base, dim, device), 1.0


def _compute_linear_scaling_rope_parameters(config=None, device=None, seq_len=None, **kwargs):
    given, base, dim = _parameters(config)
    return _inverse(base, dim, device) / given["factor"], 1.0


def _compute_dynamic_ntk_parameters(config=None, device=None, seq_len=None, **kwargs):
    given, base, dim = _parameters(config)
    longest, factor = config.max_position_embeddings, given["factor"]
    seq_len = max(longest if seq_len is None else int(seq_len), longest)
    base = base * ((factor * seq_len / longest) - (factor - 1)) ** (dim / (dim - 2))
    return _inverse(base, dim, device), 1.0


def _compute_yarn_parameters(config=None, device=None, seq_len=None, **kwargs):
    """Peng et al. 2023, arXiv:2309.00071."""
    given, base, dim = _parameters(config)
    original = given.get("original_max_position_embeddings") or config.max_position_embeddings
    factor = given.get("factor") or config.max_position_embeddings / original

    def magnitude(scale, weight=1.0):
        return 1.0 if scale <= 1 else 0.1 * weight * math.log(scale) + 1.0

    attention = given.get("attention_factor")
    if attention is None:
        if given.get("mscale") and given.get("mscale_all_dim"):
            attention = magnitude(factor, given["mscale"]) / magnitude(factor, given["mscale_all_dim"])
        else:
            attention = magnitude(factor)

    def place(rotations):
        return dim * math.log(original / (rotations * 2 * math.pi)) / (2 * math.log(base))

    low, high = place(given.get("beta_fast") or 32), place(given.get("beta_slow") or 1)
    if given.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, dim - 1)
    ramp = (torch.arange(dim // 2, dtype=torch.float32, device=device) - low) / (high - low if high != low else 0.001)
    keep = 1 - ramp.clamp(0, 1)
    inverse = _inverse(base, dim, device)
    return inverse / factor * (1 - keep) + inverse * keep, float(attention)


def _compute_llama3_parameters(config=None, device=None, seq_len=None, **kwargs):
    given, base, dim = _parameters(config)
    inverse = _inverse(base, dim, device)
    factor, low, high = given["factor"], given["low_freq_factor"], given["high_freq_factor"]
    original = given["original_max_position_embeddings"]
    wave = 2 * math.pi / inverse
    slow = torch.where(wave > original / low, inverse / factor, inverse)
    smooth = (original / wave - low) / (high - low)
    between = ~(wave < original / high) * ~(wave > original / low)
    return torch.where(between, (1 - smooth) * slow / factor + smooth * slow, slow), 1.0


ROPE_INIT_FUNCTIONS = {
    "default": _compute_default_rope_parameters, "linear": _compute_linear_scaling_rope_parameters,
    "dynamic": _compute_dynamic_ntk_parameters, "yarn": _compute_yarn_parameters, "llama3": _compute_llama3_parameters}


def dynamic_rope_update(rope_forward):
    return rope_forward


def rope_config_validation(config, ignore_keys=None):
    return None

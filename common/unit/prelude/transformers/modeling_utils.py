import torch
import torch.nn as nn
import torch.nn.functional as F
from transformers.configuration_utils import PreTrainedConfig


class ModuleUtilsMixin:
    pass


class PreTrainedModel(nn.Module):
    config_class = None
    base_model_prefix = ""
    main_input_name = "input_ids"
    supports_gradient_checkpointing = False
    _no_split_modules = None
    _tied_weights_keys = None
    _keys_to_ignore_on_load_missing = None
    _keys_to_ignore_on_load_unexpected = None
    _supports_sdpa = False
    _supports_flash_attn = _supports_flash_attn_2 = _supports_flex_attn = False
    _supports_cache_class = False

    def __init__(self, config, *inputs, **kwargs):
        super().__init__()
        if not isinstance(config, PreTrainedConfig):
            raise TypeError(
                f"Parameter config in `{type(self).__name__}(config)` should be an instance of class "
                f"`PreTrainedConfig`. To create a model from a pretrained model use "
                f"`model = {type(self).__name__}.from_pretrained(PRETRAINED_MODEL_NAME)`"
            )
        self.config = config
        self.name_or_path = config.name_or_path
        if config._attn_implementation is None:
            config._attn_implementation = "sdpa" if type(self)._supports_sdpa else "eager"

    def post_init(self):
        self.init_weights()

    def init_weights(self):
        self.apply(self._init_weights)
        self.tie_weights()

    def _init_weights(self, module):
        std = getattr(self.config, "initializer_range", 0.02)
        if isinstance(module, (nn.Linear, nn.Conv1d, nn.Conv2d)):
            nn.init.normal_(module.weight, mean=0.0, std=std)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, mean=0.0, std=std)
            if module.padding_idx is not None:
                with torch.no_grad():
                    module.weight[module.padding_idx].zero_()

    def tie_weights(self, *args, **kwargs):
        head = self.get_output_embeddings()
        if head is not None and getattr(self.config, "tie_word_embeddings", False) and type(self)._tied_weights_keys:
            head.weight = self.get_input_embeddings().weight

    def get_input_embeddings(self):
        base = getattr(self, type(self).base_model_prefix, self) if type(self).base_model_prefix else self
        if base is not self:
            return base.get_input_embeddings()
        for name in ("embed_tokens", "embeddings", "wte"):
            if hasattr(self, name):
                return getattr(self, name)
        raise NotImplementedError

    def set_input_embeddings(self, value):
        self.embed_tokens = value

    def get_output_embeddings(self):
        return getattr(self, "lm_head", None)

    def get_extended_attention_mask(self, attention_mask, input_shape=None, device=None, dtype=None):
        dtype = self.dtype if dtype is None else dtype
        mask = attention_mask[:, None, :, :] if attention_mask.dim() == 3 else attention_mask[:, None, None, :]
        return (1.0 - mask.to(dtype)) * torch.finfo(dtype).min

    @property
    def device(self):
        return next(self.parameters()).device

    @property
    def dtype(self):
        return next(self.parameters()).dtype

    @property
    def base_model(self):
        return getattr(self, type(self).base_model_prefix, self) if type(self).base_model_prefix else self

    @property
    def is_gradient_checkpointing(self):
        return False

    def num_parameters(self, only_trainable=False, exclude_embeddings=False):
        return sum(p.numel() for p in self.parameters() if p.requires_grad or not only_trainable)

    def gradient_checkpointing_enable(self, *args, **kwargs):
        pass

    def gradient_checkpointing_disable(self):
        pass

    @classmethod
    def _from_config(cls, config, **kwargs):
        return cls(config)

    @classmethod
    def from_pretrained(cls, *args, **kwargs):
        raise OSError("from_pretrained: units have no file system and no network")

    def save_pretrained(self, *args, **kwargs):
        raise OSError("save_pretrained: units have no file system")


def sdpa_attention_forward(
        module, query, key, value, attention_mask, dropout=0.0, scaling=None, is_causal=None, **kwargs ):
    groups = getattr(module, "num_key_value_groups", 1)
    if groups > 1:
        key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
    if is_causal is None:
        is_causal = query.shape[2] > 1 and attention_mask is None and getattr(module, "is_causal", True)
    y = F.scaled_dot_product_attention(
        query, key, value, attn_mask=attention_mask, dropout_p=dropout, scale=scaling, is_causal=is_causal)
    return y.transpose(1, 2).contiguous(), None


class _AttentionFunctions(dict):
    def get_interface(self, name, default):
        return self.get(name, default)


ALL_ATTENTION_FUNCTIONS = _AttentionFunctions(sdpa=sdpa_attention_forward)

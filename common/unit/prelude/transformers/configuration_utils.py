import copy
import torch

_DEFAULTS = {
    "transformers_version": None, "architectures": None, "output_hidden_states": False, "output_attentions": False,
    "return_dict": True, "dtype": None, "chunk_size_feed_forward": 0, "is_encoder_decoder": False, "is_decoder": False,
    "add_cross_attention": False, "cross_attention_hidden_size": None, "tie_word_embeddings": True,
    "tie_encoder_decoder": False, "pruned_heads": {}, "problem_type": None, "finetuning_task": None,
    "task_specific_params": None, "bos_token_id": None, "pad_token_id": None, "eos_token_id": None,
    "sep_token_id": None, "decoder_start_token_id": None, "prefix": None, "torchscript": False, "use_bfloat16": False}


class PreTrainedConfig:
    """Keywords become attributes; a class's own attributes, or what its __init__ sets, are defaults."""

    model_type = ""
    base_config_key = ""
    sub_configs = {}
    attribute_map = {}
    keys_to_ignore_at_inference = []
    is_composition = False
    base_model_tp_plan = None

    def __init__(self, **kwargs):
        own = type(self)
        for name, value in _DEFAULTS.items():
            if name not in vars(self) and not hasattr(own, name):
                object.__setattr__(self, name, copy.copy(value))
        if kwargs.get("torch_dtype") is not None:
            kwargs.setdefault("dtype", kwargs["torch_dtype"])
        kwargs.pop("torch_dtype", None)
        self._name_or_path = str(kwargs.pop("name_or_path", ""))
        self._attn_implementation = kwargs.pop("attn_implementation", None)
        labels = kwargs.pop("id2label", None)
        count = kwargs.pop("num_labels", 2)
        self.id2label = (
            {i: f"LABEL_{i}" for i in range(count)} if labels is None else {int(k): v for k, v in labels.items()})
        self.label2id = kwargs.pop("label2id", None) or {v: k for k, v in self.id2label.items()}
        for name, value in kwargs.items():
            setattr(self, name, value)
        if isinstance(self.dtype, str):
            self.dtype = getattr(torch, self.dtype)

    def __setattr__(self, name, value):
        object.__setattr__(self, type(self).attribute_map.get(name, name), value)

    def __getattr__(self, name):
        mapped = type(self).attribute_map.get(name)
        if mapped is None:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        return getattr(self, mapped)

    @property
    def name_or_path(self):
        return self._name_or_path

    @property
    def num_labels(self):
        return len(self.id2label)

    @property
    def torch_dtype(self):
        return self.dtype

    @torch_dtype.setter
    def torch_dtype(self, value):
        self.dtype = value

    @property
    def use_return_dict(self):
        return self.return_dict

    def get_text_config(self, decoder=False, encoder=False):
        return self

    def to_dict(self):
        output = {
            k: (v.to_dict() if isinstance(v, PreTrainedConfig) else copy.deepcopy(v))
            for k, v in vars(self).items()
            if not k.startswith("_")
        }
        output["model_type"] = self.model_type
        return output

    to_diff_dict = to_dict

    @classmethod
    def from_dict(cls, config_dict, return_unused_kwargs=False, **kwargs):
        known = {k: v for k, v in config_dict.items() if k != "model_type"}
        config = cls(**{**known, **kwargs})
        return (config, {}) if return_unused_kwargs else config

    def update(self, config_dict):
        for name, value in config_dict.items():
            setattr(self, name, value)

    @classmethod
    def from_pretrained(cls, *args, **kwargs):
        raise OSError("from_pretrained: units have no file system and no network; give the values")

    def save_pretrained(self, *args, **kwargs):
        raise OSError("save_pretrained: units have no file system")

    def __eq__(self, other):
        return isinstance(other, PreTrainedConfig) and vars(self) == vars(other)

    def __repr__(self):
        return f"{type(self).__name__} {self.to_dict()}"


PretrainedConfig = PreTrainedConfig

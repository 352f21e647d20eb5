"""transformers for the unit language: activations, configurations, outputs, caches; no weights are loaded."""

from transformers import activations, utils
from transformers.activations import ACT2FN
from transformers.cache_utils import Cache, DynamicCache
from transformers.configuration_utils import PreTrainedConfig, PretrainedConfig
from transformers.generation import GenerationMixin
from transformers.modeling_utils import PreTrainedModel
from transformers.models.llama.configuration_llama import LlamaConfig

__version__ = "5.24.0"

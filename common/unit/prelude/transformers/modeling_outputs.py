"""Outputs of models: the names of their fields, in order."""

from transformers.utils import _OLD, ModelOutput


class _Output(ModelOutput):
    _fields = ()

    def __init__(self, *args, **kwargs):
        names = type(self)._fields
        if len(args) > len(names):
            raise TypeError(
                f"{type(self).__name__}.__init__() takes from 1 to {len(names) + 1} positional arguments but "
                f"{len(args) + 1} were given"
            )
        values = dict.fromkeys(names)
        values.update(zip(names, args))
        for name, value in kwargs.items():
            name = _OLD.get(name, name)
            if name not in values:
                raise TypeError(f"{type(self).__name__}.__init__() got an unexpected keyword argument '{name}'")
            values[name] = value
        for name, value in values.items():
            object.__setattr__(self, name, value)
        self._collect(list(names))


class BaseModelOutput(_Output):
    _fields = ("last_hidden_state", "hidden_states", "attentions")


class BaseModelOutputWithNoAttention(_Output):
    _fields = ("last_hidden_state", "hidden_states")


class BaseModelOutputWithPooling(_Output):
    _fields = ("last_hidden_state", "pooler_output", "hidden_states", "attentions")


class BaseModelOutputWithPast(_Output):
    _fields = ("last_hidden_state", "cache", "hidden_states", "attentions")


class BaseModelOutputWithCrossAttentions(_Output):
    _fields = ("last_hidden_state", "hidden_states", "attentions", "cross_attentions")


class BaseModelOutputWithPastAndCrossAttentions(_Output):
    _fields = ("last_hidden_state", "cache", "hidden_states", "attentions", "cross_attentions")


class BaseModelOutputWithPoolingAndCrossAttentions(_Output):
    _fields = ("last_hidden_state", "pooler_output", "hidden_states", "cache", "attentions", "cross_attentions")


class MoEModelOutput(_Output):
    _fields = ("last_hidden_state", "hidden_states", "attentions", "router_probs", "router_logits")


class MoeModelOutputWithPast(_Output):
    _fields = ("last_hidden_state", "cache", "hidden_states", "attentions", "router_logits")


class MoeCausalLMOutputWithPast(_Output):
    _fields = ("loss", "aux_loss", "logits", "cache", "hidden_states", "attentions", "router_logits")


class CausalLMOutput(_Output):
    _fields = ("loss", "logits", "hidden_states", "attentions")


class CausalLMOutputWithPast(_Output):
    _fields = ("loss", "logits", "cache", "hidden_states", "attentions")


class CausalLMOutputWithCrossAttentions(_Output):
    _fields = ("loss", "logits", "cache", "hidden_states", "attentions", "cross_attentions")


class MaskedLMOutput(_Output):
    _fields = ("loss", "logits", "hidden_states", "attentions")


class Seq2SeqModelOutput(_Output):
    _fields = (
        "last_hidden_state", "cache", "decoder_hidden_states", "decoder_attentions", "cross_attentions",
        "encoder_last_hidden_state", "encoder_hidden_states", "encoder_attentions")


class Seq2SeqLMOutput(_Output):
    _fields = (
        "loss", "logits", "cache", "decoder_hidden_states", "decoder_attentions", "cross_attentions",
        "encoder_last_hidden_state", "encoder_hidden_states", "encoder_attentions")


class SequenceClassifierOutput(_Output):
    _fields = ("loss", "logits", "hidden_states", "attentions")


class SequenceClassifierOutputWithPast(_Output):
    _fields = ("loss", "logits", "cache", "hidden_states", "attentions")


class TokenClassifierOutput(_Output):
    _fields = ("loss", "logits", "hidden_states", "attentions")


class QuestionAnsweringModelOutput(_Output):
    _fields = ("loss", "start_logits", "end_logits", "hidden_states", "attentions")

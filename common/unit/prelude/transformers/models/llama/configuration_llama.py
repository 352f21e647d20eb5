from transformers.configuration_utils import PreTrainedConfig


class LlamaConfig(PreTrainedConfig):
    model_type = "llama"

    def __init__(
            self, vocab_size=32000, hidden_size=4096, intermediate_size=11008, num_hidden_layers=32,
            num_attention_heads=32, num_key_value_heads=None, hidden_act="silu", max_position_embeddings=2048,
            initializer_range=0.02, rms_norm_eps=1e-6, use_cache=True, pad_token_id=None, bos_token_id=1,
            eos_token_id=2, pretraining_tp=1, tie_word_embeddings=False, rope_theta=10000.0, rope_scaling=None,
            attention_bias=False, attention_dropout=0.0, mlp_bias=False, head_dim=None, rope_parameters=None, **kwargs):
        self.vocab_size, self.hidden_size, self.intermediate_size = vocab_size, hidden_size, intermediate_size
        self.num_hidden_layers, self.num_attention_heads = num_hidden_layers, num_attention_heads
        self.num_key_value_heads = num_attention_heads if num_key_value_heads is None else num_key_value_heads
        self.hidden_act, self.max_position_embeddings, self.initializer_range = (
            hidden_act, max_position_embeddings, initializer_range)
        self.rms_norm_eps, self.use_cache, self.pretraining_tp = rms_norm_eps, use_cache, pretraining_tp
        self.attention_bias, self.attention_dropout, self.mlp_bias = attention_bias, attention_dropout, mlp_bias
        self.head_dim = hidden_size // num_attention_heads if head_dim is None else head_dim
        self.rope_theta, self.rope_scaling = rope_theta, rope_scaling
        given = dict(rope_parameters or rope_scaling or {})
        given.setdefault("rope_type", given.get("type", "default"))
        given.setdefault("rope_theta", rope_theta)
        self.rope_parameters = given
        super().__init__(
            pad_token_id=pad_token_id, bos_token_id=bos_token_id, eos_token_id=eos_token_id,
            tie_word_embeddings=tie_word_embeddings, **kwargs)

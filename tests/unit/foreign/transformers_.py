x = data(3, 5, seed=1, scale=4.0)


def check_activations():
    from transformers.activations import ACT2FN, get_activation

    normal = (1 + torch.erf(x / math.sqrt(2))) / 2
    tanh = x / 2 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    sigma, soft = 1 / (1 + torch.exp(-x)), torch.log(1 + torch.exp(x))
    up = torch.where(x > 0, x, 0 * x)
    wanted = {
        "gelu": x * normal, "gelu_10": (x * normal).clamp(-10, 10), "gelu_fast": tanh, "gelu_new": tanh,
        "gelu_python": x * normal, "gelu_pytorch_tanh": tanh, "gelu_python_tanh": tanh, "gelu_accurate": tanh,
        "hardswish": x * (x + 3).clamp(0, 6) / 6,
        "laplace": (1 + torch.erf((x - 0.707107) / (0.282095 * math.sqrt(2)))) / 2,
        "leaky_relu": torch.where(x > 0, x, 0.01 * x), "linear": x, "mish": x * torch.tanh(soft),
        "quick_gelu": x / (1 + torch.exp(-1.702 * x)), "relu": up, "relu2": up * up, "relu6": x.clamp(0, 6),
        "sigmoid": sigma, "silu": x * sigma, "sqrtsoftplus": soft.sqrt(), "swish": x * sigma, "tanh": torch.tanh(x),
        "prelu": torch.where(x > 0, x, 0.25 * x)}
    for name, y in wanted.items():
        agree(isinstance(ACT2FN[name], nn.Module), name)
        same(ACT2FN[name](x), y, [x], name, 1e-4)
    assert sorted(ACT2FN.keys()) == sorted([*wanted, "xielu"])
    assert "function nothing not found" in raises(KeyError, lambda: get_activation("nothing"))
    raises(KeyError, lambda: ACT2FN["nothing"])
    assert ACT2FN["silu"] is not ACT2FN["silu"] and "silu" in ACT2FN


def check_xielu():
    from transformers.activations import ACT2FN

    act = ACT2FN["xielu"]
    up, down = F.softplus(act.alpha_p), 0.5 + F.softplus(act.alpha_n)
    wanted = torch.where(x > 0, up * x * x + 0.5 * x, (torch.expm1(torch.min(x, act.eps)) - x) * down + 0.5 * x)
    close(act(x), wanted, tolerance=1e-2)


def check_logging():
    from transformers.utils import logging

    logger = logging.get_logger(__name__)
    logger.info("nothing")
    logger.warning_once("nothing")


def check_configuration():
    from transformers.configuration_utils import PretrainedConfig

    class Config(PretrainedConfig):
        model_type = "mine"
        attribute_map = {"width": "hidden_size"}

        def __init__(self, hidden_size=8, depth=2, **kwargs):
            self.hidden_size, self.depth = hidden_size, depth
            super().__init__(**kwargs)

    config = Config(hidden_size=12, extra="more")
    assert (config.hidden_size, config.width, config.depth, config.extra) == (12, 12, 2, "more")
    config.width = 4
    assert config.hidden_size == 4 and config.to_dict()["depth"] == 2 and config.to_dict()["model_type"] == "mine"
    assert not config.output_hidden_states and config.return_dict
    assert Config.from_dict({"hidden_size": 3}).hidden_size == 3
    assert not hasattr(config, "nothing")
    assert PretrainedConfig(a=1).a == 1


def check_outputs():
    from transformers.modeling_outputs import BaseModelOutput, BaseModelOutputWithPast, CausalLMOutputWithPast

    out = BaseModelOutputWithPast(last_hidden_state=x, past_key_values=3)
    assert out[0] is x and out.last_hidden_state is x and out["last_hidden_state"] is x and out.past_key_values == 3
    assert (
        len(out.to_tuple()) == 2 and out.hidden_states is None and "attentions" not in out and "past_key_values" in out)
    hidden, cache = out[:2]
    assert cache == 3
    out.attentions = (x,)
    assert list(out.keys())[0] == "last_hidden_state"
    assert CausalLMOutputWithPast(logits=x).loss is None and CausalLMOutputWithPast(logits=x)[0] is x
    raises(TypeError, lambda: BaseModelOutput(nothing=1))
    assert BaseModelOutput(x).last_hidden_state is x


def check_outputs_of_our_own():
    from dataclasses import dataclass
    from typing import Optional
    from transformers.utils import ModelOutput

    @dataclass
    class Mine(ModelOutput):
        loss: Optional[torch.Tensor] = None
        logits: Optional[torch.Tensor] = None

    out = Mine(logits=x)
    assert out[0] is x and list(out.keys()) == ["logits"] and out.loss is None
    out.loss = x.sum()
    assert out["logits"] is x


def check_cache():
    from transformers.cache_utils import DynamicCache

    cache = DynamicCache()
    k = data(2, 1, 3, 4, seed=2)
    for layer in (0, 1):
        keys, values = cache.update(k, 2 * k, layer)
    assert len(cache) == 2 and cache.get_seq_length() == 3
    keys, values = cache.update(k, 2 * k, 1)
    close(keys, torch.cat([k, k], 2))
    close(values, 2 * torch.cat([k, k], 2))
    assert cache.get_seq_length(1) == 6 and cache.get_seq_length(0) == 3


def check_conv1d():
    from transformers.pytorch_utils import ALL_LAYERNORM_LAYERS, Conv1D, apply_chunking_to_forward

    layer = Conv1D(4, 5)
    same(layer(x), x @ layer.weight + layer.bias, [x, layer.weight, layer.bias])
    assert nn.LayerNorm in ALL_LAYERNORM_LAYERS
    close(apply_chunking_to_forward(lambda a: 2 * a, 1, 0, x), 2 * x)


def check_model():
    from transformers.configuration_utils import PretrainedConfig
    from transformers.modeling_utils import PreTrainedModel

    class Config(PretrainedConfig):
        initializer_range = 0.5

    class Net(PreTrainedModel):
        config_class = Config
        seen = 0

        def __init__(self, config):
            super().__init__(config)
            self.layer = nn.Linear(5, 4)
            self.post_init()

        def _init_weights(self, module):
            if isinstance(module, nn.Linear):
                with torch.no_grad():
                    module.weight.fill_(self.config.initializer_range)
                    module.bias.zero_()

        def forward(self, x):
            return self.layer(x)

    net = Net(Config())
    close(net(x), 0.5 * x.sum(-1, keepdim=True).expand(3, 4))
    assert net.dtype == torch.float32 and net.config.initializer_range == 0.5
    raises(TypeError, lambda: Net(3))


def check_llama_pieces():
    from transformers.models.llama.configuration_llama import LlamaConfig
    from transformers.models.llama.modeling_llama import (
        LlamaMLP, LlamaRMSNorm, LlamaRotaryEmbedding, apply_rotary_pos_emb, repeat_kv, rotate_half)

    norm = LlamaRMSNorm(5)
    same(norm(x), rms(x, norm.weight, 1e-6), [x, norm.weight])
    config = LlamaConfig(hidden_size=16, num_attention_heads=4, num_key_value_heads=2, intermediate_size=24)
    h, q = data(2, 3, 16, seed=3), data(2, 4, 3, 4, seed=4)
    cos, sin = LlamaRotaryEmbedding(config)(h, torch.arange(3)[None])
    angle = torch.outer(torch.arange(3).float(), 10000.0 ** -(torch.arange(0, 4, 2) / 4))
    close(cos[0], torch.cat([angle, angle], -1).cos())
    turned, _ = apply_rotary_pos_emb(q, q, cos, sin)
    close(turned, q * cos[:, None] + torch.cat([-q[..., 2:], q[..., :2]], -1) * sin[:, None])
    assert tuple(repeat_kv(q, 3).shape) == (2, 12, 3, 4) and rotate_half(q).shape == q.shape
    mlp = LlamaMLP(config)
    gate, up, down = [p for p in mlp.parameters()]
    g = h @ gate.T
    same(mlp(h), (g / (1 + torch.exp(-g)) * (h @ up.T)) @ down.T, [h, gate, up, down])


def check_rope_frequencies():
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
    from transformers.models.llama.configuration_llama import LlamaConfig

    plain = 10000.0 ** -(torch.arange(0, 8, 2) / 8)

    def frequencies(**rope):
        config = LlamaConfig(
            hidden_size=16, num_attention_heads=2, max_position_embeddings=64,
            rope_parameters={"rope_theta": 10000.0, **rope})
        return ROPE_INIT_FUNCTIONS[rope["rope_type"]](config, torch.device("cpu"))

    close(frequencies(rope_type="linear", factor=4.0)[0], plain / 4)
    close(frequencies(rope_type="dynamic", factor=2.0)[0], plain)
    inv_freq, scale = frequencies(rope_type="yarn", factor=4.0, original_max_position_embeddings=16)
    assert abs(scale - (0.1 * math.log(4) + 1)) < 1e-9
    agree(bool(((inv_freq <= plain * 1.0001) & (inv_freq >= plain / 4.0001)).all()), "yarn between the two")
    inv_freq, _ = frequencies(
        rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64)
    close(inv_freq[:1], plain[:1])
    close(inv_freq[-1:], plain[-1:] / 8)


def check_predicates():
    from transformers.utils import is_torch_available

    assert is_torch_available()

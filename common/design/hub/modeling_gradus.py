# @HEAD@


class GradusConfig(PretrainedConfig):
    """The sizes are the design's: those of the tree are constants of this file, so only the vocabulary may change."""

    model_type = "gradus"

    def __init__(self, vocab_size=VOCABULARY, hidden_size=D_MODEL, num_hidden_layers=N_BLOCKS,
                 max_position_embeddings=CONTEXT, **kwargs):
        self.vocab_size, self.hidden_size = vocab_size, hidden_size
        self.num_hidden_layers, self.max_position_embeddings = num_hidden_layers, max_position_embeddings
        kwargs.setdefault("use_cache", False)
        kwargs.setdefault("tie_word_embeddings", True)
        super().__init__(**kwargs)


class GradusForCausalLM(PreTrainedModel, GenerationMixin):
    """Embedding, N blocks, RMSNorm, head tied to the embedding. No cache: each new token reads the whole text again."""

    config_class = GradusConfig
    supports_gradient_checkpointing = False

    def __init__(self, config):
        super().__init__(config)
        if (config.hidden_size, config.num_hidden_layers) != (D_MODEL, N_BLOCKS):
            raise ValueError(f"this design was exported with {N_BLOCKS} blocks of width {D_MODEL}; "
                             "export it again for another size")
        # Units may compute tables when they are made, so they are made on the CPU and in float32 whatever device and
        # type the loader asks for: on its "meta" device a table would hold nothing.
        wanted = torch.get_default_dtype()
        torch.set_default_dtype(torch.float32)
        try:
            with torch.device("cpu"):
                self.embedding = nn.Embedding(config.vocab_size, D_MODEL)
                self.blocks = nn.ModuleList(block(layer) for layer in range(N_BLOCKS))
                self.norm = nn.RMSNorm(D_MODEL, eps=1e-5)
                nn.init.normal_(self.embedding.weight, std=0.02)
        finally:
            torch.set_default_dtype(wanted)
        for module in self.modules():  # the loader empties buffers that are in no file; _init_weights puts these back
            names = [name for name in module._buffers if name in module._non_persistent_buffers_set]
            module.kept_buffers = {name: module._buffers[name].clone() for name in names
                                   if module._buffers[name] is not None}
        if wanted != torch.float32:
            self.to(wanted)
        self.post_init()

    def _init_weights(self, module):
        """Nothing is drawn here: units own their draws, which were made with them."""
        for name, kept in getattr(module, "kept_buffers", {}).items():
            buffer = module._buffers[name]
            module._buffers[name] = kept.to(buffer.device, buffer.dtype)

    def get_input_embeddings(self):
        return self.embedding

    def set_input_embeddings(self, value):
        self.embedding = value

    accepts_loss_kwargs = False  # the loss is the mean of its batch: Trainer divides it where it accumulates

    def prepare_inputs_for_generation(self, input_ids, attention_mask=None, **_):
        return {"input_ids": input_ids, "attention_mask": attention_mask}

    def forward(self, input_ids=None, attention_mask=None, labels=None, inputs_embeds=None, **_):
        """logits (B, T, V); labels (B, T) are the tokens themselves, -100 where no loss is wanted."""
        if attention_mask is not None and (attention_mask[:, 1:] > attention_mask[:, :-1]).any():
            raise ValueError("padding on the left: a design takes no mask, so pad on the right")
        x = self.embedding(input_ids) if inputs_embeds is None else inputs_embeds
        carry = None
        for each in self.blocks:
            if CARRIES:
                x, carry = each(x, carry=carry)
            else:
                x = each(x)
        logits = nn.functional.linear(self.norm(x), self.embedding.weight)
        loss = None
        if labels is not None:
            loss = nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten())
        return CausalLMOutput(loss=loss, logits=logits)

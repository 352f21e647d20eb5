class GenerationMixin:
    def generate(self, *args, **kwargs):
        raise NotImplementedError("generate: text is not generated inside units")


class GenerationConfig:
    def __init__(self, **kwargs):
        for name, value in kwargs.items():
            setattr(self, name, value)

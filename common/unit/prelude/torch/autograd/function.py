import _torch


class FunctionCtx:
    """What forward leaves for backward."""

    def __init__(self):
        self.saved = ()
        self.dirty_tensors = ()
        self.non_differentiable = ()
        self.needs_input_grad = ()
        self.materialize_grads = True

    def save_for_backward(self, *tensors):
        self.saved = tensors

    def save_for_forward(self, *tensors):
        pass

    @property
    def saved_tensors(self):
        return self.saved

    @property
    def saved_variables(self):
        return self.saved

    def mark_dirty(self, *tensors):
        self.dirty_tensors = tensors

    def mark_non_differentiable(self, *tensors):
        self.non_differentiable = tensors

    def set_materialize_grads(self, value):
        self.materialize_grads = value


class Function(FunctionCtx):
    @staticmethod
    def forward(*args, **kwargs):
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def backward(ctx, *grad_outputs):
        raise NotImplementedError("You must implement either the backward or vjp method for your custom autograd.Function to use it with backward mode AD.")

    @classmethod
    def apply(cls, *args):
        ctx = FunctionCtx()
        recording = _torch.is_grad_enabled()
        ctx.needs_input_grad = tuple(isinstance(a, _torch.Tensor) and a.requires_grad and recording for a in args)
        before = _torch.set_grad_enabled(False)
        try:
            if hasattr(cls, "setup_context"):
                outputs = cls.forward(*args)
                cls.setup_context(ctx, args, outputs)
            else:
                outputs = cls.forward(ctx, *args)
        finally:
            _torch.set_grad_enabled(before)
        return _torch.function_apply(cls, ctx, args, outputs)


def once_differentiable(function):
    return function

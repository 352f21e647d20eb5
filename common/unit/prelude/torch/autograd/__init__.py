import _torch
from torch._python import enable_grad, inference_mode, no_grad, set_grad_enabled
from torch.autograd.function import Function
from torch.autograd import function

grad = _torch.autograd_grad
backward = _torch.autograd_backward
Variable = _torch.Tensor


class set_detect_anomaly:
    def __init__(self, mode=True, check_nan=True):
        pass

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        return False


detect_anomaly = set_detect_anomaly

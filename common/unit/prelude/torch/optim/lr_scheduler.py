from torch.optim import Optimizer


class LRScheduler(Optimizer):
    pass


class CosineAnnealingLR(LRScheduler):
    pass


class LambdaLR(LRScheduler):
    pass


class StepLR(LRScheduler):
    pass


_LRScheduler = LRScheduler

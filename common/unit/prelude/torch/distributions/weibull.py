from torch.distributions._derived import Weibull

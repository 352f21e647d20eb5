from torch.distributions._continuous import Exponential

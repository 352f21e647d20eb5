from torch.distributions._discrete import Binomial

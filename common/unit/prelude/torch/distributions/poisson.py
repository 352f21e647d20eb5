from torch.distributions._discrete import Poisson

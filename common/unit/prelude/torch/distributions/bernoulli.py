from torch.distributions._discrete import Bernoulli

from torch.distributions._discrete import Multinomial

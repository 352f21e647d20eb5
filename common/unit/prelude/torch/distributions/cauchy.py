from torch.distributions._continuous import Cauchy

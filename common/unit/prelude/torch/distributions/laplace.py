from torch.distributions._continuous import Laplace

from torch.distributions._continuous import Uniform

from torch.distributions._discrete import Geometric

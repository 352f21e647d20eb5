from torch.distributions._continuous import Dirichlet

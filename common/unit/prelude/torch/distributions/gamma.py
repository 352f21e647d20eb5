from torch.distributions._continuous import Gamma

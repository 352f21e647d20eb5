from torch.distributions._continuous import Normal

from torch.distributions._discrete import Categorical

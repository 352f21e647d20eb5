from torch.distributions._derived import Gumbel

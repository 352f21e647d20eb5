from torch.distributions._derived import HalfNormal

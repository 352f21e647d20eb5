from torch.distributions._derived import LogNormal

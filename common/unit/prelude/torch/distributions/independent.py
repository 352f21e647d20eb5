from torch.distributions._derived import Independent

from torch.distributions._derived import HalfCauchy

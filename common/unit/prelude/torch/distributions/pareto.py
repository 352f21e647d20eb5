from torch.distributions._derived import Pareto

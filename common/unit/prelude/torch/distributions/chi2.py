from torch.distributions._continuous import Chi2

from torch.distributions._continuous import StudentT

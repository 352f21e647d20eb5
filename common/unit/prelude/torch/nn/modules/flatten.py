from torch.nn import Flatten, Unflatten

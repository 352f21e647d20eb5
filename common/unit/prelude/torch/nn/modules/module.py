from torch.nn._module import Module

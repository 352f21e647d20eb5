from torch.nn import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d

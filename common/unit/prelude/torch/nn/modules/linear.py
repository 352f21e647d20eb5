from torch.nn._linear import Bilinear, Identity, Linear

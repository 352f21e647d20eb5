from torch.nn import PixelShuffle, PixelUnshuffle

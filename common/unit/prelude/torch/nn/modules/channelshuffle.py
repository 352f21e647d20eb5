from torch.nn import ChannelShuffle

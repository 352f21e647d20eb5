from torch.distributions._continuous import Beta

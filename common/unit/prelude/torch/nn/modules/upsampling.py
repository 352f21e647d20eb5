from torch.nn import Upsample, UpsamplingNearest2d, UpsamplingBilinear2d

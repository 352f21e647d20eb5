from torch.nn import Fold, Unfold

from torch.nn import PairwiseDistance, CosineSimilarity

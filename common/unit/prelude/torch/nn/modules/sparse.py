from torch.nn._linear import Embedding

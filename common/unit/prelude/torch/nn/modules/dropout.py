from torch.nn._linear import AlphaDropout, Dropout, Dropout1d, Dropout2d

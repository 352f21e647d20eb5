from torch.nn.functional import softplus

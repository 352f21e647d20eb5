# torch.functional: the same functions under their other name.
import torch

einsum = torch.einsum
split = torch.split
norm = torch.norm
unique = torch.unique
meshgrid = torch.meshgrid
tensordot = torch.tensordot
cartesian_prod = torch.cartesian_prod
block_diag = torch.block_diag
cdist = torch.cdist
broadcast_tensors = torch.broadcast_tensors

from torch.utils import checkpoint
from torch.utils import _pytree

from torch.backends import cuda
from torch.backends import cudnn
from torch.backends import mkldnn
from torch.backends import mps

from typing import Any, List, Sequence, Tuple, Union
from torch import Tensor, device, dtype, layout, memory_format

Number = (int, float, bool)
_int, _float, _bool = int, float, bool
_dtype, _device, _layout = dtype, device, layout
_size = _TensorOrTensors = _TensorOrTensorsOrGradEdge = Device = Storage = Any

from typing import _Inert

TensorType = _Inert("TensorType")
is_named = is_float = _Inert("detail")


def patch_typeguard():
    return None

# Nothing is compiled here: the decorators give their function back, and the predicates say so.
from torch._python import _same

compile = disable = allow_in_graph = assume_constant_result = _same


def _no(*args, **kwargs):
    return False


is_compiling = is_dynamo_compiling = is_exporting = _no


def reset():
    pass


def cudagraph_mark_step_begin():
    pass


def set_stance(*args, **kwargs):
    return _same

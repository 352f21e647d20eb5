"""types for the unit language."""


class SimpleNamespace:
    def __init__(self, /, **keywords):
        for name, value in keywords.items():
            setattr(self, name, value)

    def __repr__(self):
        return "namespace(" + ", ".join([f"{k}={v!r}" for k, v in vars(self).items()]) + ")"

    def __eq__(self, other):
        if not isinstance(other, SimpleNamespace):
            return NotImplemented
        return dict(vars(self)) == dict(vars(other))


def _function():
    pass


class _Class:
    def method(self):
        pass


FunctionType = LambdaType = type(_function)
MethodType = type(_Class().method)
BuiltinFunctionType = BuiltinMethodType = type(len)
GeneratorType = type((_ for _ in ()))
NoneType = type(None)
EllipsisType = type(...)
NotImplementedType = type(NotImplemented)


def MappingProxyType(mapping):
    return dict(mapping)


def new_class(*args, **options):
    raise NotImplementedError("new_class is not part of the unit language: write the class")


class ModuleType:
    def __init__(self, name, doc=None):
        self.__name__ = name


class _Never:
    pass


UnionType, GenericAlias, CodeType, FrameType, TracebackType, CoroutineType, AsyncGeneratorType, CellType = [_Never] * 8
DynamicClassAttribute = property


def coroutine(function):
    raise NotImplementedError("types.coroutine: units have no event loop")

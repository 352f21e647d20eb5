"""abc for the unit language: classes derived from ABC refuse instances while a method is abstract."""


def abstractmethod(function):
    function.__isabstractmethod__ = True
    return function


class ABCMeta:
    """As `metaclass=ABCMeta` only."""


class ABC:
    __slots__ = ()


abstractproperty = property


abstractclassmethod = classmethod
abstractstaticmethod = staticmethod

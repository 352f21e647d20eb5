"""abc for the unit language: abstract methods are marked; instances are not refused."""


def abstractmethod(function):
    return function


class ABC:
    pass


class ABCMeta(type):
    pass


abstractproperty = property
abstractclassmethod = classmethod
abstractstaticmethod = staticmethod

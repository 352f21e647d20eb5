"""decimal can be imported; its numbers are not part of the unit language."""
(ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, ROUND_05UP) = (
    "ROUND_CEILING ROUND_DOWN ROUND_FLOOR ROUND_HALF_DOWN ROUND_HALF_EVEN ROUND_HALF_UP ROUND_UP ROUND_05UP").split()


class DecimalException(ArithmeticError):
    pass


class InvalidOperation(DecimalException):
    pass


class Overflow(DecimalException):
    pass


class Decimal:
    def __init__(self, *args, **keywords):
        raise NotImplementedError("decimal: decimal numbers are not part of the unit language: use int or float")


class Context(Decimal):
    pass


def getcontext():
    Decimal()


setcontext = localcontext = Decimal

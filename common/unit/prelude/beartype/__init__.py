from beartype import typing


def beartype(thing=None, *, conf=None):
    return thing if thing is not None else (lambda t: t)


class BeartypeConf:
    def __init__(self, **options):
        pass

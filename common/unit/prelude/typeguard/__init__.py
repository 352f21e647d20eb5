def typechecked(thing=None, **options):
    return thing if thing is not None else (lambda t: t)

"""argparse for files with a main block: parsers can be built; there is no command line to parse."""
SUPPRESS = "==SUPPRESS=="


class Namespace:
    def __init__(self, **keywords):
        for name, value in keywords.items():
            setattr(self, name, value)

    def __repr__(self):
        return "Namespace(" + ", ".join([f"{k}={v!r}" for k, v in vars(self).items()]) + ")"

    def __contains__(self, name):
        return name in vars(self)


class ArgumentParser:
    def __init__(self, *args, **keywords):
        pass

    def add_argument(self, *names, **keywords):
        pass

    def add_argument_group(self, *args, **keywords):
        return self

    def add_mutually_exclusive_group(self, **keywords):
        return self

    def add_subparsers(self, **keywords):
        return self

    def add_parser(self, name, **keywords):
        return ArgumentParser()

    def set_defaults(self, **keywords):
        pass

    def parse_args(self, args=None, namespace=None):
        raise RuntimeError("argparse: units have no command line")

    parse_known_args = parse_args

    def print_help(self, file=None):
        pass


class ArgumentTypeError(Exception):
    pass


class ArgumentError(Exception):
    pass


class _Formatter:
    pass


class Action:
    pass


HelpFormatter = RawTextHelpFormatter = RawDescriptionHelpFormatter = ArgumentDefaultsHelpFormatter = _Formatter

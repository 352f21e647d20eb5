"""unittest for files that carry their tests: cases are classes that nothing runs."""


class SkipTest(Exception):
    pass


class TestCase:
    def setUp(self):
        pass

    def tearDown(self):
        pass

    def assertEqual(self, first, second, msg=None):
        if not first == second:
            raise AssertionError(msg or f"{first!r} != {second!r}")

    def assertTrue(self, expr, msg=None):
        if not expr:
            raise AssertionError(msg or f"{expr!r} is not true")

    def assertFalse(self, expr, msg=None):
        if expr:
            raise AssertionError(msg or f"{expr!r} is not false")


def main(*args, **keywords):
    pass


def skip(reason):
    return lambda test: test


def skipIf(condition, reason):
    return skip(reason)


skipUnless = skipIf


def expectedFailure(test):
    return test

"""datetime: units have no clock; its classes exist as names."""
MINYEAR, MAXYEAR = 1, 9999


class _NoClock:
    def __init__(self, *args, **keywords):
        raise PermissionError(f"datetime.{type(self).__name__}: units have no clock")

    @classmethod
    def now(cls, tz=None):
        raise PermissionError(f"datetime.{cls.__name__}.now: units have no clock")

    @classmethod
    def today(cls):
        raise PermissionError(f"datetime.{cls.__name__}.today: units have no clock")

    utcnow = now


class date(_NoClock):
    pass


class datetime(date):
    pass


class time(_NoClock):
    pass


class timedelta(_NoClock):
    pass


class timezone(_NoClock):
    utc = None


UTC = None

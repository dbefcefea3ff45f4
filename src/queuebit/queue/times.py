"""Times between the store's microseconds and Python's datetimes."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def datetime_of(time_us: int) -> datetime:
    """Return a time of the store as an aware datetime in UTC.

    Args:
        time_us: microseconds since 1970.
    """
    return _EPOCH + timedelta(microseconds=time_us)


def microseconds_of(name: str, time: datetime) -> int:
    """Return a datetime as microseconds since 1970.

    Args:
        name: the parameter's name, for the error.
        time: an aware datetime, or a naive one in the local time zone.

    Raises:
        TypeError: if it isn't a datetime.
    """
    if not isinstance(time, datetime):
        raise TypeError(f"{name} must be a datetime, got {type(time).__name__}: {time!r}")
    return (time.astimezone(UTC) - _EPOCH) // _MICROSECOND

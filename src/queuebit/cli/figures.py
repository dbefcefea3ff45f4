"""Numbers as people read them."""


def percent(part: float) -> str:
    """Return a part of 1 in percent, with one digit after the point; what is there never reads 0.

    Example:
        >>> percent(0.5), percent(0.00001), percent(0)
        ('50.0 %', '<0.1 %', '0.0 %')
    """
    if 0 < part < 0.0005:
        return "<0.1 %"
    return f"{100 * part:.1f} %"


def plural(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it has to be.

    Example:
        >>> plural(1, "shot"), plural(1024, "shot")
        ('1 shot', '1,024 shots')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: float) -> str:
    """Return a time with a fitting unit.

    Example:
        >>> duration(0.00042), duration(0.042), duration(4.2)
        ('0.42 ms', '42 ms', '4.2 s')
    """
    if seconds < 1:
        return f"{1000 * seconds:.2g} ms" if seconds < 0.0995 else f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds:.0f} s"


def amplitude(value: complex) -> str:
    """Return a complex number with four digits after the point.

    Example:
        >>> amplitude(-0.5j), amplitude(0.70710678)
        ('0.0000-0.5000j', '0.7071+0.0000j')
    """
    return f"{_unsigned_zero(value.real):.4f}{_unsigned_zero(value.imag):+.4f}j"


def matrix_entry(value: complex) -> str:
    """Return a complex number as :func:`amplitude`, without the parts that are 0.

    Example:
        >>> matrix_entry(0), matrix_entry(-0.70710678), matrix_entry(1j), matrix_entry(0.5 - 0.5j)
        ('0', '-0.7071', '1.0000j', '0.5000-0.5000j')
    """
    real, imaginary = _unsigned_zero(value.real), _unsigned_zero(value.imag)
    if imaginary == 0:
        return f"{real:.4f}" if real else "0"
    return amplitude(value) if real else f"{imaginary:.4f}j"


def _unsigned_zero(value: float) -> float:
    return 0.0 if abs(value) < 0.00005 else value

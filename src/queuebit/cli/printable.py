"""Text from files, made safe for a terminal."""


def printable(text: str) -> str:
    r"""Return text without control characters, which could move the cursor or change colours.

    Args:
        text: anything, such as a circuit's name from a file.

    Example:
        >>> printable("bell\x1b[31m")
        'bell\\x1b[31m'
    """
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)

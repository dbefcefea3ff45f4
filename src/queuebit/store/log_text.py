"""How much of what a job prints is kept: the beginning and the end."""

KEPT_CHARACTERS = 512 * 1024
"""Characters kept from the beginning, and again from the end."""


def storable(text: str) -> str:
    r"""Return a text that UTF-8 can hold; lone surrogates become ``\udc80`` and the like.

    Args:
        text: what was printed.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def abridged(head: str, tail: str, total: int) -> str:
    """Return a log as it is shown.

    Args:
        head: its first ``KEPT_CHARACTERS`` at most.
        tail: what is kept of the rest.
        total: how many characters were printed.
    """
    tail = tail[max(0, len(tail) - KEPT_CHARACTERS) :]
    left_out = total - len(head) - len(tail)
    note = f"\n[... {left_out} characters are left out here ...]\n" if left_out else ""
    return f"{head}{note}{tail}"

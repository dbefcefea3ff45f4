"""JSON values as texts and back: whatever goes in comes out as JSON knows it, with lists for tuples."""

import json
from collections.abc import Mapping
from typing import Any, cast

_ENCODER = json.JSONEncoder(separators=(",", ":"))


def to_text(value: object) -> str:
    """Return a JSON value as a text without needless spaces.

    Args:
        value: what the ``json`` module can write.

    Raises:
        TypeError: if it can't.
    """
    return _ENCODER.encode(value)


def mapping_to_text(value: Mapping[str, Any]) -> str | None:
    """Return a JSON object as a text, or None for an empty one.

    Args:
        value: the object.

    Raises:
        TypeError: if it isn't JSON.
    """
    return to_text(dict(value)) if value else None


def mapping_from_text(text: str | None) -> dict[str, Any]:
    """Return the object of a text; an empty one for None.

    Args:
        text: what :func:`mapping_to_text` has returned.
    """
    return cast(dict[str, Any], json.loads(text)) if text else {}


def tags_from_text(text: str | None) -> tuple[str, ...]:
    """Return the texts of a JSON list; none for None.

    Args:
        text: a JSON list of texts.
    """
    return tuple(json.loads(text)) if text else ()

"""Why a run failed, as it is kept with the job."""

import traceback

from queuebit.providers.exceptions import JobFailedError
from queuebit.registry import BackendUnavailableError

# Some libraries put whole arrays into their messages.
_MOST_CHARACTERS = 64 * 1024


def failure(
    error: BaseException, *, circuit_index: int | None = None, circuit_name: str | None = None
) -> dict[str, object]:
    """Return what is kept of an exception: what JSON and UTF-8 can hold.

    Args:
        error: what was raised.
        circuit_index: the circuit that it is about, or None if it is about the whole job.
        circuit_name: that circuit's name.

    Returns:
        ``type``, ``message``, ``traceback``, ``circuit_index`` and ``circuit_name``.
    """
    trace = "".join(traceback.format_exception(error))
    if isinstance(error, BackendUnavailableError | JobFailedError) and error.remote_traceback:
        trace = error.remote_traceback
    return {
        "type": type(error).__name__,
        "message": _kept(str(getattr(error, "message", error)) or type(error).__name__),
        "traceback": _kept(trace),
        "circuit_index": circuit_index,
        "circuit_name": None if circuit_name is None else _kept(circuit_name),
    }


def _kept(text: str) -> str:
    """Return the text, or of a long one its two ends, without what UTF-8 can't hold."""
    if len(text) > _MOST_CHARACTERS:
        half = _MOST_CHARACTERS // 2
        text = f"{text[:half]}\n[... {len(text) - 2 * half} characters are left out ...]\n{text[-half:]}"
    return text.encode("utf-8", "backslashreplace").decode()

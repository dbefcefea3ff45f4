"""What can be wrong with a cluster."""

_CURE = "Dask isn't installed here; install it with: pip install 'queuebit[dask]'"


class ClusterError(Exception):
    """The cluster can't be used: it doesn't answer, none of its workers fits, or Dask isn't installed."""


class UnreachableError(Exception):
    """There is no connection with a cluster's scheduler now; there may be one later."""


def require_dask() -> None:
    """Make sure that Dask can be imported.

    Raises:
        ClusterError: if it can't.
    """
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise ClusterError(f"{_CURE} ({error})") from error

"""Connects with a scheduler, or says what is in the way: no scheduler, or TLS that isn't set up or doesn't fit."""

import asyncio
import ssl
from contextlib import suppress
from pathlib import Path

import dask
from distributed import Client

from queuebit.worker.executors.dask.exceptions import UnreachableError

_PREFIX = "distributed.comm.tls."

_CA_FILE = "ca-file"
_CERTIFICATE = "client.cert"
_KEY = "client.key"

# What Dask raises: of an address, of its configuration, of certificates, and of whoever doesn't answer.
_ERRORS = (OSError, TimeoutError, TypeError, ValueError, RuntimeError)

# A scheduler that is there answers sooner.
_GREETING_S = 1.0

_LEAVE_S = 5.0


async def connect(address: str, timeout_s: float) -> Client:
    """Return a client that is connected.

    Args:
        address: the scheduler's, or its file's, ``….json``.
        timeout_s: seconds after which to give up.

    Raises:
        UnreachableError: if that isn't possible; it says why, and what to do.
    """
    try:
        return await _connect(address, timeout_s)
    except _ERRORS as error:
        raise UnreachableError(_what_is_wrong(address, error)) from error


async def _connect(address: str, timeout_s: float) -> Client:
    scheduler = {"scheduler_file": address} if address.endswith(".json") else {"address": address}
    client = Client(**scheduler, asynchronous=True, set_as_default=False, timeout=timeout_s)
    connecting = asyncio.ensure_future(client)
    try:
        # Interrupted in the middle of that, Dask leaves its socket open. If a scheduler has taken the connection and is
        # silent, Dask waits for its greeting without an end.
        async with asyncio.timeout(timeout_s + _GREETING_S):
            await asyncio.shield(connecting)
    except BaseException:
        await asyncio.wait([connecting], timeout=_GREETING_S)
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
        await asyncio.shield(close(client))
        raise
    return client


async def close(client: Client) -> None:
    """Let go of a client, whatever state it is in.

    Args:
        client: the client.
    """
    with suppress(Exception):
        async with asyncio.timeout(_LEAVE_S):
            await client.close()


# What to say.


def _what_is_wrong(address: str, error: Exception) -> str:
    unreadable = [name for name in (_CA_FILE, _CERTIFICATE, _KEY) if not _is_readable(name)]
    if unreadable:
        named = " and ".join(f"{_variable(name)}={_configured(name)}" for name in unreadable)
        return f"no connection with the Dask scheduler at {address}: a file can't be read that is configured: {named}"
    if isinstance(error, TypeError) and "ssl_context" in str(error):
        missing = " and ".join(_variable(name) for name in (_CA_FILE, _CERTIFICATE) if not _configured(name))
        return (
            f"the Dask scheduler at {address} wants TLS, and this service has no certificate: set {missing}, or the "
            "same in ~/.config/dask/"
        )
    if isinstance(error, RuntimeError) and "encryption" in str(error):
        return (
            f"the address {address} is one without TLS, which Dask's configuration forbids (require-encryption): name "
            "one that begins with tls://"
        )
    refusal = _refusal_of_tls(error)
    if refusal:
        return (
            f"no connection with the Dask scheduler at {address}, because of TLS: {refusal}. Both sides' "
            f"certificates have to be signed by the CA in {_variable(_CA_FILE)}; and a scheduler without TLS has an "
            "address that begins with tcp://"
        )
    return (
        f"no Dask scheduler answers at {address}: {_named(error)}. Start one with `dask scheduler`, "
        f"and workers with `dask worker {address}`; or name another address, which for one with TLS begins with tls://"
    )


def _refusal_of_tls(error: BaseException | None) -> str:
    """Return what TLS objects to, if that is the error or its cause."""
    while error is not None:
        if isinstance(error, ssl.SSLError) or "SSL" in str(error) or "TLS certificate" in str(error):
            return str(error)
        error = error.__cause__ or error.__context__
    return ""


def _named(error: Exception) -> str:
    return str(error) or type(error).__name__


def _configured(name: str) -> str:
    return dask.config.get(_PREFIX + name, None) or ""


def _is_readable(name: str) -> bool:
    """Tell whether a file can be read, if one is configured; the configuration may also hold a certificate itself."""
    configured = _configured(name)
    if not configured or "\n" in configured:
        return True
    try:
        return bool(Path(configured).read_bytes())
    except OSError:
        return False


def _variable(name: str) -> str:
    """Return the environment's variable for a setting of Dask's."""
    return "DASK_" + (_PREFIX + name).upper().replace(".", "__").replace("-", "_")

"""``queuebit info``."""

import json
import platform
from importlib import metadata
from typing import Any

import click

_EXAMPLES = """
\b
Examples:
  queuebit info
  queuebit info --json > environment.json      to attach to a report
"""

# Beyond what queuebit needs; each adds something when it is there.
_OPTIONAL_PACKAGES = {"matplotlib": "for run --plot: pip install 'queuebit[plot]'"}


@click.command(epilog=_EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of lines.")
def info(as_json: bool) -> None:
    """Show versions, cores, memory, and the engines there are, with the reason why one can't be used."""
    document = _document()
    if as_json:
        click.echo(json.dumps(document))
    else:
        _print(document)


def _document() -> dict[str, Any]:
    # Imported here, because --help must not wait for Qiskit.
    import psutil

    import queuebit
    from queuebit.cli.failures import DOCUMENT_VERSION
    from queuebit.engines import list_engines
    from queuebit.engines.memory import available_bytes
    from queuebit.providers.local_executor import available_cores

    return {
        "version": DOCUMENT_VERSION,
        "queuebit": queuebit.__version__,
        "qiskit": metadata.version("qiskit"),
        "numpy": metadata.version("numpy"),
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "platform": platform.platform(),
        "cores": available_cores(),
        "memory_bytes": psutil.virtual_memory().total,
        "free_memory_bytes": available_bytes(),
        "engines": [engine._asdict() for engine in list_engines()],
        "optional": {name: _version_or_none(name) for name in _OPTIONAL_PACKAGES},
    }


def _version_or_none(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _print(document: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    from queuebit.cli.consoles import output_console
    from queuebit.engines.memory import format_bytes

    lines = Table.grid(padding=(0, 2))
    lines.add_column(style="column", no_wrap=True)
    lines.add_column(overflow="fold")
    for label, key in (("queuebit", "queuebit"), ("Qiskit", "qiskit"), ("NumPy", "numpy"), ("Python", "python")):
        lines.add_row(label, str(document[key]))
    lines.add_row("platform", document["platform"])
    lines.add_row("cores", str(document["cores"]))
    memory = (format_bytes(document[key]) for key in ("memory_bytes", "free_memory_bytes"))
    lines.add_row("memory", "{}, of which {} are free".format(*memory))
    for name, version in document["optional"].items():
        lines.add_row(name, version or Text(f"not installed ({_OPTIONAL_PACKAGES[name]})", "warning"))
    for engine in document["engines"]:
        lines.add_row(f"engine {engine['name']}", _availability(engine))
    output_console().print(lines)


def _availability(engine: dict[str, Any]) -> Any:
    from rich.text import Text

    if engine["available"]:
        return Text.assemble(("available", "good"), f": {engine['description']}")
    return Text.assemble(("not available", "bad"), f": {engine['reason']} ({engine['description']})")

"""``queuebit backends``."""

import json
from typing import Any

import click

_EXAMPLES = """
\b
Examples:
  queuebit backends
  queuebit backends --json | jq '.backends[].name'
  queuebit run bell.qasm --backend statevector_simulator
"""


@click.command(epilog=_EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")
def backends(as_json: bool) -> None:
    """List the backends, what they return, and their limits.

    The number of qubits is what fits into the memory that is free now.
    """
    # Imported here, because --help must not wait for Qiskit.
    import queuebit
    from queuebit.cli.failures import DOCUMENT_VERSION
    from queuebit.engines.memory import available_bytes
    from queuebit.registry import backend_names, get_backend

    entries = [_entry(get_backend(name)) for name in backend_names()]
    if as_json:
        document = {
            "version": DOCUMENT_VERSION,
            "queuebit": queuebit.__version__,
            "free_memory_bytes": available_bytes(),
            "backends": entries,
        }
        click.echo(json.dumps(document))
    else:
        _print(entries, available_bytes())


def _entry(backend: Any) -> dict[str, Any]:
    return {
        "name": backend.name,
        "returns": str(backend.output),
        "max_qubits": backend.max_qubits(),
        "description": backend.description,
    }


def _print(entries: list[dict[str, Any]], free_bytes: int) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from queuebit.cli.consoles import output_console
    from queuebit.engines.memory import format_bytes

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="column")
    table.add_column("backend", style="outcome", overflow="fold")
    table.add_column("returns")
    table.add_column("qubits", justify="right", no_wrap=True)
    for entry in entries:
        table.add_row(entry["name"], entry["returns"], f"up to {entry['max_qubits']}")
    console = output_console()
    console.print(table)
    console.print()
    fitting = f"Qubits: what fits into the {format_bytes(free_bytes)} of memory that are free now."
    console.print(Text(f"{fitting} For counts, Clifford circuits may have thousands.", "fact"))

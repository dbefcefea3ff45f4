"""Keep the docs true.

Writes ``docs/cli.md`` from the command line's own help, the README's figures and the tables of the page on scale from
those of the benchmarks, and checks that links lead somewhere.

``python docs/fresh.py`` writes, ``python docs/fresh.py --check`` only tells, and ends with 1 when something is stale.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from measured import with_figures
from scaled import with_tables

ROOT = Path(__file__).parent.parent
CLI_PAGE = ROOT / "docs" / "cli.md"
README = ROOT / "README.md"
SCALE_PAGE = ROOT / "docs" / "scale-out.md"
VERBS = (
    "",
    "run",
    "submit",
    "jobs",
    "show",
    "wait",
    "result",
    "cancel",
    "rerun",
    "delete",
    "worker",
    "statistics",
    "doctor",
    "backends",
    "info",
)


def cli_page() -> str:
    """Return the page on the command line, made of what ``--help`` prints."""
    parts = ["# The command line\n\nMade from what `--help` prints; `make format` renews it.\n"]
    for verb in VERBS:
        words = [word for word in (verb, "--help") if word]
        text = subprocess.run(
            [sys.executable, "-m", "queuebit", *words],
            env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        heading = " ".join(word for word in ("queuebit", verb) if word)
        parts.append(f"## {heading}\n\n```text\n{text.rstrip()}\n```\n")
    return "\n".join(parts)


def dead_links() -> list[str]:
    """Return the links of all pages whose file isn't there, as ``page: link``."""
    dead = []
    for page in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("examples/*.md"))]:
        links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
        local = [link for link in links if "://" not in link]
        dead += [f"{page.relative_to(ROOT)}: {link}" for link in local if not (page.parent / link).exists()]
    return dead


def main() -> int:
    """Write or check; returns the exit code."""
    problems = [f"this link leads nowhere: {link}" for link in dead_links()]
    fresh = {
        CLI_PAGE: cli_page(),
        README: with_figures(README.read_text()),
        SCALE_PAGE: with_tables(SCALE_PAGE.read_text()),
    }
    for page, text in fresh.items():
        if page.exists() and page.read_text() == text:
            continue
        if "--check" in sys.argv:
            problems.append(f"{page.relative_to(ROOT)} is not what it is made from; run: make format")
        else:
            page.write_text(text)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

"""The benchmarks and what makes pages of them aren't installed."""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

sys.path += [entry for entry in (str(ROOT), str(ROOT / "docs")) if entry not in sys.path]

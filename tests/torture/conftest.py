"""Laboratories: queues whose services, children and clients are tortured. See also history.py, which judges."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .laboratory import MODULE_PATH, Laboratory

IS_WHOLE = os.environ.get("QUEUEBIT_TORTURE") == "whole"


@pytest.fixture(scope="session", autouse=True)
def odd_backends() -> Iterator[None]:
    """This process finds the odd backends, as the services' children do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, *map(str, MODULE_PATH)])
        yield


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Laboratory]:
    """A queue that nobody serves yet."""
    lab = Laboratory(tmp_path / "lab.db")
    yield lab
    lab.close()

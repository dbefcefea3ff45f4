"""A few seconds of chaos, and a minute of it in the whole torture; ``make chaos`` is ten."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .chaos import Chaos
from .conftest import IS_WHOLE


@pytest.fixture
def chaos(tmp_path: Path) -> Iterator[Chaos]:
    chaos = Chaos(tmp_path, 20, most_waiting=150 if IS_WHOLE else 30, pause_s=0.5 if IS_WHOLE else 0.3)
    yield chaos
    chaos.close()


@pytest.mark.timeout(600)
def test_chaos_breaks_no_history(chaos: Chaos) -> None:
    def is_enough() -> bool:
        # A few more than asserted: jobs may still be deleted.
        return chaos.strikes.total() > 3 and chaos.num_acknowledged() > 40 and chaos.num_comparable() > 20

    chaos.torture(60 if IS_WHOLE else 2, is_enough=is_enough, most_s=300)
    chaos.drain()
    chaos.judge()
    assert chaos.violations == [], chaos.markdown()
    assert chaos.strikes.total() > 3
    assert chaos.report.looked_at["acknowledged jobs"] > 30
    assert chaos.report.looked_at["results compared with an undisturbed run"] > 10

"""The tables of the page on scale, made from the results of the simulation."""

import json
from pathlib import Path

import pytest
import scaled

ROOT = Path(__file__).parent.parent.parent
PAGE = f"# Before\n\n{scaled.BEGIN}old\n{scaled.END}\nafter\n"


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def row(workers: int, jobs: int, circuit_s: float, circuits: int = 1) -> dict[str, object]:
        return {
            "workers": workers,
            "jobs": jobs,
            "circuits_per_job": circuits,
            "circuit_s": circuit_s,
            "whole_s": jobs * circuits * circuit_s / workers,
            "jobs_per_s": workers / circuits / circuit_s,
            "utilisation": 0.876,
            "bottleneck": "workers",
        }

    found = {
        "transport": "dask",
        "machine": {"cpu": "a cpu", "cores": 2, "date": "2026-01-02T03:04:05"},
        "rows": [
            *(row(workers, jobs, 1.0) for workers in (10, 100) for jobs in (1000, 100_000)),
            row(100, 100_000, 0.01),
            row(10, 100_000, 0.01),
            row(100, 1000, 0.01, 100),
        ],
        "formulas_beside_simulation": [{"ratio": 0.9}, {"ratio": 1.25}],
        "predicted_beside_real": [
            {"work": "naps", "transport": "dask", "predicted_s": 1.0, "real_s": 1.1, "ratios": [0.8, 0.91, 0.95]}
        ],
    }
    path = tmp_path / "scale.json"
    path.write_text(json.dumps(found))
    monkeypatch.setattr(scaled, "SCALE", path)


def test_the_tables_take_the_place_of_the_old_ones(results: None) -> None:
    page = scaled.with_tables(PAGE)
    assert page.startswith("# Before\n\n")
    assert page.endswith("\nafter\n")
    assert "old" not in page
    assert scaled.with_tables(page) == page


def test_each_size_has_its_cell(results: None) -> None:
    page = scaled.with_tables(PAGE)
    assert "| 100 | 10,000/s, 88 %, workers | 100/s, 88 %, workers |" in page  # by circuit
    assert "| 10 | 100 s | 2.8 h |" in page  # by number of jobs
    assert "| 100 | 10,000/s, 88 %, workers |" in page  # circuits a second in jobs of a hundred
    assert "0.90 to 1.25 times" in page
    assert "naps through dask: 1.00 s predicted, 1.10 s real (0.80 to 0.95 times in 3 runs)" in page


def test_a_page_without_a_place_for_them_is_refused(results: None) -> None:
    with pytest.raises(ValueError, match="has lost the lines"):
        scaled.with_tables("# Nothing\n")

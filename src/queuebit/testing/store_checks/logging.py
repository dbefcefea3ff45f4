"""What runs print."""

from __future__ import annotations

from itertools import accumulate

import pytest

from queuebit.store.log_text import KEPT_CHARACTERS
from queuebit.testing.store_checks.fixtures import StoreFixtures


class LogChecks(StoreFixtures):
    """`logs()` returns what a job's runs printed, and of very much the beginning and the end."""

    def log_of(self, *pieces: str) -> str:
        """Report pieces, and return the log."""
        claim = self.running()
        for piece in pieces:
            self.store.report(claim, progress_done=0, progress_total=0, log=piece)
        return self.store.logs(claim.job.job_id)

    def test_a_job_that_prints_nothing_has_an_empty_log(self) -> None:
        """Nothing printed is an empty text."""
        assert self.log_of("", "") == ""

    def test_reports_are_put_together(self) -> None:
        """Each report continues the log."""
        assert self.log_of("hel", "lo\n", "", "世界\x00!") == "hello\n世界\x00!"

    def test_a_log_goes_on_over_attempts(self) -> None:
        """The log of a job is that of all its attempts, and stays when the job has ended."""
        claim = self.running()
        self.store.report(claim, progress_done=0, progress_total=0, log="first\n")
        self.store.release(claim, "stopping")
        again = self.claim()
        self.store.report(again, progress_done=0, progress_total=0, log="second\n")
        self.finish(again)
        assert self.store.logs(claim.job.job_id) == "first\nsecond\n"

    @pytest.mark.parametrize(
        "lengths",
        [
            [1] * 40,
            [100_000] * 13,
            [700_000] * 2,
            [5_000_000],
            [KEPT_CHARACTERS - 1000, *[300] * 10, KEPT_CHARACTERS, *[300] * 10],
            [KEPT_CHARACTERS, 1, KEPT_CHARACTERS - 1, 1, 1],
        ],
        ids=["tiny", "large", "larger_than_the_beginning", "larger_than_all", "over_the_edges", "at_the_edges"],
    )
    def test_the_middle_of_a_long_log_is_left_out(self, lengths: list[int]) -> None:
        """The first and the last 524,288 characters are there, and between them how many are not."""
        text = "".join(f"{number:06d}ü" for number in range(sum(lengths) // 7 + 1))
        ends = list(accumulate(lengths))
        pieces = [text[end - length : end] for length, end in zip(lengths, ends, strict=True)]
        whole = "".join(pieces)
        left_out = len(whole) - 2 * KEPT_CHARACTERS
        note = f"\n[... {left_out} characters are left out here ...]\n"
        abridged = whole[:KEPT_CHARACTERS] + note + whole[-KEPT_CHARACTERS:]
        assert self.log_of(*pieces) == (abridged if left_out > 0 else whole)

    def test_a_log_of_exactly_what_is_kept_is_whole(self) -> None:
        """Nothing is left out of a log that fits, and one character of one that is longer by one."""
        whole = "a" * KEPT_CHARACTERS + "b" * KEPT_CHARACTERS
        assert self.log_of(whole) == whole
        assert "[... 1 characters are left out here ...]" in self.log_of(whole, "c")

    def test_what_is_printed_may_be_any_text(self) -> None:
        """What UTF-8 can't hold is written as an escape."""
        assert self.log_of("a\udc80b") == "a\\udc80b"

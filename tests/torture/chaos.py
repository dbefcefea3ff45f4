"""Chaos: clients that do by chance what clients do, while by chance processes are killed, stopped, interrupted.

``python -m tests.torture.chaos --seconds 600 --seed 1 [--markdown FILE]`` tortures a new queue, lets it come to its end
undisturbed, and judges all that has happened. It prints what it has found as Markdown, and ends with 1 if that is bad.
The seed decides what is tried, not what comes of it: that depends on the machine's scheduling.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from math import inf
from pathlib import Path

from queuebit.store import FINAL_STATES, JobFilter, JobState

from .chaos_summary import markdown
from .history import Report, examined, files_of_nobody
from .laboratory import MODULE_PATH, Laboratory
from .undisturbed import can_be_run_here
from .witness import read_witnesses

# What a service or a client may die at, and a service's children.
WRITES = ("recover", "claim", "keep_results", "report", "finish", "fail", "cancelled", "lose", "release")
SERVICE_POINTS = (
    *(f"{write}.{when}_commit" for write in WRITES for when in ("before", "after")),
    *("files.before_write", "files.before_rename", "files.after_rename"),
)
CLIENT_WRITES = ("submit", "request_cancel", "update", "delete")
CLIENT_POINTS = tuple(f"{write}.{when}_commit" for write in CLIENT_WRITES for when in ("before", "after"))

SIGNALS = {
    "service": {"TERM": 2, "INT": 1, "KILL": 4, "STOP": 4},
    "child": {"TERM": 1, "INT": 1, "KILL": 4, "SEGV": 1, "STOP": 2},
    "client": {"TERM": 1, "INT": 1, "KILL": 3, "STOP": 1},
}
VICTIMS = {"service": 2, "child": 5, "client": 2}

# Without anything becoming final for so long, a queue that is served is stuck.
STUCK_S = 120.0

PROGRESS_S = 10.0

# What a service says from which a job was taken. Nobody is dead who can say that: being stopped isn't.
LOST_CLAIM = "isn't this worker's any more"

# What a service says that gives up, because it seems to be a matter of the installation.
CHILDREN_CANT_START = "the worker's children can't start"


class Chaos:
    """A queue under torture.

    Attributes:
        strikes: how often each signal was sent to each kind of process.
        deaths: how often a process died at a failpoint.
        starts: how many processes of each kind were started.
        report: what was found, once :meth:`judge` has been called.
        violations: what shouldn't be, of all that was looked at.
    """

    def __init__(self, folder: Path, seed: int, *, most_waiting: int = 150, pause_s: float = 0.5) -> None:
        """Prepare.

        Args:
            folder: where everything is.
            seed: of the choices.
            most_waiting: how many jobs may wait before the clients submit no more.
            pause_s: mean time between two strikes.
        """
        self.lab = Laboratory(folder / "lab.db")
        self.strikes: Counter[str] = Counter()
        self.deaths: Counter[str] = Counter()
        self.starts: Counter[str] = Counter()
        self.report = Report()
        self.violations: list[str] = []
        self._folder = folder
        self._pick = random.Random(seed)
        self._most_waiting = most_waiting
        self._pause_s = pause_s
        self._services: list[subprocess.Popen[str]] = []
        self._clients: list[subprocess.Popen[str]] = []
        self._witnesses: list[Path] = []
        self._logs: dict[int, Path] = {}
        self._struck: set[int] = set()
        self._stopped: dict[int, float] = {}
        self._wanted = 1
        self._seconds = 0.0
        self._num_deleted = 0

    # The torture.

    def torture(self, seconds: float, *, is_enough: Callable[[], bool] = lambda: True, most_s: float = inf) -> None:
        """Strike for so long, and then more and more seldom until enough has happened.

        A machine on which processes take longer to start than they are left alive would never get anywhere.

        Args:
            seconds: how long to strike.
            is_enough: tells whether to end then.
            most_s: how long that may take at most.
        """
        begun = time.monotonic()
        next_progress = begun + PROGRESS_S
        while (now := time.monotonic()) < begun + seconds or not (now > begun + most_s or is_enough()):
            self._go_on(now)
            self._fill()
            if now < begun + seconds or self._pick.random() < seconds / (now - begun):
                self._strike()
            if now >= next_progress:
                next_progress = now + PROGRESS_S
                print(f"{now - begun:5.0f} s: {self._progress()}", flush=True)
            time.sleep(min(self._pick.expovariate(1 / self._pause_s), 2.0))
        self._seconds = time.monotonic() - begun
        self._go_on(float("inf"))

    def num_acknowledged(self) -> int:
        """Return of how many jobs clients have been told so far."""
        told, _ = read_witnesses(path for path in self._witnesses if path.exists())
        return len(told)

    def num_comparable(self) -> int:
        """Return how many results there are so far that can be compared with an undisturbed run."""
        done = self.lab.store.jobs(JobFilter(states=frozenset({JobState.DONE})), limit=None)
        return sum(job.num_circuits for job in done if can_be_run_here(job))

    def _fill(self) -> None:
        """Start what there should be, instead of those that have died."""
        if self._pick.random() < 0.1:
            self._wanted = self._pick.choice([1, 2, 2])
        self._services = [service for service in self._services if not self._has_ended(service, "service")]
        self._clients = [client for client in self._clients if not self._has_ended(client, "client")]
        while len(self._services) < self._wanted:
            failpoint = f"{self._pick.choice(SERVICE_POINTS)}:kill@{self._pick.randrange(1, 10)}"
            failpoint = failpoint if self._pick.random() < 0.7 else ""
            processes, log = self._pick.randrange(1, 3), self._log("service", self.starts["service"])
            service = self.lab.serve(processes=processes, failpoint=failpoint, log=log)
            self._logs[service.pid] = log
            self._services.append(service)
            self.starts["service"] += 1
        while len(self._clients) < 3:
            self._start_client()

    def _start_client(self) -> None:
        failpoint = f"{self._pick.choice(CLIENT_POINTS)}:kill@{self._pick.randrange(1, 15)}"
        failpoint = failpoint if self._pick.random() < 0.5 else ""
        told = self._folder / f"{len(self._witnesses)}.told"
        self._witnesses.append(told)
        arguments = [str(self.lab.path), str(told), str(self._pick.randrange(10**9)), str(self._most_waiting)]
        command = [sys.executable, "-m", "tests.torture.chaos_client", *arguments]
        log = self._log("client", self.starts["client"])
        client = self.lab.start(command, stdin=subprocess.PIPE, failpoint=failpoint, log=log)
        self._logs[client.pid] = log
        self._clients.append(client)
        self.starts["client"] += 1

    def _log(self, kind: str, number: int) -> Path:
        return self._folder / f"{kind} {number}.log"

    def _has_ended(self, process: subprocess.Popen[str], kind: str) -> bool:
        if process.poll() is None:
            return False
        if process.pid in self._struck or process.returncode == 0:
            return True
        said = self._logs[process.pid].read_text(errors="replace")
        if process.returncode == -signal.SIGKILL:
            self.deaths[f"{kind} that died at a failpoint"] += 1
        elif CHILDREN_CANT_START in said:
            self.deaths["service whose children were struck again and again while they started"] += 1
        else:
            self.violations.append(f"a {kind} that nobody had struck ended with {process.returncode}: {said[-2000:]}")
        return True

    def _strike(self) -> None:
        kind = self._chosen(VICTIMS)
        victims = self._victims(kind)
        if not victims:
            return
        pid, name = self._pick.choice(victims), self._chosen(SIGNALS[kind])
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, getattr(signal, f"SIG{name}"))
            self.strikes[f"{name} to a {kind}"] += 1
            if name == "STOP":
                self._stopped[pid] = time.monotonic() + self._pick.uniform(0.05, 4.0)
            else:
                self._struck.add(pid)

    def _chosen(self, weights: dict[str, int]) -> str:
        return self._pick.choices(list(weights), list(weights.values()))[0]

    def _victims(self, kind: str) -> list[int]:
        # Those that clients have started, too.
        services = self.lab.services()
        if kind == "service":
            return services
        if kind == "child":
            return [child for service in services for child in self.lab.children(service)]
        return [client.pid for client in self._clients if client.poll() is None]

    def _go_on(self, now: float) -> None:
        for pid, until in list(self._stopped.items()):
            if now >= until:
                del self._stopped[pid]
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def _progress(self) -> str:
        jobs = ", ".join(f"{number} {state}" for state, number in self.lab.store.statistics().items())
        return f"{jobs}; {self.strikes.total()} strikes, {self.deaths.total()} deaths at failpoints"

    # The end.

    def drain(self) -> None:
        """Have the clients end, and undisturbed services do what is left and collect what died processes left."""
        for client in self._clients:
            client.stdin.close()
        for client in self._clients:
            try:
                client.wait(STUCK_S)
            except subprocess.TimeoutExpired:
                self.violations.append("a client hangs")
                client.kill()
                client.wait()
            self._has_ended(client, "client")
        self._end_services()
        service = self.lab.serve(processes=2)
        self._await_ends(service)
        self._end_services()
        service = self.lab.serve(processes=1)
        self.lab.until(lambda: not files_of_nobody(self.lab.store), "the collection of orphans")
        self._end_services()

    def _await_ends(self, service: subprocess.Popen[str]) -> None:
        left, changed = -1, time.monotonic()
        while left and time.monotonic() < changed + STUCK_S:
            found = self.lab.store.statistics()
            now_left = sum(number for state, number in found.items() if state not in FINAL_STATES)
            if now_left != left:
                left, changed = now_left, time.monotonic()
            if service.poll() is not None:
                self.violations.append(f"the undisturbed service ended with {service.returncode}: {self.lab.log()}")
                return
            time.sleep(0.02)

    def _end_services(self) -> None:
        """Tell all services to end, also those that clients have started and that are still starting."""
        quiet_since = time.monotonic()
        while time.monotonic() < quiet_since + 0.3 or any(service.poll() is None for service in self._services):
            for pid in self.lab.services():
                self._struck.add(pid)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
                quiet_since = time.monotonic()
            time.sleep(0.05)
        self._services = []

    def judge(self) -> None:
        """Check the whole history."""
        told, contradictions = read_witnesses(path for path in self._witnesses if path.exists())
        self.report = examined(self.lab.path, told)
        overlaps = [path.read_text() for path in self._folder.glob("*.overlap")]
        self.violations += [*contradictions, *self.report.violations]
        self.violations += [f"two runs of one job at the same time: {text}" for text in overlaps]
        self.violations += self._said(LOST_CLAIM)
        self._num_deleted = sum(known.is_gone for known in told.values())

    def _said(self, words: str) -> list[str]:
        """Return the lines with words that no service may say."""
        logs = [
            *self._folder.glob("service *.log"),
            *self._folder.glob("*.worker.log"),
            *self._folder.glob("proc*.log"),
        ]
        lines = [line for log in logs for line in log.read_text(errors="replace").splitlines()]
        return [line for line in lines if words in line]

    def markdown(self) -> str:
        """Return what happened and what was found."""
        return markdown(
            self.lab.store.jobs(limit=None),
            head=f"{self._seconds:.0f} seconds of chaos",
            num_deleted=self._num_deleted,
            counts={"processes started": self.starts, "strikes": self.strikes + self.deaths},
            looked_at=self.report.looked_at,
            violations=self.violations,
        )

    def close(self) -> None:
        """End everything."""
        self._go_on(float("inf"))
        for pid in self.lab.services():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.lab.close()


def main(arguments: list[str]) -> int:
    """Torture a new queue, and tell what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--markdown", type=Path, help="write the summary into this file, too")
    options = parser.parse_args(arguments)
    sys.path += map(str, MODULE_PATH)
    with tempfile.TemporaryDirectory(prefix="queuebit-chaos-", ignore_cleanup_errors=True) as folder:
        chaos = Chaos(Path(folder), options.seed)
        try:
            chaos.torture(options.seconds)
            print("now undisturbed, until all jobs have ended", flush=True)
            chaos.drain()
            chaos.judge()
            summary = chaos.markdown()
        finally:
            chaos.close()
    print(f"\nSeed {options.seed}. {summary}")
    if options.markdown:
        options.markdown.write_text(f"Seed {options.seed}. {summary}\n")
    return 1 if chaos.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A Dask worker in a network of its own."""

import subprocess

from .cluster import Cluster
from .relay import Relay, free_port


class Remote:
    """A worker that reaches its scheduler through a relay, and that the scheduler reaches through another one.

    Attributes:
        process: the worker.
    """

    def __init__(self, cluster: Cluster, name: str) -> None:
        port = free_port()
        self._here, self._there = Relay(port), Relay(cluster.port)
        listening = ["--listen-address", f"tcp://127.0.0.1:{port}", "--contact-address", self._here.address]
        self.process: subprocess.Popen[bytes] = cluster.start_worker(name, *listening, scheduler=self._there.address)

    def stall(self) -> None:
        """Have its network fall silent."""
        self._here.stall()
        self._there.stall()

    def cut(self) -> None:
        """Cut it off."""
        self._here.cut()
        self._there.cut()

    def go_on(self) -> None:
        """Have its network be there again."""
        self._here.go_on()
        self._there.go_on()

    def close(self) -> None:
        """End the network."""
        self._here.close()
        self._there.close()

"""Time that passes when somebody says so, and on what."""

from collections import defaultdict

from benchmarks.at_scale.service_times import Resource


class VirtualTime:
    """The service's clock.

    Attributes:
        now: seconds since the beginning.
        busy_s: how much of it each resource was busy.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.busy_s: dict[Resource, float] = defaultdict(float)

    def __call__(self) -> float:
        """Return the time, as clocks do."""
        return self.now

    def spend(self, seconds: float, resource: Resource) -> None:
        """Let the service's thread be busy.

        Args:
            seconds: for so long.
            resource: with what.
        """
        self.now += seconds
        self.busy_s[resource] += seconds

    def wait_until(self, then: float) -> None:
        """Let the service's thread sleep.

        Args:
            then: until when.
        """
        self.now = max(self.now, then)

"""How fast workers are, measured as they work, and how long one may therefore be waited for."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """How long a worker may take.

    Attributes:
        times: multiple of the time that a piece should take by measured speed.
        grace: what is allowed besides [s].
        startup: what is allowed instead of `grace` for a worker's first piece, for which it compiles kernels [s].
    """

    times: float
    grace: float
    startup: float


class Pace:
    """Seconds that each worker takes for a unit of work.

    Args:
        patience: how long a worker may take.
    """

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._measured: dict[object, list[float]] = {}

    def record(self, worker: object, seconds: float, work: float) -> None:
        """Learn that a worker took so long for so much work [s, any unit]."""
        found = max(seconds, 1e-6) / work
        known = self._measured.get(worker)
        if known is None:
            self._measured[worker] = [found]
            return
        # The first piece took compiling too, and is no guide once there is a second one. A worker that became slower
        # is believed at once, one that became faster by and by.
        before = found if len(known) == 1 else known[-1]
        self._measured[worker] = [*known[:1], max(found, (before + found) / 2)]

    def forget(self, worker: object) -> None:
        """Learn that a worker is gone."""
        self._measured.pop(worker, None)

    def seconds_per_work(self, worker: object) -> float | None:
        """Return how long a worker takes for a unit of work [s]; of a new one, as long as the slowest known.

        None where nobody's speed is known.
        """
        known = self._measured.get(worker)
        return known[-1] if known else max((each[-1] for each in self._measured.values()), default=None)

    def part(self, worker: object, workers: Sequence[object]) -> float:
        """Return the part of all work that a worker would do if all `workers`, of which it is one, ended together.

        Those whose speed is not known well count as one of average speed.
        """
        speeds = {each: 1 / known[-1] for each in workers if len(known := self._measured.get(each, [])) > 1}
        if worker not in speeds:
            return 1 / len(workers)
        return speeds[worker] / (sum(speeds.values()) * len(workers) / len(speeds))

    def allowed(self, worker: object, work: float) -> float:
        """Return how long a worker may take for so much work [s]."""
        patience = self._patience
        expected = patience.times * (self.seconds_per_work(worker) or 0.0) * work
        return expected + (patience.grace if worker in self._measured else patience.startup)

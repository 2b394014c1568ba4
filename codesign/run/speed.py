"""How fast a run simulates that waits for no generation."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Speed:
    """What was simulated in a second.

    Attributes:
        robots: designs [1/s].
        robot_steps: steps, over all robots and iterations [1/s].
    """

    robots: float
    robot_steps: float


@dataclass(frozen=True)
class _Moment:
    """A moment, and what had been simulated by then."""

    seconds: float
    designs: int
    robot_steps: int


class StreamSpeed:
    """The speed at which designs go through a stream, generation by generation.

    A generation may be complete at the very moment at which another is, since designs of several are evaluated
    together. So the time that counts is that in which as many designs as a generation has were simulated at least,
    of whatever generation; it begins where an earlier generation was complete.

    Args:
        clock: returns the time [s]; the stream begins now.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._moments = deque([_Moment(clock(), 0, 0)])

    def completed(self, size: int, designs: int, robot_steps: int) -> Speed:
        """Return the speed when a generation is complete.

        Args:
            size: designs of the generation.
            designs: simulated since the stream began, of all generations.
            robot_steps: simulated since then.
        """
        now = _Moment(self._clock(), designs, robot_steps)
        while len(self._moments) > 1 and designs - self._moments[1].designs >= size:
            self._moments.popleft()
        first = self._moments[0]
        self._moments.append(now)
        seconds = max(now.seconds - first.seconds, 1e-9)
        return Speed((designs - first.designs) / seconds, (robot_steps - first.robot_steps) / seconds)

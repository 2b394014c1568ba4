"""Work that a device does many times over: on a GPU its launches are captured in a graph once and replayed."""

from collections.abc import Callable
from typing import Any

import warp as wp


def replays(device: Any) -> bool:
    """Return whether a device replays launches: on a GPU that costs one call where each launch cost one."""
    return device.is_cuda


class Repetition:
    """One piece of work, done again and again.

    The first time it is done as it is, so that its kernels are loaded and nothing is allocated later; the second time
    its launches are captured. Whatever the work does besides launching (host code, scalar arguments) is as it was then.

    Args:
        work: launches kernels, copies and fills of arrays that stay where they are.
        device: that it is done on.
        captured: whether launches may be captured; work that does something on the host every time must not be.
    """

    def __init__(self, work: Callable[[], Any], device: Any, *, captured: bool = True) -> None:
        self._work, self._device, self._replays = work, device, captured and replays(device)
        self._done = False
        self._graph: Any = None

    def run(self) -> None:
        """Do the work."""
        if not (self._done and self._replays):
            self._work()
            self._done = True
            return
        if self._graph is None:
            with wp.ScopedCapture(self._device) as capture:
                self._work()
            self._graph = capture.graph
        wp.capture_launch(self._graph)

    def forget(self) -> None:
        """Capture again before the next replay: the work has changed, for example the number of controllers."""
        self._graph = None

"""Designs on their way through the workers of a Ray cluster: each goes to whoever is free."""

from collections.abc import Callable
from typing import Any

from codesign.evaluate.evaluation_stream import Completed, EvaluationStream, one_by_one
from codesign.evaluate.ray_driver import COMPLETED, DONE, END, ROOM, STREAM, SUBMIT
from codesign.evaluate.ray_process import RayProcess
from codesign.evaluate.request import Request


class RayStream(EvaluationStream):
    """A stream through the process that talks to Ray; there is room for two pieces of work for each worker.

    Designs complete in whatever order workers end. One whose worker is lost, or does not answer, goes to another.

    Args:
        process: that process, which has nothing else to do.
        hear: called with what it says besides, a kind and a value.
    """

    def __init__(self, process: RayProcess, hear: Callable[[str, Any], None]) -> None:
        self._process, self._hear = process, hear
        self._wanted = self._in_flight = 0
        self._open = True
        process.send((STREAM, None))

    @property
    def room(self) -> int:
        return max(0, self._wanted - self._in_flight)

    def submit(self, request: Request) -> None:
        self._process.send((SUBMIT, request))
        self._in_flight += len(request)

    def completed(self) -> list[Completed]:
        """Return designs that were completed.

        Raises:
            EvaluatorError: Ray ended, nobody was left to work, or a design took more workers down than allowed.
        """
        while True:
            kind, value = self._process.receive()
            if kind == COMPLETED:
                self._in_flight -= len(value[0])
                self.count(value[1])
                return one_by_one(*value)
            if kind == ROOM:
                self._wanted = value
                if self.room:
                    return []
            else:
                self._hear(kind, value)

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        self._process.send((END, None))
        while self._process.receive()[0] != DONE:
            pass

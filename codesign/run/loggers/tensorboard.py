"""TensorBoard: event files inside the run folder, written without TensorFlow or PyTorch."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from codesign.run.loggers.logger import LoggedRun, LoggerConnection, LoggerSettings


@dataclass(frozen=True)
class Tensorboard(LoggerSettings):
    """Settings of TensorBoard, which finds the event files of all runs below a folder: tensorboard --logdir runs.

    Attributes:
        name: key in the registry.
    """

    name: str = "tensorboard"

    module: ClassVar[str] = "tensorboardX"

    def open(self, run: LoggedRun) -> "EventFile":
        """Return a connection that writes to loggers/tensorboard in the run folder."""
        return EventFile(run)


class EventFile(LoggerConnection):
    """Writes scalars, and the settings as a text, a row of a table each."""

    def __init__(self, run: LoggedRun) -> None:
        from tensorboardX import SummaryWriter  # noqa: PLC0415 - an extra  # pyright: ignore[reportMissingImports]

        new = not run.folder.exists()
        # Its own names are the same for two files within a second.
        self._writer = SummaryWriter(str(run.folder), filename_suffix=f".{time.time_ns()}")
        if new:
            rows = "\n".join(f"| {key} | `{value}` |" for key, value in run.parameters().items())
            self._writer.add_text("settings", f"| setting | value |\n| --- | --- |\n{rows}")

    def write(self, generation: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, generation)
        self._writer.flush()

    def close(self, *, finished: bool) -> None:  # noqa: ARG002 - the files say as much
        self._writer.close()

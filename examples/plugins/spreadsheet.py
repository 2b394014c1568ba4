"""Logger `spreadsheet`: a table that grows by a row for each generation, which other programs open while a run goes on.

Try it in this folder:

    from codesign.testing import check_logger
    from spreadsheet import Spreadsheet

    check_logger(Spreadsheet())
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from codesign.plugins import register
from codesign.run import LoggedRun, LoggerConnection, LoggerSettings


@dataclass(frozen=True)
class Spreadsheet(LoggerSettings):
    """A file loggers/spreadsheet/metrics.csv in the run folder, with the best and the mean fitness.

    Attributes:
        separator: what stands between two columns; some programs want a semicolon.
    """

    name: str = "spreadsheet"
    separator: str = ","

    module: ClassVar[str] = "csv"

    def open(self, run: LoggedRun) -> "Table":
        """Return a table in the logger's own folder, which goes on if it is there."""
        run.folder.mkdir(parents=True, exist_ok=True)
        return Table(run.folder / "metrics.csv", self.separator)


class Table(LoggerConnection):
    """Appends rows to a file."""

    COLUMNS = ("best_fitness", "mean_fitness")

    def __init__(self, path: Path, separator: str) -> None:
        self.path, self.separator = path, separator
        if not path.exists():
            self.append(("generation", *self.COLUMNS))

    def write(self, generation: int, values: Mapping[str, float]) -> None:
        """Take the numbers of a generation."""
        self.append((str(generation), *(str(values.get(name, "")) for name in self.COLUMNS)))

    def append(self, row: tuple[str, ...]) -> None:
        """Add a row."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(self.separator.join(row) + "\n")

    def close(self, *, finished: bool) -> None:
        """Do nothing: every row is in the file already."""


register("logger", Spreadsheet)

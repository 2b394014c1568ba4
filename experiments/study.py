"""What every study is: runs that are made where they are not there, small tables of them, and figures of the tables."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codesign.errors import CodesignError, ConfigError
from experiments.figures import save
from experiments.tables import Tables, read_table, write_table

Figures = Mapping[str, Any]
"""Figures of matplotlib by the name of their file, such as `curves.svg`."""


def no_figures(_tables: Tables) -> Figures:
    """Return no figure, for studies that have only tables."""
    return {}


@dataclass(frozen=True)
class Study:
    """A question that runs answer. `__main__.py` of its folder makes one as `STUDY` and calls its `main`.

    Attributes:
        folder: the study's own, with its README, its tables and its figures.
        tables: names of the files of its tables, in the folder.
        measure: makes the runs that are not whole in the folder that it is given, and returns the tables.
        report: makes the tables in Markdown that the README shows.
        draw: makes figures by the name of their file.
    """

    folder: Path
    tables: tuple[str, ...]
    measure: Callable[[Path], Tables]
    report: Callable[[Tables], str]
    draw: Callable[[Tables], Figures] = no_figures

    @property
    def name(self) -> str:
        """The name of the study's folder."""
        return self.folder.name

    def read(self) -> Tables:
        """Return the tables that are in the study's folder."""
        return {name: read_table(self.folder / name) for name in self.tables}

    def remake(self, runs: Path) -> Tables:
        """Measure, with runs in a folder, write the tables and return them as they are then read.

        Raises:
            ConfigError: `measure` returned other tables than those that the study names.
        """
        measured = self.measure(runs)
        if set(measured) != set(self.tables):
            raise ConfigError(f"tables {sorted(self.tables)}", str(sorted(measured)), "name them in the study")
        for name, table in measured.items():
            write_table(self.folder / name, table)
        return self.read()

    def illustrate(self, tables: Tables, folder: Path) -> list[Path]:
        """Write the figures of tables into a folder and return their paths."""
        return [save(figure, folder / name) for name, figure in self.draw(tables).items()]

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Run the study's command and return its exit status: 2, and one line, for a user's mistake."""
        parser = argparse.ArgumentParser(
            prog=f"python -m experiments.{self.name}",
            description=f"The study in experiments/{self.name}: its runs, its tables and its figures.",
        )
        told = "figures: remake the figures from the tables that are there, without any run"
        parser.add_argument("what", nargs="?", choices=("all", "figures"), default="all", help=told)
        where = Path("runs") / "experiments" / self.name
        told = f"where the runs are or will be; whole ones are kept, others go on (default: {where})"
        parser.add_argument("--runs", type=Path, default=where, help=told)
        options = parser.parse_args(arguments)
        try:
            tables = self.read() if options.what == "figures" else self.remake(options.runs)
            sys.stdout.write(self.report(tables))
            for path in self.illustrate(tables, self.folder):
                sys.stdout.write(f"{path}\n")
        except CodesignError as error:
            sys.stderr.write(f"{error}\n")
            return 2
        return 0

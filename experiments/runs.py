"""Runs of a study: made where they are not there, gone on with where they were interrupted, kept where whole."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import codesign
from codesign.errors import RunError
from codesign.files import write_text
from codesign.run import RunFolder
from experiments.tables import Rows

QUIET = ("evaluator=local", "logger=quiet", "logger.page=false")

NUMBERS = {
    "best_fitness": "best",
    "mean_fitness": "mean",
    "offspring_mean": "children",
    "offspring_before_learning": "before_learning",
    "diversity": "diversity",
    "mean_masses": "masses",
}
"""Numbers of a generation that the tables of studies keep, and what they call them."""


def evolved(folder: Path, *words: str) -> codesign.Run:
    """Return the finished run of `codesign evolve WORDS` in a folder.

    It is made where there is none, goes on where it was interrupted, and is kept as it is where it is whole. A file
    beside the folder remembers the words.

    Args:
        folder: the run's, which may be a link to one that was made elsewhere.
        words: what is said on the command line, `seed=` among it, but for `hydra.run.dir` and `QUIET`.

    Raises:
        RunError: the folder holds a run of other words, or the run did not end well.
    """
    told, said = folder.with_name(f"{folder.name}.command"), " ".join(("codesign evolve", *words)) + "\n"
    if told.exists() and _lasting(told.read_text(encoding="utf-8")) != _lasting(said):
        got = told.read_text(encoding="utf-8").strip()
        raise RunError(f"in {folder} a run of: {said.strip()}", got, "move it away, or choose another folder by --runs")
    wanted = [int(word.partition("=")[2]) for word in words if word.startswith(_LENGTH)]
    if not is_whole(folder, *wanted):
        write_text(told, said)
        sys.stderr.write(f"{said.strip()}  ->  {folder}\n")
        command = [sys.executable, "-m", "codesign", "evolve", "run=auto", *words, *QUIET, f"hydra.run.dir={folder}"]
        status = subprocess.run(command, check=False).returncode
        if status or not is_whole(folder, *wanted):
            remedy = "see what it said above; the same command goes on where it stopped"
            raise RunError("a run that ends", f"exit status {status} of the run in {folder}", remedy)
    return codesign.open_run(folder)


_LENGTH = "search.generations="
"""The one word that may change when a run goes on."""


def _lasting(command: str) -> list[str]:
    return [word for word in command.split() if not word.startswith(_LENGTH)]


def is_whole(folder: Path, wanted: int | None = None) -> bool:
    """Return whether a folder holds a run with as many generations as are wanted, or that it was to have."""
    files = RunFolder(folder)
    if not files.config.is_file():
        return False
    if wanted is None:
        wanted = int(yaml.safe_load(files.config_text())["search"]["generations"])
    return len(files.read_metrics()) >= wanted


def generations(run: codesign.Run, labels: Mapping[str, Any]) -> Rows:
    """Return a row for each generation of a run: labels such as the seed, robot-steps so far, and `NUMBERS`."""
    steps, rows = 0, []
    for row in run.metrics.to_pylist():
        steps += row["robot_steps"]
        numbers = {short: np.nan if row[name] is None else float(row[name]) for name, short in NUMBERS.items()}
        rows.append({**labels, "generation": row["generation"], "robot_steps": steps, **numbers})
    return rows


def spent_until(rows: Rows, number: str, target: float, **labels: Any) -> float:
    """Return the robot-steps after which a run had come to a number; NaN where it has not.

    Args:
        rows: those of `generations`.
        number: the column.
        target: what it had to come to.
        labels: values of columns that the rows of the run have.
    """
    own = (row for row in rows if all(row[name] == value for name, value in labels.items()))
    return min((float(row["robot_steps"]) for row in own if row[number] >= target), default=float("nan"))


@dataclass(frozen=True, eq=False)
class Curves:
    """One number of several runs over what they spent.

    Attributes:
        at: float64[points], robot-steps (or generations), ascending.
        values: float64[runs, points], the number after the last generation that each run had finished by then; NaN
            before its first generation and beyond its last.
    """

    at: np.ndarray
    values: np.ndarray


def curves(
    rows: Sequence[Mapping[str, Any]],
    number: str,
    *,
    over: str = "robot_steps",
    at: Sequence[float] | None = None,
    run: str = "seed",
    **labels: Any,
) -> Curves:
    """Return a number of runs along an axis, as far as all of them reach.

    Args:
        rows: those of `generations`.
        number: the column.
        over: "robot_steps" or "generation".
        at: places on the axis; by default all at which a run finished a generation.
        run: the column that tells runs apart.
        labels: values of columns that the rows must have.

    Raises:
        RunError: no such rows.
    """
    wanted = [row for row in rows if all(row[name] == value for name, value in labels.items())]
    if not wanted:
        raise RunError("rows of runs", f"none with {labels}", "see what the table holds")
    apart: dict[Any, list[Mapping[str, Any]]] = {}
    for row in wanted:
        apart.setdefault(row[run], []).append(row)
    spent = [np.array([row[over] for row in own], np.float64) for own in apart.values()]
    found = [np.array([row[number] for row in own], np.float64) for own in apart.values()]
    if at is None:
        first, last = max(each[0] for each in spent), min(each[-1] for each in spent)
        places = np.unique(np.concatenate(spent))
        places = places[(places >= first) & (places <= last)]
    else:
        places = np.asarray(at, np.float64)
    values = []
    for own, steps in zip(found, spent, strict=True):
        until = np.searchsorted(steps, places, side="right") - 1
        known = (until >= 0) & (places <= steps[-1])
        values.append(np.where(known, own[np.maximum(until, 0)], np.nan))
    return Curves(places, np.array(values))

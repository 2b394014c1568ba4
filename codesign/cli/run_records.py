"""Runs as they are compared with others: their settings and their numbers, read and never built or simulated."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from codesign.analysis import Comparison, RunRecord, compare
from codesign.cli import run_config
from codesign.cli.catalogue import experiment_catalogue
from codesign.errors import CodesignError, RunError
from codesign.run import RunFolder, SummaryReader
from codesign.tasks import TASKS


def comparison_of(paths: Iterable[Path]) -> Comparison:
    """Return runs side by side; those that cannot be read are named in it.

    Args:
        paths: folders of runs, finished, going on or of older versions, or of sweeps, whose runs are meant then.

    Raises:
        RunError: none of them can be read.
    """
    records, unreadable = list[RunRecord](), dict[str, str]()
    for path in dict.fromkeys(each for given in paths for each in runs_in(given)):
        try:
            records.append(run_record(path))
        except CodesignError as error:
            unreadable[str(path)] = f"expected {error.expected}; got {error.got}"
    if not records:
        first = next(iter(unreadable.items()), ("none", "no run was given"))
        raise RunError("at least one run that can be read", f"{first[0]} ({first[1]})", "name folders of runs")
    return compare(records, unreadable)


def runs_in(path: Path) -> list[Path]:
    """Return the runs that a folder stands for: those of a sweep, in order, else the folder itself."""
    if not path.is_dir() or RunFolder(path).config.exists():
        return [path]
    inner = [each for each in path.iterdir() if each.is_dir() and RunFolder(each).config.exists()]
    return sorted(inner, key=lambda each: (not each.name.isdigit(), len(each.name), each.name)) or [path]


def run_record(path: Path) -> RunRecord:
    """Return a run as it is compared.

    Raises:
        RunError: the folder is not that of a run, or its records cannot be read.
    """
    folder = RunFolder(path)
    config = run_config.read_plain(folder, experiment_catalogue())
    settings = run_config.decisive(config)
    planned = settings_number(config, "search.generations")
    task = TASKS.get(str(settings.get("task.name")))
    unit = "" if task is None else task.units.get("fitness", "")
    return RunRecord(
        str(path), str(config.get("title", path.name)), settings, SummaryReader(folder, planned).read(), unit
    )


def settings_number(config: Mapping[str, Any], key: str) -> int:
    """Return a whole number of a stored configuration, 0 where there is none."""
    value = run_config.plain_values(config).get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0

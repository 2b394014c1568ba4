"""`codesign export`: designs of a run as pages, data and pictures."""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from codesign.cli import run_config
from codesign.cli.application import Command, Invocation, Plan
from codesign.cli.catalogue import PLUGINS_MEANING, experiment_catalogue, experiment_of
from codesign.cli.output_folder import repeatable
from codesign.cli.schemas import Catalogue
from codesign.cli.settings import build
from codesign.cli.suggestions import listed, nearest, typed
from codesign.errors import ConfigError, RunError
from codesign.export import EXPORTERS
from codesign.run import Experiment, RunFolder, gallery, select

MEANINGS = {
    "run": "the run's folder.",
    "plugins": PLUGINS_MEANING,
    "design": "best, top5 (or another number), lineage, an id such as g012-i0007, or a list of these; null for best.",
    "generation": "number of a generation all of whose valid designs are meant, beside those that design names.",
    "output": "folder that the files are written to.",
}


def export_catalogue() -> Catalogue:
    """Return what the configuration holds."""
    values = {"run": str | None, "format": Any, "design": Any, "generation": int | None, "output": str, "plugins": Any}
    return Catalogue({}, {}, values, {**MEANINGS, "format": f"{listed(EXPORTERS)}, or a list of these."})


def prepare(invocation: Invocation) -> Plan:
    """Check an invocation for pictures; the run is read, nothing is simulated yet.

    Raises:
        ConfigError: a format that does not exist, or a setting of the wrong type.
        RunError: the folder is not that of a run.
        DesignError: the run has no such design.
    """
    settings = build(export_catalogue(), invocation.config)
    formats = typed("format", settings["format"])
    if not formats:
        raise ConfigError("format as a list with an entry", "an empty list", "set for example format=html")
    for name in formats:
        if name not in EXPORTERS:
            expected = f"format to be one of {listed(EXPORTERS)}"
            raise ConfigError(expected, f"'{name}'", nearest(name, EXPORTERS, "set for example format=html"))
    if settings["run"] is None:
        raise RunError("the folder of a run", "none", "name one, as in codesign export run=FOLDER")
    folder = RunFolder(Path(settings["run"]))
    stored = run_config.read(folder, experiment_catalogue())
    with run_config.found_in(folder):
        experiment = experiment_of(build(experiment_catalogue(), stored))
    selection = _selection(settings)
    select(folder, selection)
    output = Path(settings["output"])
    return Plan(output, partial(_write, experiment, folder, selection, formats, output))


def _selection(settings: Mapping[str, Any]) -> str:
    """Return the designs that are meant, in the words of `select`: those named, and a whole generation."""
    words = () if settings["design"] is None else typed("design", settings["design"])
    if settings["generation"] is not None:
        words = (*words, f"generation={settings['generation']}")
    return ",".join(words or ("best",))


def _stem(selection: str) -> str:
    """Return the name of what shows several designs, so that one selection does not overwrite another."""
    return "designs" if "," in selection else selection.replace("=", "-")


def _write(experiment: Experiment, folder: RunFolder, selection: str, formats: tuple[str, ...], output: Path) -> int:
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    shown = gallery(experiment, folder, selection)
    stem = shown.recordings[0].design if len(shown.recordings) == 1 else _stem(selection)
    for name in formats:
        exporter = EXPORTERS[name]
        with repeatable("output"):
            paths = exporter.write(shown, output / f"{stem}{exporter.suffix}")
        for path in paths:
            console.print(str(path), markup=False)
    return 0


COMMAND = Command("export", "export", export_catalogue, prepare)

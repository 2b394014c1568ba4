"""`codesign export`: designs of a run as pages, data and pictures."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from codesign.cli import run_config
from codesign.cli.application import Command, Invocation, Plan
from codesign.cli.body_formats import format_words, named_formats
from codesign.cli.catalogue import PLUGINS_MEANING, experiment_catalogue, experiment_of
from codesign.cli.output_folder import repeatable
from codesign.cli.schemas import Catalogue
from codesign.cli.settings import build
from codesign.cli.suggestions import listed, typed
from codesign.errors import RunError
from codesign.export import Exporter
from codesign.formats import BodyPlan, Format, plans_of
from codesign.genome import Genomes, check_whole
from codesign.run import Design, Experiment, RunFolder, gallery, select

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
    # What can be written is known only now, since plug-ins register formats.
    written = f"{listed(format_words())}, or a list; all but html, json and png write bodies alone, for other programs."
    return Catalogue({}, {}, values, {**MEANINGS, "format": written})


def prepare(invocation: Invocation) -> Plan:
    """Check an invocation for pictures; the run is read, nothing is simulated yet.

    Raises:
        ConfigError: a format that does not exist, or a setting of the wrong type.
        RunError: the folder is not that of a run.
        DesignError: the run has no such design.
    """
    settings = build(export_catalogue(), invocation.config)
    formats = named_formats(typed("format", settings["format"]))
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


def _write(
    experiment: Experiment,
    folder: RunFolder,
    selection: str,
    formats: Sequence[Exporter | Format],
    output: Path,
) -> int:
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    designs = select(folder, selection)
    stem = designs[0].id if len(designs) == 1 else _stem(selection)
    exporters = [each for each in formats if isinstance(each, Exporter)]
    # Only pictures and motion need a simulation.
    shown = gallery(experiment, folder, selection) if exporters else None
    paths = list[Path]()
    for each in formats:
        path = output / f"{stem}{each.suffix if isinstance(each, Exporter) else each.suffixes[0]}"
        path = path.with_stem(f"{stem}-{each.name}") if path in paths else path
        with repeatable("output"):
            if isinstance(each, Exporter) and shown is not None:
                paths += each.write(shown, path)
            elif isinstance(each, Format) and each.write is not None:
                paths += each.write(_plans(experiment, designs), path)
    for path in paths:
        console.print(str(path), markup=False)
    return 0


def _plans(experiment: Experiment, designs: Sequence[Design]) -> list[BodyPlan]:
    """Return the bodies of designs as files of bodies hold them, with what they came to."""
    lattice = experiment.trial.lattice
    genomes = Genomes.stack([design.genome for design in designs])
    check_whole(lattice.build(), genomes)
    plans = plans_of(genomes, lattice, [design.id for design in designs])
    return [replace(plan, fitness=design.fitness) for plan, design in zip(plans, designs, strict=True)]


COMMAND = Command("export", "export", export_catalogue, prepare)

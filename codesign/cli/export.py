"""`codesign export`: designs of a run as pages, data and pictures."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from codesign.cli.schemas import GROUP, Catalogue
from codesign.cli.settings import build
from codesign.cli.suggestions import listed, typed
from codesign.errors import RunError
from codesign.export import EXPORTERS, Exporter, ExportPlan, Gallery, require_absent, require_motions
from codesign.formats import BodyPlan, Format, plans_of
from codesign.genome import Genomes, check_whole
from codesign.plugins import added_keys
from codesign.run import Design, Experiment, RunFolder, galleries, require_design_map, select

MEANINGS = {
    "run": "the run's folder.",
    "plugins": PLUGINS_MEANING,
    "design": "best, top5 (or another number), lineage, generation:3 (all valid designs of one), an id such as"
    " g012-i0007, or a list of these; null for best.",
    "when": "motion that is shown, before or after learning, or a list of both; null for both where a file can show"
    " both, and for that after learning elsewhere.",
    "output": "folder that the files are written to.",
    "overwrite": "whether files that are there already are replaced.",
}


def export_catalogue() -> Catalogue:
    """Return what the configuration holds."""
    values = {
        "run": str | None,
        "format": Any,
        "design": Any,
        "when": Any,
        "output": str,
        "overwrite": bool,
        "plugins": Any,
    }
    # What can be written is known only now, since plug-ins register formats.
    written = f"{listed(format_words())}, or a list; formats of bodies hold no motion."
    return Catalogue({}, _sections(), values, {**MEANINGS, "format": written})


def _sections() -> dict[str, type]:
    """Return the settings of all exporters by the section that a configuration has them in."""
    return {each.section: each.settings for each in EXPORTERS.values() if each.settings is not None}


def prepare(invocation: Invocation) -> Plan:
    """Check an invocation for files; the run is read, nothing is simulated yet.

    Raises:
        ConfigError: a format that does not exist or whose library is missing, or a setting of the wrong type.
        RunError: the folder is not that of a run, or has no map to show.
        DesignError: the run has no such design.
        OutputError: a file is there already.
    """
    sections = {section: {} for section in _sections()}
    settings = build(export_catalogue(), {**sections, **invocation.config})
    formats = named_formats(typed("format", settings["format"]))
    for each in formats:
        if isinstance(each, Exporter):
            each.require_installed()
    if settings["run"] is None:
        raise RunError("the folder of a run", "none", "name one, as in codesign export run=FOLDER")
    folder = RunFolder(Path(settings["run"]))
    stored = run_config.read(folder, experiment_catalogue())
    with run_config.found_in(folder):
        experiment = experiment_of(build(experiment_catalogue(), stored))
    selection = ",".join(("best",) if settings["design"] is None else typed("design", settings["design"]))
    designs = select(folder, selection)
    stem = designs[0].id if len(designs) == 1 else _stem(selection)
    exporters = tuple(each for each in formats if isinstance(each, Exporter))
    if any(each.shows_map for each in exporters):
        require_design_map(experiment, folder)
    motions = None if settings["when"] is None else require_motions(typed("when", settings["when"]))
    ids = tuple(design.id for design in designs)
    plan = ExportPlan(Path(settings["output"]), stem, ids, exporters, motions, settings)
    bodies = _body_files(plan, [each for each in formats if isinstance(each, Format)])
    if not settings["overwrite"]:
        require_absent([*plan.paths(), *bodies])
    return Plan(plan.folder, partial(_write, experiment, folder, designs, plan, bodies))


def _stem(selection: str) -> str:
    """Return the name of what shows several designs, so that one selection does not overwrite another."""
    return "designs" if "," in selection else selection.replace(":", "-")


def _body_files(plan: ExportPlan, formats: Sequence[Format]) -> dict[Path, Format]:
    """Return the formats of bodies by the path that each is asked to write to."""
    taken, found = {exporter.suffix for exporter in plan.exporters}, dict[Path, Format]()
    for each in formats:
        name = f"-{each.name}" if each.suffixes[0] in taken else ""
        taken.add(each.suffixes[0])
        found[plan.folder / f"{plan.stem}{name}{each.suffixes[0]}"] = each
    return found


def _write(
    experiment: Experiment,
    folder: RunFolder,
    designs: Sequence[Design],
    plan: ExportPlan,
    bodies: Mapping[Path, Format],
) -> int:
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    with repeatable("output"):
        for path, each in bodies.items():
            if each.write is not None:
                _print(console, each.write(_plans(experiment, designs), path))
        if plan.exporters:
            _print(console, plan.write(_told(galleries(experiment, folder, designs))))
    return 0


def _told(parts: Iterable[Gallery]) -> Iterator[Gallery]:
    """Say which motions end early, on standard error, since standard output lists files."""
    console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
    for part in parts:
        for recording in part.recordings:
            for when, motion in (("before", recording.before), ("after", recording.after)):
                if motion is not None and motion.diverged:
                    said = f"the motion {when} learning diverged and is shown up to {motion.times[-1]:.2f} s"
                    console.print(f"{recording.design}: {said}", markup=False)
        yield part


def _print(console: Console, paths: Iterable[Path]) -> None:
    for path in paths:
        console.print(str(path), markup=False)


def _plans(experiment: Experiment, designs: Sequence[Design]) -> list[BodyPlan]:
    """Return the bodies of designs as files of bodies hold them, with what they came to."""
    lattice = experiment.trial.lattice
    genomes = Genomes.stack([design.genome for design in designs])
    check_whole(lattice.build(), genomes)
    plans = plans_of(genomes, lattice, [design.id for design in designs])
    return [replace(plan, fitness=design.fitness) for plan, design in zip(plans, designs, strict=True)]


def added_sections() -> tuple[str, ...]:
    """Return the overrides that give a configuration the sections of exporters that plug-ins brought."""
    added = added_keys(EXPORTERS)
    sections = {each.section for name, each in EXPORTERS.items() if name in added and each.settings is not None}
    return tuple(f"+{GROUP}@{section}={section}" for section in sorted(sections))


COMMAND = Command("export", "export", export_catalogue, prepare, added=added_sections)

"""`codesign export`: designs of a run as pages, data and pictures."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from codesign.cli.suggestions import listed, nearest, typed
from codesign.errors import ConfigError, OutputError, RunError
from codesign.export import EXPORTERS, Exporter, Gallery, Recording
from codesign.formats import BodyPlan, Format, plans_of
from codesign.genome import Genomes, check_whole
from codesign.run import Design, Experiment, RunFolder, history, replay, select

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

MOTIONS = ("before", "after")

_AT_A_TIME = 32
"""Designs that are simulated and held at a time, where each has a file of its own."""


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
        RunError: the folder is not that of a run.
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
    output = Path(settings["output"])
    files = _Files(output, stem, tuple(design.id for design in designs), tuple(formats), _motions(settings["when"]))
    if not settings["overwrite"]:
        files.require_absent()
    return Plan(output, partial(_write, experiment, folder, designs, files, settings))


def _motions(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    words = typed("when", value)
    for word in words or ("",):
        if word not in MOTIONS:
            remedy = nearest(word, MOTIONS, "set when=after or when=[before,after]")
            raise ConfigError("when to be before, after or a list of both", f"'{word}'", remedy)
    return words


def _stem(selection: str) -> str:
    """Return the name of what shows several designs, so that one selection does not overwrite another."""
    return "designs" if "," in selection else selection.replace(":", "-")


@dataclass(frozen=True)
class _Files:
    """Which files are written.

    Attributes:
        output: folder.
        stem: how their names begin.
        designs: ids.
        formats: what they are written in.
        motions: which motions are wanted; None for what each format shows by itself.
    """

    output: Path
    stem: str
    designs: tuple[str, ...]
    formats: tuple[Exporter | Format, ...]
    motions: tuple[str, ...] | None

    @property
    def exporters(self) -> list[Exporter]:
        """Those formats that show recordings."""
        return [each for each in self.formats if isinstance(each, Exporter)]

    def path(self, each: Exporter | Format) -> Path:
        """Return the path that a format is asked to write to."""
        taken = {_suffix(other) for other in self.formats[: self.formats.index(each)]}
        name = f"-{each.name}" if _suffix(each) in taken else ""
        return self.output / f"{self.stem}{name}{_suffix(each)}"

    def shown(self, exporter: Exporter) -> list[tuple[tuple[str, ...], Path]]:
        """Return the motions of each file, or set of files, that an exporter writes, with its path."""
        path = self.path(exporter)
        if exporter.motions != "one":
            return [(self.motions or MOTIONS, path)]
        earlier = path.with_name(f"{path.name.removesuffix(exporter.suffix)}-before{exporter.suffix}")
        return [((motion,), path if motion == "after" else earlier) for motion in self.motions or ("after",)]

    def require_absent(self) -> None:
        """Check that nothing is there where something will be written.

        Raises:
            OutputError: a file is there.
        """
        paths = [
            path
            for exporter in self.exporters
            for _, main in self.shown(exporter)
            for path in exporter.paths(main, self.designs)
        ]
        paths += [self.path(each) for each in self.formats if isinstance(each, Format)]
        there = [path for path in paths if path.exists()]
        if there:
            more = f" and {len(there) - 1} more" if len(there) > 1 else ""
            remedy = "set overwrite=true to replace them, or output=FOLDER to write elsewhere"
            raise OutputError("files that are not there yet", f"{there[0]}{more}", remedy)


def _suffix(each: Exporter | Format) -> str:
    return each.suffix if isinstance(each, Exporter) else each.suffixes[0]


def _write(
    experiment: Experiment,
    folder: RunFolder,
    designs: Sequence[Design],
    files: _Files,
    settings: Mapping[str, Any],
) -> int:
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    with repeatable("output"):
        for each in files.formats:
            if isinstance(each, Format) and each.write is not None:
                _print(console, each.write(_plans(experiment, designs), files.path(each)))
        together = [each for each in files.exporters if not each.each]
        kept: list[Recording] = []
        for recordings in _recordings(experiment, folder, designs if files.exporters else ()):
            _tell_divergence(recordings)
            kept += recordings if together else []
            for exporter in files.exporters:
                if exporter.each:
                    _write_each(console, exporter, _gallery(experiment, folder, recordings), files, settings)
        for exporter in together:
            for motions, path in files.shown(exporter):
                shown = _gallery(experiment, folder, [_showing(each, motions, exporter) for each in kept])
                _print(console, _call(exporter, shown, path, settings))
    return 0


def _write_each(
    console: Console, exporter: Exporter, gallery: Gallery, files: _Files, settings: Mapping[str, Any]
) -> None:
    """Write a file for each design of a gallery."""
    for motions, path in files.shown(exporter):
        mains = exporter.mains(path, files.designs)
        for recording in gallery.recordings:
            one = replace(gallery, recordings=(_showing(recording, motions, exporter),))
            main = mains[files.designs.index(recording.design)]
            _print(console, _call(exporter, one, main, settings))


def _showing(recording: Recording, motions: Sequence[str], exporter: Exporter) -> Recording:
    """Return a recording with the motions that a file shows, and with both where it shows none itself."""
    if exporter.motions == "none" or (exporter.motions == "both" and set(motions) == set(MOTIONS)):
        return recording
    return recording.showing(motions)


def _call(exporter: Exporter, gallery: Gallery, path: Path, settings: Mapping[str, Any]) -> list[Path]:
    own = () if exporter.settings is None else (settings[exporter.section],)
    return exporter.write(gallery, path, *own)


def _gallery(experiment: Experiment, folder: RunFolder, recordings: Sequence[Recording]) -> Gallery:
    return Gallery(experiment.title, tuple(recordings), history(folder), folder.config_text())


def _recordings(experiment: Experiment, folder: RunFolder, designs: Sequence[Design]) -> Iterator[list[Recording]]:
    """Yield recordings of some designs after the other, so that not all are held at once."""
    for start in range(0, len(designs), _AT_A_TIME):
        yield replay(experiment, folder, designs[start : start + _AT_A_TIME])


def _tell_divergence(recordings: Sequence[Recording]) -> None:
    """Say which motions end early, on standard error, since standard output lists files."""
    console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
    for recording in recordings:
        for when, motion in (("before", recording.before), ("after", recording.after)):
            if motion is not None and motion.diverged:
                said = f"the motion {when} learning diverged and is shown up to {motion.times[-1]:.2f} s"
                console.print(f"{recording.design}: {said}", markup=False)


def _print(console: Console, paths: Sequence[Path]) -> None:
    for path in paths:
        console.print(str(path), markup=False)


def _plans(experiment: Experiment, designs: Sequence[Design]) -> list[BodyPlan]:
    """Return the bodies of designs as files of bodies hold them, with what they came to."""
    lattice = experiment.trial.lattice
    genomes = Genomes.stack([design.genome for design in designs])
    check_whole(lattice.build(), genomes)
    plans = plans_of(genomes, lattice, [design.id for design in designs])
    return [replace(plan, fitness=design.fitness) for plan, design in zip(plans, designs, strict=True)]


COMMAND = Command("export", "export", export_catalogue, prepare)

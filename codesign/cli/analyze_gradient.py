"""`codesign analyze gradient=true`: where the gradients of designs of a run end."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from codesign.body import develop
from codesign.cli import run_config
from codesign.cli.application import Plan
from codesign.cli.catalogue import experiment_catalogue, experiment_of
from codesign.cli.output_folder import repeatable
from codesign.cli.settings import build
from codesign.cli.suggestions import typed
from codesign.errors import ConfigError, RunError
from codesign.evaluate import controller_weights, learned_bodies
from codesign.export import MOTIONS, require_absent, require_motions
from codesign.genome import Genomes, check_whole
from codesign.run import Design, Experiment, RunFolder, first_weights, learned_weights, select
from codesign.sensitivity import (
    FILES,
    GradientReport,
    GradientSettings,
    gradient_report,
    summary,
    to_text,
    write_reports,
)

FOLDER = "gradient"
"""Folder in that of the run where files are written to, unless another one is asked for."""


def prepare_gradient(settings: Mapping[str, Any]) -> Plan:
    """Check what is asked for; the run is read, nothing is simulated yet.

    Raises:
        ConfigError: a setting of the wrong type or out of range.
        RunError: no folder of a run, or several.
        DesignError: the run has no such design.
        OutputError: a file is there already.
    """
    own: dict[str, Any] = {each.name: settings[each.name] for each in fields(GradientSettings)}
    own["horizons"] = tuple(own["horizons"])
    measured = GradientSettings(**own)
    runs = [] if settings["run"] is None else typed("run", settings["run"])
    if len(runs) != 1:
        raise RunError(
            "the folder of one run", f"{len(runs)}", "name it, as in codesign analyze gradient=true run=FOLDER"
        )
    folder = RunFolder(Path(runs[0]))
    stored = run_config.read(folder, experiment_catalogue())
    with run_config.found_in(folder):
        experiment = experiment_of(build(experiment_catalogue(), stored))
    designs = select(folder, ",".join(("best",) if settings["design"] is None else typed("design", settings["design"])))
    when = MOTIONS if settings["when"] is None else require_motions(typed("when", settings["when"]))
    output = folder.path / FOLDER if settings["output"] is None else Path(settings["output"])
    if not settings["overwrite"]:
        require_absent([output / name for name in FILES])
    return Plan(output, partial(_run, experiment, folder, designs, measured, when, output))


def _run(
    experiment: Experiment,
    folder: RunFolder,
    designs: Sequence[Design],
    settings: GradientSettings,
    when: Sequence[str],
    output: Path,
) -> int:
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    spec, lattice = experiment.trial, experiment.trial.lattice.build()
    genomes = Genomes.stack([design.genome for design in designs])
    check_whole(lattice, genomes)
    bodies = develop(lattice, genomes, spec.tissue)
    found: list[GradientReport] = []
    for number, design in enumerate(designs):
        body = bodies.take(np.array([number]))
        for each in when:
            with console.status(f"{design.id} ({number + 1} of {len(designs)}), {each} learning"):
                if each == "before":
                    weights = first_weights(experiment, folder, [design], body)
                else:
                    (weights,) = learned_weights(experiment, folder, [design])
                # The controller's gradient alone, of the body as it was or has learned to be then.
                fixed, moved = spec.with_bodies_as_given, learned_bodies(spec, body, [weights])
                (own,) = controller_weights(spec, body, [weights])
                found.append(gradient_report(fixed, moved, own, settings, name=design.id, when=each))
    console.print(to_text(found).rstrip() if len(found) <= _TOLD else summary(found), markup=False)
    with repeatable("output"):
        for path in write_reports(found, output):
            console.print(str(path), markup=False)
    return 0


_TOLD = 4
"""Reports whose tables are printed; of more, these are in the files alone."""


def require_none_of_gradient(settings: Mapping[str, Any]) -> None:
    """Check that nothing is asked for that only gradients have.

    Raises:
        ConfigError: something is.
    """
    usual = GradientSettings()
    for name in ("design", "when", *(each.name for each in fields(GradientSettings))):
        value = tuple(settings[name]) if name == "horizons" else settings[name]
        if value is not None and value != getattr(usual, name, None):
            raise ConfigError(
                f"{name} only with gradient=true", repr(settings[name]), "set gradient=true, or leave it out"
            )

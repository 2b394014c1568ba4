"""`codesign transfer`: designs of a run in another simulator."""

import math
import sys
from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.table import Table

from codesign.cli import run_config
from codesign.cli.application import Command, Invocation, Plan
from codesign.cli.catalogue import PLUGINS_MEANING, experiment_catalogue, experiment_of
from codesign.cli.docstrings import field_meanings
from codesign.cli.output_folder import repeatable
from codesign.cli.schemas import Catalogue
from codesign.cli.settings import build
from codesign.cli.suggestions import typed
from codesign.errors import OutputError, RunError
from codesign.run import Design, Experiment, RunFolder, replay, select
from codesign.transfer import FILES, Transfer, TransferSettings, require_mujoco, transfer, write_transfers

MEANINGS = {
    "run": "the run's folder.",
    "plugins": PLUGINS_MEANING,
    "design": "best, top5 (or another number), lineage, generation:3 (all valid designs of one), an id such as"
    " g012-i0007, or a list of these; null for best.",
    "output": "folder that the files are written to.",
    "overwrite": "whether files that are there already are replaced.",
}

_WIDTH = 140
"""Characters in a line of a table, at least."""


def transfer_catalogue() -> Catalogue:
    """Return what the configuration holds."""
    values = {"run": str | None, "design": Any, "output": str, "overwrite": bool, "plugins": Any}
    values |= {"substeps": list[int], "spread": float, "latency": float, "combined": int, "loops": str, "seed": int}
    return Catalogue({}, {}, values, {**MEANINGS, **field_meanings(TransferSettings)})


def prepare(invocation: Invocation) -> Plan:
    """Check an invocation; the run is read, nothing is simulated yet.

    Raises:
        ConfigError: a setting of the wrong type or out of range, or MuJoCo is not installed.
        RunError: the folder is not that of a run.
        DesignError: the run has no such design.
        OutputError: a file is there already.
    """
    settings = build(transfer_catalogue(), invocation.config)
    own: dict[str, Any] = {each.name: settings[each.name] for each in fields(TransferSettings)}
    own["substeps"] = tuple(own["substeps"])
    compared = TransferSettings(**own)
    require_mujoco()
    if settings["run"] is None:
        raise RunError("the folder of a run", "none", "name one, as in codesign transfer run=FOLDER")
    folder = RunFolder(Path(settings["run"]))
    stored = run_config.read(folder, experiment_catalogue())
    with run_config.found_in(folder):
        experiment = experiment_of(build(experiment_catalogue(), stored))
    designs = select(folder, ",".join(("best",) if settings["design"] is None else typed("design", settings["design"])))
    output = Path(settings["output"])
    there = [output / name for name in FILES if (output / name).exists()]
    if there and not settings["overwrite"]:
        remedy = "set overwrite=true to replace it, or output=FOLDER to write elsewhere"
        raise OutputError("files that are not there yet", str(there[0]), remedy)
    return Plan(output, partial(_run, experiment, folder, designs, compared, output))


def _run(
    experiment: Experiment, folder: RunFolder, designs: Sequence[Design], settings: TransferSettings, output: Path
) -> int:
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    done: list[Transfer] = []
    for design in designs:
        with console.status(f"{design.id} ({len(done) + 1} of {len(designs)})"):
            done += transfer(replay(experiment, folder, [design], every_step=True), settings)
    # A table is as wide as its numbers, also where nobody says how wide the terminal is.
    wide = Console(file=sys.stdout, highlight=False, width=max(console.width, _WIDTH))
    for loop in ("open", "closed"):
        if any(each.loop == loop for transferred in done for each in transferred.outcomes):
            wide.print(_designs_table(done, loop, settings.substeps))
            if all(each.changed(loop) for each in done):
                wide.print(_changes_table(done, loop))
    for note in dict.fromkeys(note for each in done for note in each.notes):
        told = [each.design for each in done if note in each.notes]
        console.print(f"{'all' if len(told) == len(done) else ', '.join(told)}: {note}", markup=False)
    with repeatable("output"):
        for path in write_transfers(done, output):
            console.print(str(path), markup=False)
    return 0


def _designs_table(done: Sequence[Transfer], loop: str, substeps: Sequence[int]) -> Table:
    """Return what every design comes to in both simulators with steps of several lengths, and how far apart."""
    source = "the recorded actuation" if loop == "open" else "the controller itself"
    table = Table(title=f"Displacement in MuJoCo (in our physics), driven by {source}")
    table.add_column("design", no_wrap=True)
    steps = [f"{done[0].dt / each * 1e3:g} ms" for each in substeps]
    for name in ("recorded", *steps, "kept", "apart", "longest step"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in done:
        nominal = [each.nominal(loop, parts) for parts in substeps]
        table.add_row(
            each.design,
            f"{each.recorded:.3f} m",
            *(f"{outcome.there:.3f} ({outcome.here:.3f})" for outcome in nominal),
            _percent(each.kept(nominal[0])),
            f"{nominal[0].rms_distance[-1]:.3f} m",
            f"{each.limits.step * 1e3:.1f} ms",
        )
    return table


def _changes_table(done: Sequence[Transfer], loop: str) -> Table:
    """Return which share of the recorded displacement is left under each change, a mean over designs."""
    table = Table(title=f"Changed, {loop} loop: share of the recorded displacement, mean of {len(done)}")
    for name in ("change", "here", "in MuJoCo", "worst"):
        table.add_column(name, justify="left" if name == "change" else "right", no_wrap=True)
    changes = list(dict.fromkeys(each.change.name for transferred in done for each in transferred.changed(loop)))
    for name in changes:
        pairs = [(each, own) for each in done for own in each.changed(loop) if own.change.name == name]
        kept = [each.kept(own) for each, own in pairs]
        here = [each.share(own.here) for each, own in pairs]
        table.add_row(name, _percent(fmean(here)), _percent(fmean(kept)), _percent(min(kept)))
    return table


def _percent(share: float) -> str:
    return f"{share:.0%}" if math.isfinite(share) else "-"


COMMAND = Command("transfer", "transfer", transfer_catalogue, prepare)

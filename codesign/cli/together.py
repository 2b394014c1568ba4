"""`codesign train together=true`: one controller for many bodies, as `codesign.evaluate.learn_together` learns it."""

import json
import shlex
import sys
from functools import partial
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from codesign.body import Bodies, develop
from codesign.cli.application import Plan
from codesign.cli.learning_report import finite
from codesign.cli.output_folder import repeatable
from codesign.errors import MemoryBudgetError
from codesign.evaluate import EvaluationSpec, batch_budget, bytes_needed, learn_together
from codesign.files import write_text
from codesign.genome import random_genomes
from codesign.run import Experiment, write_weights
from codesign.sim.layout import MEBIBYTE
from codesign.streams import Purpose, draws_of

OWN_KEYS = ("together", "designs", "design", "weights")
"""Keys that a run with the weights learned here either does not have or sets itself."""


def prepare_together(experiment: Experiment, folder: Path) -> Plan:
    """Check that one controller can learn with all designs of a first generation.

    Raises:
        ConfigError: weights of the controller fit one body only, or bodies learn too.
        MemoryBudgetError: the bodies do not fit into the memory together.
    """
    spec = experiment.trial
    spec.require_one_controller()
    seen, unseen = (_bodies(experiment, generation) for generation in (0, 1))
    for bodies in (seen, unseen):
        needed, budget = int(bytes_needed(spec, bodies).sum()), batch_budget(spec.execution)
        if needed > budget:
            got = f"{len(bodies)} that need {needed // MEBIBYTE:,} MiB"
            remedy = "lower search.population_size, or raise execution.memory_mib"
            raise MemoryBudgetError(f"bodies that fit into {budget // MEBIBYTE:,} MiB together", got, remedy)
    return Plan(folder, partial(_run, spec, seen, unseen, folder))


def _bodies(experiment: Experiment, generation: int) -> Bodies:
    """Return random bodies: those that a run begins with, or as many others."""
    spec, count = experiment.trial, experiment.search.population_size
    lattice = spec.lattice.build()
    drawn = random_genomes(lattice, spec.lattice, draws_of(spec.seed, generation, count, Purpose.GENOME))
    return develop(lattice, drawn, spec.tissue)


def _run(spec: EvaluationSpec, seen: Bodies, unseen: Bodies, folder: Path) -> int:
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    found = learn_together(spec, seen, unseen)
    caption = f"bodies seen while learning, and others; learning ended as {found.status.label}"
    shown = Table(box=SIMPLE_HEAD, caption=caption, caption_justify="left")
    for heading in ("bodies", "count", "mean before", "mean after", "worst after", "best after"):
        shown.add_column(heading, justify="left" if heading == "bodies" else "right", no_wrap=True)
    for group in found.before:
        before, after = found.before[group], found.after[group]
        numbers = (before.mean(), after.mean(), after.min(), after.max())
        shown.add_row(group, str(len(after)), *(f"{number:.3f}" for number in numbers))
    console.print(shown)
    with repeatable("hydra.run.dir"):
        write_weights(folder / "controller.safetensors", found.weights, spec.controller, spec.dimension)
    lines = [json.dumps({"step": step, "performance": finite(value)}) for step, value in enumerate(found.curve)]
    lines += [
        json.dumps({"bodies": group, "number": number, "before": finite(one), "after": finite(other)})
        for group in found.before
        for number, (one, other) in enumerate(zip(found.before[group], found.after[group], strict=True))
    ]
    with repeatable("hydra.run.dir"):
        write_text(folder / "learning.jsonl", "\n".join(lines) + "\n")
    console.print(f"Controller: {folder / 'controller.safetensors'}", markup=False)
    console.print(f"Numbers, a line per step and per body: {folder / 'learning.jsonl'}", markup=False)
    console.print(f"Let designs begin with it: {_begin(folder / 'controller.safetensors')}", markup=False)
    return 0


def _begin(weights: Path) -> str:
    """Return the command that evolves designs with these weights, under whatever else this one was told."""
    told = [word for word in HydraConfig.get().overrides.task if word.lstrip("+~").partition("=")[0] not in OWN_KEYS]
    return shlex.join(["codesign", "evolve", f"weights={weights}", *told])

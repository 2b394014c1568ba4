"""One controller for many bodies: learned over all of them at once, and tried on bodies that it has never seen."""

import json
import shlex
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from hydra.core.hydra_config import HydraConfig
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from codesign.body import Bodies, develop
from codesign.cli.application import Prepared
from codesign.cli.lessons import finite
from codesign.errors import MemoryBudgetError
from codesign.evaluate import Trial, batch_budget, bytes_needed, require_any_body
from codesign.files import write_text
from codesign.genome import random_genomes
from codesign.run import Experiment, meaning, write_weights
from codesign.sim.layout import MEBIBYTE
from codesign.streams import Purpose, stream, streams
from codesign.train import LearningStatus, learn

OWN_KEYS = ("together", "designs", "weights")
"""Keys that a run with the weights learned here either does not have or sets itself."""

SEEN, UNSEEN = "seen", "unseen"


@dataclass(frozen=True)
class Transfer:
    """What one controller makes of bodies.

    Attributes:
        weights: after learning, flat.
        status: how learning ended.
        curve: mean performance over all bodies that it learned with, before and after every step.
        before, after: what each body does with the first weights and with those, by group, each of shape (bodies,).
    """

    weights: np.ndarray
    status: LearningStatus
    curve: np.ndarray
    before: dict[str, np.ndarray]
    after: dict[str, np.ndarray]


def prepare_together(experiment: Experiment, folder: Path) -> Prepared:
    """Check that one controller can learn with all designs of a first generation.

    Raises:
        ConfigError: weights of the controller fit one body only.
        MemoryBudgetError: the bodies do not fit into the memory together.
    """
    trial = experiment.trial
    require_any_body(trial)
    seen, unseen = (_bodies(experiment, generation) for generation in (0, 1))
    for bodies in (seen, unseen):
        needed, budget = int(bytes_needed(trial, bodies).sum()), batch_budget(trial.execution)
        if needed > budget:
            got = f"{len(bodies)} that need {needed // MEBIBYTE:,} MiB"
            remedy = "lower search.population_size, or raise execution.memory_mib"
            raise MemoryBudgetError(f"bodies that fit into {budget // MEBIBYTE:,} MiB together", got, remedy)
    return Prepared(folder, partial(_run, trial, seen, unseen, folder))


def _bodies(experiment: Experiment, generation: int) -> Bodies:
    """Return random bodies: those that a run begins with, or as many others."""
    trial, count = experiment.trial, experiment.search.population_size
    lattice = trial.lattice.build()
    drawn = random_genomes(lattice, trial.lattice, streams(trial.seed, generation, count, Purpose.GENOME))
    return develop(lattice, drawn, trial.tissue)


def learn_together(trial: Trial, seen: Bodies, unseen: Bodies) -> Transfer:
    """Let one controller learn with some bodies, and return what it makes of these and of others."""
    simulator = trial.simulator(seen, together=True)
    first = np.array(trial.start) if trial.start else simulator.initial([stream(trial.seed, 0, 0, Purpose.CONTROLLER)])
    before = {SEEN: _tried(trial, seen, first), UNSEEN: _tried(trial, unseen, first)}
    learned = learn(simulator, trial.learner, first)
    weights = learned.best_weights
    after = {SEEN: _tried(trial, seen, weights), UNSEEN: _tried(trial, unseen, weights)}
    return Transfer(weights, LearningStatus(int(learned.status[0])), -learned.curves[0], before, after)


def _tried(trial: Trial, bodies: Bodies, weights: np.ndarray) -> np.ndarray:
    """Return what every body does with the same weights, the mean over its worlds, shape (bodies,)."""
    simulator = trial.simulator(bodies, together=True)
    simulator.load(weights)
    simulator.forward()
    return -simulator.world_losses.numpy().astype(np.float64).reshape(len(bodies), -1).mean(axis=1)


def _run(trial: Trial, seen: Bodies, unseen: Bodies, folder: Path) -> int:
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    found = learn_together(trial, seen, unseen)
    caption = f"bodies seen while learning, and others; learning ended as {found.status.name.lower()}"
    shown = Table(box=SIMPLE_HEAD, caption=caption, caption_justify="left")
    for heading in ("bodies", "count", "mean before", "mean after", "worst after", "best after"):
        shown.add_column(heading, justify="left" if heading == "bodies" else "right", no_wrap=True)
    for group in (SEEN, UNSEEN):
        before, after = found.before[group], found.after[group]
        numbers = (before.mean(), after.mean(), after.min(), after.max())
        shown.add_row(group, str(len(after)), *(f"{number:.3f}" for number in numbers))
    console.print(shown)
    write_weights(folder / "controller.safetensors", found.weights, meaning(trial.controller, trial.dimension))
    lines = [json.dumps({"step": step, "performance": finite(value)}) for step, value in enumerate(found.curve)]
    lines += [
        json.dumps({"bodies": group, "number": number, "before": finite(one), "after": finite(other)})
        for group in (SEEN, UNSEEN)
        for number, (one, other) in enumerate(zip(found.before[group], found.after[group], strict=True))
    ]
    write_text(folder / "learning.jsonl", "\n".join(lines) + "\n")
    console.print(f"Controller: {folder / 'controller.safetensors'}", markup=False)
    console.print(f"Numbers, a line per step and per body: {folder / 'learning.jsonl'}", markup=False)
    console.print(f"Let designs begin with it: {_begin(folder / 'controller.safetensors')}", markup=False)
    return 0


def _begin(weights: Path) -> str:
    """Return the command that evolves designs with these weights, under whatever else this one was told."""
    told = [word for word in HydraConfig.get().overrides.task if word.lstrip("+~").partition("=")[0] not in OWN_KEYS]
    return shlex.join(["codesign", "evolve", f"weights={weights}", *told])

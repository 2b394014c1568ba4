"""What an experiment's configuration is made of: the registries of all rooms, and what their entries make together."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from codesign.body import Tissue
from codesign.cli.progress import Logger
from codesign.cli.schemas import Catalogue
from codesign.control import CONTROLLERS
from codesign.evaluate import EVALUATORS, Trial, Worlds
from codesign.genome import LATTICES, VariationSettings
from codesign.run import CheckpointSettings, Experiment, meaning, read_weights
from codesign.search import SEARCHES
from codesign.sim import CONTACTS, FORCES, Execution, Physics
from codesign.tasks import TASKS, TERRAINS
from codesign.train import LEARNERS


def of_trials() -> Catalogue:
    """Return what decides how one design is evaluated."""
    return Catalogue(
        choices={
            "body.lattice": LATTICES,
            "controller": CONTROLLERS,
            "task": TASKS,
            "terrain": TERRAINS,
            "learner": LEARNERS,
            "sim.contact": CONTACTS,
        },
        records={"body.tissue": Tissue, "sim": Physics, "execution": Execution, "conditions": Worlds},
        values={"seed": int, "weights": str | None},
        collections={"forces": FORCES},
    )


def of_experiments() -> Catalogue:
    """Return what decides a whole run, and how it is shown."""
    trials = of_trials()
    return Catalogue(
        choices={**trials.choices, "search": SEARCHES, "evaluator": EVALUATORS},
        records={
            **trials.records,
            "mutation": VariationSettings,
            "checkpoints": CheckpointSettings,
            "logger": Logger,
        },
        values={**trials.values, "title": str, "run": str | None},
        collections=trials.collections,
    )


def trial_of(settings: Mapping[str, Any]) -> Trial:
    """Return how one design is evaluated, from settings by dotted key.

    Raises:
        ConfigError: settings that do not go together, or a file of weights that is none or of another controller's.
    """
    start: tuple[float, ...] = ()
    if settings["weights"] is not None:
        of = meaning(settings["controller"], settings["body.lattice"].build().dim)
        start = read_weights(Path(settings["weights"]), of)
    return Trial(
        lattice=settings["body.lattice"],
        tissue=settings["body.tissue"],
        physics=replace(settings["sim"], forces=settings["forces"]),
        execution=settings["execution"],
        controller=settings["controller"],
        task=settings["task"],
        terrain=settings["terrain"],
        learner=settings["learner"],
        seed=settings["seed"],
        worlds=settings["conditions"],
        start=start,
    )


def experiment_of(settings: Mapping[str, Any]) -> Experiment:
    """Return the experiment, from settings by dotted key."""
    return Experiment(
        trial=trial_of(settings),
        variation=settings["mutation"],
        search=settings["search"],
        evaluator=settings["evaluator"],
        checkpoints=settings["checkpoints"],
        title=settings["title"],
    )

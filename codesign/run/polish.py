"""The best designs of a finished run learn on, from what they learned."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from codesign.errors import CodesignError, RunError
from codesign.evaluate import DesignWeights, Evaluations, EvaluationSpec, Request
from codesign.files import remove, write_text
from codesign.genome import Genomes
from codesign.reading import MOST, json_value, read_text
from codesign.run.designs import Design, design_id, identity_of
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.run.identities import Identity
from codesign.run.parent_weights import read_design_weights, write_design_weights

_REMEDY = "restore polished.json and polished.safetensors, or remove both and go on with the run"


@dataclass(frozen=True)
class Polished:
    """What a design came to that learned on.

    Attributes:
        fitness: at least what it was, unless it is invalid (-inf).
        curve: performance before learning on and after each further step, float32, NaN once learning ended.
        measures: further numbers by name, the mean over its worlds.
        world_fitness: what it does in each of its worlds, float64, shape (worlds,).
        weights: its own, flat.
    """

    fitness: float
    curve: np.ndarray
    measures: dict[str, float]
    world_fitness: np.ndarray
    weights: np.ndarray

    def of(self, design: Design) -> Design:
        """Return a design as it is after it has learned on, its curve going on where it had ended."""
        curve = np.concatenate([design.curve, self.curve[1:]])
        return replace(
            design, fitness=self.fitness, curve=curve, measures=self.measures, world_fitness=self.world_fitness
        )


def polishing(experiment: Experiment) -> EvaluationSpec:
    """Return how designs learn on: as those that were born last, for `search.polish_iterations`."""
    spec = experiment.trial.in_generation(1)
    learner = replace(spec.learner, iterations=experiment.search.polish_iterations, racing=0, restarts=0)
    return replace(spec, learner=learner)


def polish(
    experiment: Experiment, folder: RunFolder, generation: int, designs: Sequence[Design], weights: Sequence[np.ndarray]
) -> Evaluations:
    """Let designs learn on, and write what they came to into files of their own.

    Args:
        experiment: the run's.
        folder: the run's.
        generation: the last one.
        designs: at least one.
        weights: what each learned, flat.

    Raises:
        OutputError: the folder cannot be written to.
        EvaluatorError: nobody is left to evaluate.
    """
    genomes = Genomes.stack([design.genome for design in designs])
    identities = np.array([design.identity for design in designs], dtype=np.int64)
    with experiment.evaluator.start(polishing(experiment)) as evaluator:
        found = evaluator.evaluate(Request(genomes, identities, first=DesignWeights.joined(weights)))
    valid = {design.identity: found.weights_of(place) for place, design in enumerate(designs)}
    write_design_weights(folder.polished_weights, {own: each for own, each in valid.items() if len(each)})
    about = {
        "generation": generation,
        "iterations": experiment.search.polish_iterations,
        "robot_steps": found.robot_steps,
        "designs": [_told(design, found, place) for place, design in enumerate(designs)],
    }
    # Last, since it is what says that all is there.
    write_text(folder.polished, json.dumps(about, allow_nan=False) + "\n", make_folder=False)
    return found


def _told(design: Design, found: Evaluations, place: int) -> dict[str, Any]:
    def plain(values: np.ndarray) -> list[float | None]:
        return [value if np.isfinite(value) else None for value in values.astype(np.float64).tolist()]

    measures = {name: values[place : place + 1] for name, values in found.measures.items()}
    return {
        "design": design_id(*design.identity),
        "fitness": design.fitness,
        "polished": plain(found.fitness[place : place + 1])[0],
        "curve": plain(found.curves[place]),
        "measures": {name: plain(value)[0] for name, value in measures.items()},
        "world_fitness": plain(found.world_fitness[place]),
    }


def read_polished(folder: RunFolder) -> dict[Identity, Polished]:
    """Return the designs that became better by learning on, by identity; none where none learned on.

    Raises:
        RunError: the files are damaged, or something else.
    """
    try:
        about = json_value(read_text(folder.polished, MOST.manifest))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _damaged(folder, str(getattr(error, "strerror", None) or error)) from error
    weights = read_design_weights(folder.polished_weights)
    try:
        with np.errstate(over="ignore"):
            found = {identity_of(told["design"]): _polished(told, weights) for told in about["designs"]}
    except (CodesignError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _damaged(folder, f"{type(error).__name__}: {error}") from error
    return {identity: own for identity, own in found.items() if own is not None}


def _polished(told: Any, weights: dict[Identity, np.ndarray]) -> Polished | None:
    """Return what the file tells of a design, None if it became no better."""
    if told["polished"] is None or not float(told["polished"]) > float(told["fitness"]):
        return None
    return Polished(
        float(told["polished"]),
        _numbers(told["curve"]).astype(np.float32),
        {str(name): float("nan") if value is None else float(value) for name, value in told["measures"].items()},
        _numbers(told["world_fitness"]),
        weights[identity_of(told["design"])],
    )


def _numbers(values: Any) -> np.ndarray:
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def _damaged(folder: RunFolder, said: str) -> RunError:
    return RunError("what the best designs came to by learning on", f"{folder.polished} ({said})", _REMEDY)


def remove_polished(folder: RunFolder) -> None:
    """Remove what was written of designs that learned on, since the run itself goes on.

    Raises:
        OutputError: the folder cannot be written to.
    """
    remove(folder.polished)
    remove(folder.polished_weights)
